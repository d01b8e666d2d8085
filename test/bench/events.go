package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-stomp/stomp/v3"

	"gcbridge/finesse/sim"
	"gcbridge/test/brokertest"
	"gcbridge/test/pairs"
	"gcbridge/test/wait"
)

// The names of who is measured with events.
const (
	bareWriter = "bare publisher"
	bareReader = "bare reader"
	barePass   = "bare reader and publisher"
)

// window is how many events, or messages, are under way at most.
const window = 1000

// flow is something that is let to do so much at once and tells when it is done.
type flow struct {
	name string
	who  crew
	let  func(n int) error // batch by batch
	done *counter
	sent int64
}

// counter counts what came.
type counter struct {
	n     atomic.Int64
	moved chan struct{}
}

func newCounter() *counter { return &counter{moved: make(chan struct{}, 1)} }

func (c *counter) add(n int64) {
	c.n.Add(n)
	select {
	case c.moved <- struct{}{}:
	default:
	}
}

// batch is how many are let go at once.
const batch = 50

// run keeps the window full until length is over; then everything must have come.
func (f *flow) run(ctx context.Context, length time.Duration) (s sample, err error) {
	if err := f.fill(ctx, settle); err != nil {
		return s, err
	}
	n := f.done.n.Load()
	count, err := f.who.begin()
	if err != nil {
		return s, err
	}
	if err := f.fill(ctx, length); err != nil {
		return s, err
	}
	if s, err = count.end(int(f.done.n.Load() - n)); err != nil {
		return s, err
	}
	if !wait.Until(patience, func() bool { return f.done.n.Load() >= f.sent }) {
		return s, fmt.Errorf("%w: %d of %d events were told", errAnswer, f.done.n.Load(), f.sent)
	}
	return s, nil
}

// fill keeps the window full for a while.
func (f *flow) fill(ctx context.Context, length time.Duration) error {
	end := time.NewTimer(length)
	defer end.Stop()
	open := make(chan struct{})
	close(open)
	for {
		free := f.done.moved // a full window waits until something has come
		if f.sent-f.done.n.Load() <= window-batch {
			if err := f.let(batch); err != nil {
				return err
			}
			f.sent += batch
			free = open
		}
		select {
		case <-end.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-free:
		}
	}
}

// source makes events of agents who are logged in at a simulator of this process.
type source struct {
	fin   *sim.Server
	parts []userText
	next  int
}

// userText is a User event of an agent, but for the state and its time.
type userText struct{ agent, head, middle, tail string }

// events makes n events, of one agent after the other; each is a change.
func (s *source) events(n int) error {
	for range n {
		state := "READY"
		if s.next/len(s.parts)%2 == 0 {
			state = "NOT_READY"
		}
		p := s.parts[s.next%len(s.parts)]
		s.next++
		s.fin.PublishEvent(p.agent, "/finesse/api/User/"+p.agent,
			p.head+state+p.middle+time.Now().UTC().Format("2006-01-02T15:04:05.000Z")+p.tail)
	}
	return nil
}

// sourceOf asks for each agent as Finesse describes them.
func sourceOf(ctx context.Context, fin *sim.Server, first, n int) (*source, error) {
	f := &finesse{rest: fin.RESTURL(), hc: &http.Client{}}
	defer f.hc.CloseIdleConnections()
	s := &source{fin: fin}
	for i := first; i < first+n; i++ {
		id := agentID(i)
		user, err := f.ask(ctx, http.MethodGet, f.rest+"/User/"+id, id, "")
		if err != nil {
			return nil, err
		}
		p, err := cutUser(id, user)
		if err != nil {
			return nil, err
		}
		s.parts = append(s.parts, p)
	}
	return s, nil
}

// cutUser makes the event of what GET User answers.
func cutUser(id, user string) (userText, error) {
	_, user, found := strings.Cut(user, "<User>")
	user = strings.TrimSuffix(strings.TrimSpace(user), "</User>")
	head, rest, hasState := strings.Cut(user, "<state>")
	_, rest, _ = strings.Cut(rest, "</state>")
	middle, rest, hasTime := strings.Cut(rest, "<stateChangeTime>")
	_, rest, _ = strings.Cut(rest, "</stateChangeTime>")
	if !found || !hasState || !hasTime {
		return userText{}, fmt.Errorf("%w: a user is %.300s", errAnswer, user)
	}
	return userText{
		id, "<Update><data><user>" + head + "<state>", "</state>" + middle + "<stateChangeTime>",
		"</stateChangeTime>" + rest + "</user></data><event>PUT</event><requestId></requestId><source>/finesse/api/User/" + id + "</source></Update>",
	}, nil
}

