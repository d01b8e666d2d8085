package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"gcbridge/test/brokertest"
	"gcbridge/test/pairs"
)

// errAnswer: a server answered something else than expected.
var errAnswer = errors.New("unexpected answer")

// heap bounds the JVM of the peer: what a container of 2 GiB gives it;
// without a bound it takes a fourth of the machine.
const heap = "-Xmx512m"

// buildPeer compiles the Camel route with Maven and returns its class path.
func (s *site) buildPeer(t pairs.TB) string {
	t.Helper()
	// The route is built in a folder of its own, so that the work tree stays as it is.
	root := filepath.Join(s.dir, "camel")
	if err := os.CopyFS(root, os.DirFS(filepath.Join("test", "bench", "camel"))); err != nil {
		t.Fatalf("%v (this program runs in the root of the repository)", err)
	}
	cmd := exec.CommandContext(s.ctx, "mvn", "-q", "-B", "-f", filepath.Join(root, "pom.xml"), "compile", "dependency:copy-dependencies", "-DoutputDirectory=target/lib")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the Camel route: %v\n%s", err, out)
	}
	return strings.Join([]string{filepath.Join(root, "target", "classes"), filepath.Join(root, "target", "lib", "*")}, string(os.PathListSeparator))
}

// peer starts the Camel route; it is ready when its consumers are.
func (s *site) peer(t pairs.TB, classpath string, f *finesse, queue, topic string, width int) *process {
	t.Helper()
	java, err := brokertest.Java("java")
	if err != nil {
		t.Fatalf("%v", err)
	}
	return run(t, "camel", exec.CommandContext(context.WithoutCancel(s.ctx), java, heap, "-cp", classpath, "relay.Relay",
		s.broker.OpenWireURL(), queue, topic, f.rest, strconv.Itoa(width)), true)
}

// trusting is a transport that trusts the certificate authority in a file.
func trusting(t pairs.TB, ca string) *http.Transport {
	t.Helper()
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatalf("%v", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("no certificate in %s", ca)
	}
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
}
