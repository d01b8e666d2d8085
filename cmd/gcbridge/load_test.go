package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge"
	"gcbridge/bridge/broker/embedded"
	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
	"gcbridge/load/measure"
	"gcbridge/load/report"
	"gcbridge/test/wait"
)

// loadArgs runs `gcbridge load` with arguments.
func loadArgs(t *testing.T, args ...string) (out, errOut string, err error) {
	t.Helper()
	var o, e bytes.Buffer
	c := loadCommand()
	c.SilenceUsage, c.SilenceErrors = true, true
	c.SetOut(&o)
	c.SetErr(&e)
	c.SetArgs(args)
	err = c.ExecuteContext(t.Context())
	return o.String(), e.String(), err
}

func TestLoad(t *testing.T) {
	b, err := embedded.Start(embedded.Config{})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	fin := sim.Start(t, sim.WithScale(4))
	cfg := config.Default()
	cfg.NodeID, cfg.AdminListen, cfg.BrokerURLs = "node-1", freeAddr(t.Context(), "127.0.0.1:0"), []string{b.URL()}
	cfg.FinesseURLs, cfg.XMPPAddrs, cfg.XMPPTLS = []string{fin.RESTURL()}, []string{fin.XMPPAddr()}, fin.XMPPTLS()
	worker, err := bridge.New(cfg, bridge.Options{})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(t.Context()) }()
	t.Cleanup(func() { require.NoError(t, wait.For(t, ended, "the end of the worker")) })
	require.True(t, wait.Until(wait.Patience, func() bool { return worker.Ready() == nil }))

	dir := t.TempDir()
	list := filepath.Join(dir, "agents")
	require.NoError(t, os.WriteFile(list, []byte("100002,500002,pw100002\n100003,500003,pw100003\n"), 0o600))
	jsonFile, page := filepath.Join(dir, "load.json"), filepath.Join(dir, "load.html")
	out, errOut, err := loadArgs(t, "--agents", "2", "--agents-file", list, "--scenario", "login-ready,state-loop", "--duration", "200ms", "--active", "1",
		"--broker", b.URL(), "--sim", fin.ControlURL(), "--admin", cfg.AdminListen, "--pid", strconv.Itoa(os.Getpid()), "--json", jsonFile, "--html", page)
	require.NoError(t, err, "%s%s", out, errOut)
	require.Contains(t, out, "login and ready")
	require.Empty(t, errOut, "no bar where there is no terminal")
	var rep report.Report
	text, err := os.ReadFile(jsonFile)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &rep))
	require.True(t, rep.OK)
	require.Len(t, rep.Phases, 2)
	require.Equal(t, 2, rep.Phases[0].Operations)
	require.Positive(t, rep.Phases[1].Worker.Goroutines)
	require.Positive(t, rep.Phases[1].Worker.ResidentMiB)
	text, err = os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(text), "<svg")
	for _, r := range fin.Requests() {
		require.NotEqual(t, "100001", r.User, "only whom the file names")
	}

	_, _, err = loadArgs(t, "--agents", "5", "--timeout", "1s", "--broker", b.URL(), "--sim", fin.ControlURL(), "--json", jsonFile)
	require.ErrorContains(t, err, "login-ready: 1 errors, 0 lost", "one more agent than there are")
	text, err = os.ReadFile(jsonFile)
	require.NoError(t, err)
	var failed report.Report
	require.NoError(t, json.Unmarshal(text, &failed))
	require.False(t, failed.OK)
	require.Contains(t, failed.Failure, "login-ready")
}

func TestLoadRefuses(t *testing.T) {
	t.Setenv("GC_FINESSE_URLS", "")
	here := "stomp://127.0.0.1:1"
	for name, c := range map[string]struct {
		args []string
		why  string
	}{
		"nobody says which Finesse":   {[]string{"--broker", here}, "nothing says which Finesse"},
		"a Finesse elsewhere":         {[]string{"--broker", here, "--finesse", "https://finesse.example.org:8445/finesse/api"}, "finesse.example.org:8445/finesse/api is not on this machine"},
		"a broker elsewhere":          {[]string{"--broker", "stomp://amq.example.org:61613", "--sim", "http://127.0.0.1:1"}, "amq.example.org:61613 is not on this machine"},
		"a fail-over of nobody":       {[]string{"--broker", here, "--sim", "http://127.0.0.1:1", "--scenario", "fail-over"}, "--kill-pid"},
		"a fail-over of a stranger":   {[]string{"--broker", here, "--sim", "http://127.0.0.1:1", "--scenario", "fail-over", "--pid", strconv.Itoa(os.Getpid())}, "only a process of gcbridge serve"},
		"a lab, but there is nobody":  {[]string{"--broker", here, "--yes-this-is-a-lab", "--timeout", "50ms"}, "no broker within"},
		"a worker that does not tell": {[]string{"--broker", here, "--sim", "http://127.0.0.1:1", "--admin", "127.0.0.1:1"}, "which Finesse does the worker use"},
		"no such scenario":            {[]string{"--broker", here, "--sim", "http://127.0.0.1:1", "--scenario", "lunch"}, "no scenario"},
		"a process that is not there": {[]string{"--broker", here, "--sim", "http://127.0.0.1:1", "--pid", "-5"}, "process -5"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := loadArgs(t, c.args...)
			require.ErrorContains(t, err, c.why)
		})
	}
	t.Setenv("GC_FINESSE_URLS", "http://127.0.0.1:2/finesse/api,https://finesse.example.org:8445/finesse/api")
	_, _, err := loadArgs(t, "--broker", here)
	require.ErrorContains(t, err, "finesse.example.org", "the environment of the worker is known here")
}

func TestLoadBarIsOneLineForEachPhase(t *testing.T) {
	var out bytes.Buffer
	b := bar{out: &out}
	b.end()
	require.Empty(t, out.String())
	for _, name := range []string{"one", "one", "two"} {
		b.show(progressOf(name))
	}
	b.end()
	require.Regexp(t, `^\rone .*\x1b\[K\rone .*\x1b\[K\n\rtwo .*\x1b\[K\n$`, out.String())
}

func progressOf(name string) measure.Progress { return measure.Progress{Name: name} }
