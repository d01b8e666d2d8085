package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// BenchmarkServeMemory reports the resident memory, in MiB, of a `gcbridge
// serve` process with nobody connected and with 100 agents logged in who have
// had a call each. It measures once, whatever b.N says.
func BenchmarkServeMemory(b *testing.B) {
	amq := brokertest.ActiveMQ(b, brokertest.Stock())
	fin := sim.Start(b, sim.WithScale(100))
	pid, _ := serve(b, amq.URL(), fin)
	b.ReportMetric(residentMiB(b, pid), "MiB-0-agents")
	p := newPhone(b, amq.URL(), "/topic/mem")
	for i := range 100 {
		id, ext := fmt.Sprint(100001+i), fmt.Sprint(500001+i)
		p.login("/topic/mem", id, ext)
		p.do("MakeReady#"+id, "")
		p.expect("/topic/mem", id+"#State#READY#")
		dialog, err := fin.Call("5551000", ext)
		require.NoError(b, err)
		p.expect("/topic/mem", id+"#NewInboundCall#")
		p.do("AnswerCall#"+id, dialog)
		p.expect("/topic/mem", id+"#InboundCall#ACTIVE#")
		p.do("ReleaseCall#"+id, dialog)
		p.expect("/topic/mem", id+"#State#WORK_READY#")
	}
	b.ReportMetric(residentMiB(b, pid), "MiB-100-agents")
}

// serve builds the program, runs `gcbridge serve` until the test ends, and
// returns its process id and its admin address when it is ready.
func serve(t testing.TB, brokerURL string, fin *sim.Server) (pid int, admin string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "gcbridge")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", bin, "gcbridge/cmd/gcbridge").CombinedOutput()
	require.NoError(t, err, "%s", out)
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	admin = ln.Addr().String()
	require.NoError(t, ln.Close())

	var log bytes.Buffer
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), bin, "serve") // ended below, in order
	cmd.Stderr = &log
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "GC_NODE_ID=mem", "GC_BROKER_URLS=" + brokerURL, "GC_MESSAGE_FORMAT=DEFAULT",
		"GC_FINESSE_URLS=" + fin.RESTURL(), "GC_XMPP_ADDRS=" + fin.XMPPAddr(), "GC_XMPP_TLS=" + fin.XMPPTLS(), "GC_ADMIN_LISTEN=" + admin,
	}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		err := cmd.Wait()
		if err != nil || t.Failed() {
			t.Logf("serve: %v\n%s", err, log.String())
		}
	})
	ready := wait.Until(patience, func() bool {
		resp, err := http.Get("http://" + admin + "/readyz")
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
	require.True(t, ready, "serve is not ready")
	http.DefaultClient.CloseIdleConnections()
	return cmd.Process.Pid, admin
}

// residentMiB is VmRSS of a process.
func residentMiB(t testing.TB, pid int) float64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			kib, err := strconv.ParseFloat(f[1], 64)
			require.NoError(t, err)
			return kib / 1024
		}
	}
	t.Fatalf("no VmRSS of %d", pid)
	return 0
}