// listen counts the State outputs on a topic.
func (s *site) listen(t pairs.TB, topic string) *counter {
	t.Helper()
	n := newCounter()
	c, err := brokertest.Connect(s.ctx, s.broker.URL(), []string{"/topic/" + topic}, func(_ string, m *stomp.Message) {
		if m.Header.Get("type") == "O-001" {
			n.add(1)
		}
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(c.Close)
	if err := c.Settle(); err != nil {
		t.Fatalf("%v", err)
	}
	return n
}

// measureEvents lets events pass in turns.
func (s *site) measureEvents(t pairs.TB, size size, r *results) {
	t.Helper()
	fin := sim.Start(t, sim.WithScale(3*active), func(c *sim.Config) {
		c.PresenceGrace, c.XMPPIdle = 2*time.Hour, 2*time.Hour // who decodes nothing answers no ping
	})
	flows := []*flow{s.ownFlow(t, fin), s.writerFlow(t), s.readerFlow(t, fin), s.passFlow(t, fin)}
	for _, f := range flows {
		if _, err := f.run(s.ctx, size.warm); err != nil {
			t.Fatalf("warm up %s: %v", f.name, err)
		}
	}
	for round := range size.rounds {
		for i := range flows {
			f := flows[(round+i)%len(flows)]
			got, err := f.run(s.ctx, size.round)
			if err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
			t.Logf("%s: %s", f.name, got)
			r.addEvents(f.name, got)
		}
	}
}

func (s *site) ownFlow(t pairs.TB, fin *sim.Server) *flow {
	t.Helper()
	w := s.serve(t, fin.RESTURL(), fin.XMPPAddr(), fin.XMPPTLS(), "")
	topic := s.name("desk")
	d := s.newDesk(t, w.queue, topic, 0)
	if err := d.logIn(); err != nil {
		t.Fatalf("%v", err)
	}
	d.c.Close() // it would take every output, too
	src, err := sourceOf(s.ctx, fin, 0, active)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if err := src.events(active); err != nil { // the first NOT_READY is no change
		t.Fatalf("%v", err)
	}
	return &flow{name: ours, who: s.crew(ours, w.PID(), nil), let: src.events, done: s.listen(t, topic)}
}

func (s *site) writerFlow(t pairs.TB) *flow {
	t.Helper()
	topic := s.name("desk")
	done := s.listen(t, topic)
	p := s.floorProcess(t, "publish", "-broker", address(s.broker), "-topic", topic, "-agents", strconv.Itoa(active))
	p.drain()
	return &flow{name: bareWriter, who: s.crew(bareWriter, p.PID(), nil), done: done, let: func(n int) error {
		_, err := fmt.Fprintln(p.stdin, n)
		return err
	}}
}

// signedIn makes agents known to Finesse, and what their events are made of.
func (s *site) signedIn(t pairs.TB, fin *sim.Server, first int) *source {
	t.Helper()
	f := &finesse{rest: fin.RESTURL(), hc: &http.Client{}}
	defer f.hc.CloseIdleConnections()
	if err := f.signIn(s.ctx, first, active); err != nil {
		t.Fatalf("%v", err)
	}
	src, err := sourceOf(s.ctx, fin, first, active)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return src
}

func (s *site) readerFlow(t pairs.TB, fin *sim.Server) *flow {
	t.Helper()
	src := s.signedIn(t, fin, active)
	done := newCounter()
	p := s.floorProcess(t, "read", "-xmpp", fin.XMPPAddr(), "-first", strconv.Itoa(active), "-agents", strconv.Itoa(active))
	go func() {
		for line := range p.lines {
			if n, err := strconv.ParseInt(line, 10, 64); err == nil {
				done.add(n)
			}
		}
	}()
	return &flow{name: bareReader, who: s.crew(bareReader, p.PID(), nil), let: src.events, done: done}
}

func (s *site) passFlow(t pairs.TB, fin *sim.Server) *flow {
	t.Helper()
	src := s.signedIn(t, fin, 2*active)
	topic := s.name("desk")
	done := s.listen(t, topic)
	p := s.floorProcess(t, "pass", "-broker", address(s.broker), "-topic", topic, "-xmpp", fin.XMPPAddr(), "-first", strconv.Itoa(2*active), "-agents", strconv.Itoa(active))
	p.drain()
	return &flow{name: barePass, who: s.crew(barePass, p.PID(), nil), let: src.events, done: done}
}
