// Package prosodytest starts a Prosody XMPP server as a child process of a
// test: an independent server, so that the notification client is not only
// right against our own simulator. Its configuration is
// testdata/prosody/prosody.cfg.lua.
package prosodytest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Options of a server. The zero value takes any password and creates nodes
// when somebody subscribes.
type Options struct {
	// Accounts are user and password. With none, every password is right.
	Accounts map[string]string
	// NoAutocreate makes a subscription to an unknown node fail with
	// item-not-found, as Finesse does.
	NoAutocreate bool
}

// Server is a running Prosody.
type Server struct {
	Domain    string // xmppDomain
	PubSub    string // xmppPubSubDomain
	Addr      string // host:port without TLS (STARTTLS is offered)
	TLSAddr   string // host:port with TLS from the first byte
	WebSocket string // ws URL
	component string
	secret    string
	roots     *x509.CertPool

	cmd  *exec.Cmd
	done chan struct{}
	log  *lockedBuffer
}

// Start runs a server until the test ends. It fails the test if Prosody is
// not installed or does not come up.
func Start(t testing.TB, opts Options) *Server {
	t.Helper()
	binary, err := exec.LookPath("prosody")
	require.NoError(t, err, "Prosody is missing: install it with `apt-get install prosody`.")
	dir := t.TempDir()
	domain := "fin1.example.com"
	secret := make([]byte, 8)
	_, err = rand.Read(secret)
	require.NoError(t, err)
	s := &Server{
		Domain: domain, PubSub: "pubsub." + domain,
		secret: hex.EncodeToString(secret),
		done:   make(chan struct{}), log: &lockedBuffer{},
	}
	s.writeCertificate(t, dir)
	writeAccounts(t, dir, domain, opts.Accounts)
	ports := freePorts(t, 4)
	s.Addr, s.TLSAddr, s.component = local(ports[0]), local(ports[1]), local(ports[2])
	s.WebSocket = "ws://" + local(ports[3]) + "/xmpp-websocket"
	authentication := "insecure"
	if len(opts.Accounts) > 0 {
		authentication = "internal_plain"
	}
	config := filepath.Join(dir, "prosody.cfg.lua")
	text := strings.NewReplacer(
		"{{DATA}}", dir, "{{DOMAIN}}", domain,
		"{{C2S_PORT}}", strconv.Itoa(ports[0]), "{{TLS_PORT}}", strconv.Itoa(ports[1]), "{{COMPONENT_PORT}}", strconv.Itoa(ports[2]), "{{HTTP_PORT}}", strconv.Itoa(ports[3]),
		"{{AUTHENTICATION}}", authentication,
		"{{AUTOCREATE_ON_SUBSCRIBE}}", strconv.FormatBool(!opts.NoAutocreate),
		"{{COMPONENT_SECRET}}", s.secret,
	).Replace(template(t))
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))

	// Not bound to a context: Kill ends it, and cleanups run in order.
	s.cmd = exec.CommandContext(context.Background(), binary, "--config", config)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, s.cmd.Start())
	go func() {
		defer close(s.done)
		_ = s.cmd.Wait() // ended by Kill: the exit status says nothing
	}()
	t.Cleanup(s.Kill)
	for _, addr := range []string{s.Addr, s.TLSAddr, s.component, local(ports[3])} {
		s.await(t, addr)
	}
	return s
}

// TLS trusts the server's certificate.
func (s *Server) TLS() *tls.Config {
	return &tls.Config{RootCAs: s.roots, ServerName: s.Domain, MinVersion: tls.VersionTLS12}
}

// Kill ends the server at once, as a crash would, and waits for its end.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// Log is what the server has printed so far.
func (s *Server) Log() string { return s.log.String() }

// await waits until addr accepts connections.
func (s *Server) await(t testing.TB, addr string) {
	t.Helper()
	require.Eventually(t, func() bool {
		select {
		case <-s.done:
			require.FailNow(t, "Prosody ended early", s.Log())
		default:
		}
		conn, err := dial(addr, time.Second)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	}, 20*time.Second, 20*time.Millisecond, "Prosody does not listen on %s", addr)
}

// template finds the configuration beside this module's source.
func template(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	require.True(t, ok)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(file), "..", "..", "testdata", "prosody", "prosody.cfg.lua"))
	require.NoError(t, err)
	return string(text)
}

func writeAccounts(t testing.TB, dir, domain string, accounts map[string]string) {
	t.Helper()
	host := strings.NewReplacer(".", "%2e", "-", "%2d").Replace(domain)
	folder := filepath.Join(dir, host, "accounts")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	for user, password := range accounts {
		text := fmt.Sprintf("return { [\"password\"] = %q };\n", password)
		require.NoError(t, os.WriteFile(filepath.Join(folder, user+".dat"), []byte(text), 0o600))
	}
}

func (s *Server) writeCertificate(t testing.TB, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: s.Domain},
		DNSNames:     []string{s.Domain},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:        true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cert.pem"), certPEM, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "key.pem"), keyPEM, 0o600))
	s.roots = x509.NewCertPool()
	require.True(t, s.roots.AppendCertsFromPEM(certPEM))
}

// freePorts finds n ports that are free now, all different.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func dial(addr string, timeout time.Duration) (net.Conn, error) {
	return (&net.Dialer{Timeout: timeout}).DialContext(context.Background(), "tcp", addr)
}

func local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// lockedBuffer takes the server's output while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
