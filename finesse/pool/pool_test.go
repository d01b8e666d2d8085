package pool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/defect"
	"gcbridge/protocol/errclass"
)

// answer is what a Finesse of a test does with a request.
type answer func(*http.Request) (*http.Response, error)

func says(status string) answer {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(fmt.Sprintf(
			"<SystemInfo><status>%s</status><xmppDomain>xmpp.%s</xmppDomain><xmppPubSubDomain>pubsub.%s</xmppPubSubDomain></SystemInfo>",
			status, r.URL.Host, r.URL.Host)))}, nil
	}
}

func refuses(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }

func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func panics(*http.Request) (*http.Response, error) { panic("a defect") }

type change struct {
	Status protocol.SystemStatus
	Moved  bool
}

// world is a pool and the Finesse servers "one" and "two" that it watches, in
// the fake time of a bubble.
type world struct {
	*Pool
	t        *testing.T
	stop     context.CancelFunc
	done     chan struct{}
	pass     func(time.Duration) // lets time pass, and all of it happen; set by bubble
	nextBeat func()              // lets a round of probes pass; set by bubble

	mu      sync.Mutex
	answers map[string]answer
	asked   map[string]int
	changes []change
	log     bytes.Buffer
}

// RoundTrip is the network of the pool.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.asked[r.URL.Host]++
	do := w.answers[r.URL.Host]
	w.mu.Unlock()
	return do(r)
}

func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

// bubble runs test with a pool that has made its first round of probes.
func bubble(t *testing.T, one, two answer, test func(t *testing.T, w *world), adjust ...func(*Config)) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, one, two, adjust...)
		w.pass = func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		w.nextBeat = func() { w.pass(w.heartbeat + finalTries*w.timeout) }
		test(t, w)
		w.stop()
		<-w.done
	})
}

func start(t *testing.T, one, two answer, adjust ...func(*Config)) *world {
	w := &world{
		t: t, done: make(chan struct{}), answers: map[string]answer{"one": one, "two": two}, asked: map[string]int{},
	}
	cfg := Config{
		URLs:    []string{" https://one/finesse/api/ ", "https://two/finesse/api"},
		Timeout: time.Second, Heartbeat: time.Minute, TLS: nil, XMPPTLSMode: finesse.TLSNone, Resource: "gcbridge-test",
		Log: zerolog.New(w), Transport: w,
		Changed: func(st protocol.SystemStatus, moved bool) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.changes = append(w.changes, change{st, moved})
		},
	}
	for _, a := range adjust {
		a(&cfg)
	}
	var err error
	w.Pool, err = New(cfg)
	require.NoError(t, err)
	require.Nil(t, w.Current())
	require.Equal(t, protocol.OutOfService, w.Status())
	ctx, stop := context.WithCancel(t.Context())
	w.stop = stop
	ready := make(chan struct{})
	go func() {
		defer close(w.done)
		w.Run(ctx, func() { close(ready) })
	}()
	<-ready
	return w
}

// now sets what a server does from now on and lets a round of probes pass.
func (w *world) now(host string, do answer) {
	w.mu.Lock()
	w.answers[host] = do
	w.mu.Unlock()
	w.nextBeat()
}

func (w *world) inUse() string {
	if s := w.Current(); s != nil {
		return s.Name()
	}
	return ""
}

// probes returns how often each server was asked since the last call.
func (w *world) probes() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { w.asked = map[string]int{} }()
	return w.asked
}

// told returns the changes since the last call.
func (w *world) told() []change {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { w.changes = nil }()
	return w.changes
}

type line struct {
	Level, Message, Server, Condition, Status, Panic string

	Stack string `json:"panic_stack"`
}

// logged returns the lines since the last call, with the server in use.
func (w *world) logged() (lines []line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for dec := json.NewDecoder(&w.log); ; {
		var l line
		if err := dec.Decode(&l); err != nil {
			require.ErrorIs(w.t, err, io.EOF)
			w.log.Reset()
			return lines
		}
		if !strings.HasPrefix(l.Message, "Finesse request") { // of the client
			lines = append(lines, l)
		}
	}
}

