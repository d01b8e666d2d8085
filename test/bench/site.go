package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gcbridge/test/brokertest"
	"gcbridge/test/pairs"
	"gcbridge/test/wait"
)

// site is where everything is measured: the programs, and one broker for all.
type site struct {
	t      pairs.TB
	ctx    context.Context
	dir    string
	bin    string // gcbridge
	floor  string // test/bench/floor
	broker *brokertest.Broker
	queues int
}

func newSite(ctx context.Context, t pairs.TB) *site {
	t.Helper()
	s := &site{t: t, ctx: ctx, dir: t.TempDir()}
	var err error
	if s.bin, err = pairs.Build(ctx, s.dir); err != nil {
		t.Fatalf("%v", err)
	}
	s.floor = filepath.Join(s.dir, "floor")
	if out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", s.floor, "gcbridge/test/bench/floor").CombinedOutput(); err != nil {
		t.Fatalf("build the floor: %v\n%s", err, out)
	}
	s.broker = brokertest.ActiveMQ(t)
	return s
}

// address is a broker's without its scheme.
func address(b *brokertest.Broker) string { return strings.TrimPrefix(b.URL(), "stomp://") }

// name makes a name for a queue or a topic that nobody else has.
func (s *site) name(what string) string {
	s.queues++
	return what + "." + strconv.Itoa(s.queues)
}

// finesse is a simulator in a process of its own.
type finesse struct {
	*process
	rest, xmpp, mode, control string
	ca                        string // file, "" without TLS
	hc                        *http.Client
}

// simulate starts one with agents 0 to n-1 of a scaled simulator.
func (s *site) simulate(t pairs.TB, agents int, secured bool) *finesse {
	t.Helper()
	args := []string{"sim", "--rest", "127.0.0.1:0", "--xmpp", "127.0.0.1:0", "--scale", strconv.Itoa(agents), "--presence-grace", "2h", "--tls=" + strconv.FormatBool(secured)}
	f := &finesse{hc: &http.Client{Timeout: patience}}
	if secured {
		f.ca = filepath.Join(t.TempDir(), "ca.pem")
		args = append(args, "--ca-out", f.ca)
	}
	f.process = run(t, "simulator", exec.CommandContext(context.WithoutCancel(s.ctx), s.bin, args...), false)
	f.await(t, func(line string) bool {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "REST":
			f.rest = rest
		case "XMPP":
			f.xmpp, rest, _ = strings.Cut(rest, " ")
			f.mode, _, _ = strings.Cut(strings.Trim(rest, "("), ")")
		case "control":
			f.control = rest
		}
		return word == "worker:"
	})
	f.drain()
	if secured {
		f.hc.Transport = trusting(t, f.ca)
	}
	t.Cleanup(f.hc.CloseIdleConnections)
	return f
}

// ask sends a request and returns what is answered.
func (f *finesse) ask(ctx context.Context, method, url, agent, body string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	if agent != "" {
		req.SetBasicAuth(agent, "pw"+agent)
		req.Header.Set("Content-Type", "application/xml")
	}
	resp, err := f.hc.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return "", fmt.Errorf("%w: %s %s: %s: %s", errAnswer, method, url, resp.Status, b)
	}
	return string(b), nil
}

// slow lets every request take a while, until told otherwise.
func (f *finesse) slow(ctx context.Context, latency time.Duration) error {
	if _, err := f.ask(ctx, http.MethodDelete, f.control+"/faults", "", ""); err != nil || latency == 0 {
		return err
	}
	fault := fmt.Sprintf(`{"path":"/finesse/api","delayMs":%d}`, latency.Milliseconds())
	_, err := f.ask(ctx, http.MethodPost, f.control+"/faults", "", fault)
	return err
}

// signIn signs agents in without a bridge.
func (f *finesse) signIn(ctx context.Context, first, n int) error {
	for i := first; i < first+n; i++ {
		body := fmt.Sprintf("<User><state>LOGIN</state><extension>%d</extension></User>", 500001+i)
		if _, err := f.ask(ctx, http.MethodPut, f.rest+"/User/"+agentID(i), agentID(i), body); err != nil {
			return err
		}
	}
	return nil
}

// worker is `gcbridge serve`.
type worker struct {
	*process
	queue string
	admin string // host:port
}

// serve starts one with the defaults of a node that nobody configured, and waits until it is ready.
func (s *site) serve(t pairs.TB, rest, xmpp, mode, ca string) *worker {
	t.Helper()
	w := &worker{queue: s.name("Connector")}
	cmd := exec.CommandContext(context.WithoutCancel(s.ctx), s.bin, "serve")
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "GC_NODE_ID=" + strings.ToLower(w.queue), "GC_BROKER_URLS=" + s.broker.URL(),
		"GC_COMMAND_QUEUE=" + w.queue, "GC_REJECT_QUEUE=" + w.queue + ".rejected",
		"GC_MESSAGE_FORMAT=DEFAULT", "GC_TIMEZONE=UTC", "GC_FINESSE_URLS=" + rest, "GC_XMPP_ADDRS=" + xmpp,
		"GC_XMPP_TLS=" + mode, "GC_SYNC_TOPIC=", "GC_ADMIN_LISTEN=127.0.0.1:0",
	}
	if ca != "" {
		cmd.Env = append(cmd.Env, "GC_FINESSE_CA_FILE="+ca)
	}
	w.process = run(t, "gcbridge serve", cmd, true)
	w.await(t, func(line string) bool {
		var e struct{ Message, Address string }
		if json.Unmarshal([]byte(line), &e) == nil && e.Message == "admin endpoints" {
			w.admin = e.Address
		}
		return w.admin != ""
	})
	w.drain()
	if !wait.Until(patience, func() bool { _, err := w.get(s.ctx, "/readyz"); return err == nil }) {
		t.Fatalf("gcbridge serve is not ready:\n%s", w.log)
	}
	return w
}

// get asks an admin endpoint.
func (w *worker) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.admin+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: %s: %s", errAnswer, path, resp.Status)
	}
	return b.Bytes(), nil
}

// relay starts the bare relay.
func (s *site) relay(t pairs.TB, f *finesse, queue, topic string, width int) *process {
	t.Helper()
	return s.floorProcess(t, "relay", "-broker", address(s.broker), "-queue", queue, "-topic", topic, "-finesse", f.rest, "-ca", f.ca, "-width", strconv.Itoa(width))
}

// floorProcess starts one of the programs of test/bench/floor and waits until it is ready.
func (s *site) floorProcess(t pairs.TB, mode string, args ...string) *process {
	t.Helper()
	p := run(t, "floor "+mode, exec.CommandContext(context.WithoutCancel(s.ctx), s.floor, append([]string{mode}, args...)...), false)
	p.await(t, func(line string) bool { return line == "ready" })
	return p
}

// agentID is the ith agent of a scaled simulator.
func agentID(i int) string { return strconv.Itoa(100001 + i) }