func TestTheServerInUseIsKeptWhileItServes(t *testing.T) {
	bubble(t, says("IN_SERVICE"), says("IN_SERVICE"), func(t *testing.T, w *world) {
		require.Equal(t, "one", w.inUse())
		require.Equal(t, []change{{protocol.InService, true}}, w.told())
		w.nextBeat()
		require.Equal(t, "one", w.inUse())
		require.Empty(t, w.told(), "nothing changed")

		w.now("one", refuses)
		require.Equal(t, "two", w.inUse())
		require.Equal(t, []change{{protocol.InService, true}}, w.told())

		w.now("one", says("IN_SERVICE"))
		require.Equal(t, "two", w.inUse(), "no way back while it serves")
		require.Empty(t, w.told())

		w.now("two", says("OUT_OF_SERVICE"))
		require.Equal(t, "one", w.inUse())
		require.Equal(t, []change{{protocol.InService, true}}, w.told())

		w.now("one", refuses)
		require.Empty(t, w.inUse())
		require.Equal(t, protocol.OutOfService, w.Status())
		require.Equal(t, []change{{protocol.OutOfService, false}}, w.told())

		w.now("one", says("IN_SERVICE"))
		require.Equal(t, protocol.InService, w.Status())
		require.Equal(t, []change{{protocol.InService, true}}, w.told(), "the same server counts as another after an outage")
	})
}

func TestStatusIsNotReachableOnlyIfAllTimedOut(t *testing.T) {
	bubble(t, hangs, says("OUT_OF_SERVICE"), func(t *testing.T, w *world) {
		require.Equal(t, protocol.OutOfService, w.Status())
		require.Empty(t, w.told(), "it began out of service")
		w.now("two", hangs)
		require.Equal(t, protocol.NotReachable, w.Status())
		require.Equal(t, []change{{protocol.NotReachable, false}}, w.told())
	})
}

func TestATimeOutIsFinalAfterTheThirdTryARefusalAtOnce(t *testing.T) {
	bubble(t, hangs, refuses, func(_ *testing.T, w *world) {
		require.Equal(t, map[string]int{"one": 3, "two": 1}, w.probes())
		tries := 0
		w.now("one", func(r *http.Request) (*http.Response, error) {
			if tries++; tries < 3 {
				return hangs(r)
			}
			return says("IN_SERVICE")(r)
		})
		require.Equal(t, "one", w.inUse(), "the third try counts")
	})
}

func TestHeartbeat(t *testing.T) {
	bubble(t, says("IN_SERVICE"), says("OUT_OF_SERVICE"), func(t *testing.T, w *world) {
		require.Equal(t, map[string]int{"one": 1, "two": 1}, w.probes())
		time.Sleep(time.Minute - 1)
		synctest.Wait()
		require.Empty(t, w.probes())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Equal(t, map[string]int{"one": 1, "two": 1}, w.probes())
	})
}

func TestNoticeAndReportProbeAtOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		call func(*Pool)
		want int
	}{
		"notice":           {(*Pool).Notice, 1},
		"unavailable":      {func(p *Pool) { p.Report(&finesse.Error{Class: errclass.Unavailable}) }, 1},
		"indeterminate":    {func(p *Pool) { p.Report(&finesse.Error{Class: errclass.Indeterminate}) }, 1},
		"a broken stream":  {func(p *Pool) { p.Report(&finesse.StreamError{Class: errclass.Unavailable}) }, 1},
		"refused by it":    {func(p *Pool) { p.Report(&finesse.Error{Class: errclass.Upstream}) }, 0},
		"a bad command":    {func(p *Pool) { p.Report(&finesse.Error{Class: errclass.Client}) }, 0},
		"a defect of ours": {func(p *Pool) { p.Report(errors.New("a defect")) }, 0},
		"nothing":          {func(p *Pool) { p.Report(nil) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, says("IN_SERVICE"), says("IN_SERVICE"), func(t *testing.T, w *world) {
				w.probes()
				began := time.Now()
				tc.call(w.Pool)
				synctest.Wait()
				require.Equal(t, tc.want, w.probes()["one"])
				require.Equal(t, began, time.Now())
			})
		})
	}
}

func TestNoticesDuringAProbeAreOneProbeAfterIt(t *testing.T) {
	bubble(t, says("IN_SERVICE"), says("IN_SERVICE"), func(t *testing.T, w *world) {
		w.mu.Lock()
		w.answers["one"] = hangs
		w.mu.Unlock()
		w.probes()
		w.Notice()
		synctest.Wait() // the probe is under way
		for range 5 {
			w.Notice() // never blocks
		}
		time.Sleep(finalTries * w.timeout)
		synctest.Wait()
		time.Sleep(finalTries * w.timeout)
		synctest.Wait()
		require.Equal(t, map[string]int{"one": 6, "two": 2}, w.probes())
	})
}

func TestAPanicInAProbeIsAFailedProbe(t *testing.T) {
	bubble(t, panics, says("IN_SERVICE"), func(t *testing.T, w *world) {
		require.Equal(t, "two", w.inUse())
		require.Equal(t, (&defect.Error{}).Error(), w.List()[0].Error)
		require.Equal(t, 1, w.probes()["one"], "not tried again")
		lines := w.logged()
		require.Equal(t, "error", lines[0].Level)
		require.Equal(t, "a defect", lines[0].Panic)
		require.Equal(t, "one", lines[0].Server)
		require.Contains(t, lines[0].Stack, "panics")

		w.now("two", panics)
		require.Equal(t, protocol.OutOfService, w.Status())
		w.now("one", says("IN_SERVICE"))
		require.Equal(t, "one", w.inUse(), "the watch goes on")
	})
}

func TestAPanicInChangedDoesNotEndTheWatch(t *testing.T) {
	bubble(t, says("IN_SERVICE"), refuses, func(t *testing.T, w *world) {
		lines := w.logged()
		require.Equal(t, "error", lines[len(lines)-1].Level)
		require.Equal(t, "of the receiver", lines[len(lines)-1].Panic)
		require.Contains(t, lines[len(lines)-1].Stack, "tell")
		w.now("one", refuses)
		require.Equal(t, protocol.OutOfService, w.Status())
	}, func(c *Config) {
		c.Changed = func(protocol.SystemStatus, bool) { panic("of the receiver") }
	})
}

func TestNobodyNeedsToBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{answers: map[string]answer{"one": says("IN_SERVICE")}, asked: map[string]int{}}
		p, err := New(Config{URLs: []string{"https://one"}, Transport: w})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p.Run(ctx, nil)
		require.Equal(t, protocol.InService, p.Status())
		require.Equal(t, map[string]int{"one": 1}, w.probes())
	})
}

func TestEachOutageIsOneWarningAndOneLineAtItsEnd(t *testing.T) {
	const changed = "Finesse status changed"
	refused := "finesse: GET SystemInfo: connection refused"
	bubble(t, says("IN_SERVICE"), says("OUT_OF_SERVICE"), func(t *testing.T, w *world) {
		require.Equal(t, []line{
			{Level: "info", Message: changed, Server: "one", Condition: "IN_SERVICE", Status: "IN_SERVICE"},
			{Level: "warn", Message: changed, Server: "two", Condition: "OUT_OF_SERVICE", Status: "IN_SERVICE"},
		}, w.logged())
		w.nextBeat()
		require.Empty(t, w.logged())

		w.now("one", refuses)
		require.Equal(t, []line{
			{Level: "warn", Message: changed, Server: "one", Condition: refused, Status: "OUT_OF_SERVICE"},
		}, w.logged())
		w.nextBeat()
		require.Empty(t, w.logged())
		w.now("two", refuses)
		require.Equal(t, []line{
			{Level: "debug", Message: changed, Server: "two", Condition: refused, Status: "OUT_OF_SERVICE"},
		}, w.logged())

		w.now("two", says("IN_SERVICE"))
		require.Equal(t, []line{
			{Level: "info", Message: changed, Server: "two", Condition: "IN_SERVICE", Status: "IN_SERVICE"},
		}, w.logged())
	})
}

func TestTheLogNamesTheServerInUse(t *testing.T) {
	bubble(t, says("IN_SERVICE"), refuses, func(t *testing.T, w *world) {
		require.Contains(t, w.log.String(), `"in_use":"one"`)
		w.logged()
		w.now("one", refuses)
		require.Contains(t, w.log.String(), `"in_use":""`)
	})
}

func TestListIsTheStatusPage(t *testing.T) {
	bubble(t, says("IN_SERVICE"), refuses, func(t *testing.T, w *world) {
		probed := time.Now()
		require.Equal(t, []ServerStatus{
			{Server: "one", Serving: true, InUse: true, Status: "IN_SERVICE", Transport: "tcp", Probed: probed},
			{Server: "two", Error: "finesse: GET SystemInfo: connection refused", Transport: "tcp", Probed: probed},
		}, w.List())
		body, err := json.Marshal(w.List()[0])
		require.NoError(t, err)
		require.JSONEq(t, fmt.Sprintf(`{"server":"one","serving":true,"inUse":true,"status":"IN_SERVICE","requests":0,"waiting":0,"transport":"tcp","probed":%q}`,
			probed.Format(time.RFC3339Nano)), string(body))
		body, err = json.Marshal(w.List()[1])
		require.NoError(t, err)
		require.Contains(t, string(body), `"error":"finesse`)
		require.NotContains(t, string(body), `"status"`)
	})
	p, err := New(Config{URLs: []string{"https://one:8445/finesse/api"}})
	require.NoError(t, err)
	require.Equal(t, []ServerStatus{{Server: "one:8445", Transport: "tcp"}}, p.List(), "before the first probe")
}

func TestAliveWhileRoundsEnd(t *testing.T) {
	bubble(t, hangs, says("IN_SERVICE"), func(t *testing.T, w *world) {
		for range 10 {
			w.nextBeat()
			require.NoError(t, w.Alive())
		}
		w.stop()
		<-w.done
		time.Sleep(2 * time.Minute)
		require.NoError(t, w.Alive())
		time.Sleep(time.Minute + 3*time.Second)
		require.EqualError(t, w.Alive(), "pool: no Finesse probe for 3m3s")
	})
}

func TestAliveBeforeTheFirstRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := New(Config{URLs: []string{"https://one"}, Timeout: time.Second, Heartbeat: time.Minute})
		require.NoError(t, err)
		require.NoError(t, p.Alive())
		time.Sleep(3*time.Minute + 3*time.Second - 1)
		require.NoError(t, p.Alive())
		time.Sleep(time.Nanosecond)
		require.Error(t, p.Alive())
	})
}

func TestAnEndedProbeSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, says("IN_SERVICE"), refuses)
		before, _ := w.List(), w.told()
		w.logged()
		w.mu.Lock()
		w.answers["one"], w.answers["two"] = hangs, says("IN_SERVICE")
		w.mu.Unlock()
		w.Notice()
		synctest.Wait()
		w.stop()
		<-w.done
		require.Equal(t, before[0], w.List()[0])
		require.Equal(t, "one", w.inUse())
		require.Empty(t, w.told())
		require.Empty(t, w.logged())
	})
}

func TestDefaults(t *testing.T) {
	p, err := New(Config{URLs: []string{"https://one"}})
	require.NoError(t, err)
	require.Equal(t, 5*time.Second, p.heartbeat)
	require.Equal(t, 3*time.Second, p.timeout)
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg  Config
		want string
	}{
		"no server":    {Config{}, "no Finesse URL"},
		"odd numbers":  {Config{URLs: []string{"https://one"}, XMPPAddrs: []string{"a:1", "b:2"}}, "2 XMPP addresses for 1 Finesse URLs"},
		"one too few":  {Config{URLs: []string{"https://one", "https://two"}, XMPPAddrs: []string{"a:1"}}, "1 XMPP addresses for 2 Finesse URLs"},
		"no host":      {Config{URLs: []string{"https://one", "https://"}}, "Finesse URL 2"},
		"malformed":    {Config{URLs: []string{"https://user:hidden@%zz"}}, "Finesse URL 1"},
		"with secrets": {Config{URLs: []string{"https://user:hidden@one"}}, "must not hold credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(tc.cfg)
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "hidden")
		})
	}
}

// dialled is how a test sees where a stream would go.
type dialled struct {
	mu   sync.Mutex
	addr string
}

func (d *dialled) dial(_ context.Context, _, addr string) (net.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.addr = addr
	return nil, errors.New("no network in this test")
}
