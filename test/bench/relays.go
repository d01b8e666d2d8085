package main

import (
	"time"

	"gcbridge/test/pairs"
)

// active is how many agents change their state at once, each after the other's answer.
const active = 200

// contender is one who relays commands, with the client that drives it.
type contender struct {
	name string
	who  crew
	desk *desk
}

// The names of who is measured.
const (
	ours      = "gcbridge"
	bareRelay = "bare relay"
	camel     = "Camel"
)

// leg is a row of conditions under which commands are relayed.
type leg struct {
	name    string
	latency time.Duration // of every request to Finesse
	secured bool          // TLS on REST and XMPP
}

func legs() []leg {
	return []leg{{legFast, 0, false}, {legSlow, 200 * time.Millisecond, false}, {legTLS, 0, true}}
}

// The names of the legs.
const (
	legFast = "0 ms"
	legSlow = "200 ms"
	legTLS  = "TLS"
)

// hall is a simulator with everybody who relays to it.
type hall struct {
	fin        *finesse
	contenders []contender
}

// open starts a simulator, a worker, the bare relay and, if a class path is given, Camel.
func (s *site) open(t pairs.TB, secured bool, classpath string) hall {
	t.Helper()
	h := hall{fin: s.simulate(t, 3*active, secured)}
	w := s.serve(t, h.fin.rest, h.fin.xmpp, h.fin.mode, h.fin.ca)
	own := s.newDesk(t, w.queue, s.name("desk"), 0)
	if err := own.logIn(); err != nil {
		t.Fatalf("%v", err)
	}
	h.contenders = append(h.contenders, contender{ours, s.crew(ours, w.PID(), h.fin), own})

	if err := h.fin.signIn(s.ctx, active, 2*active); err != nil {
		t.Fatalf("%v", err)
	}
	queue, topic := s.name("floor"), s.name("desk")
	p := s.relay(t, h.fin, queue, topic, active)
	p.drain()
	h.contenders = append(h.contenders, contender{bareRelay, s.crew(bareRelay, p.PID(), h.fin), s.newDesk(t, queue, topic, active)})

	if classpath != "" {
		queue, topic = s.name("camel"), s.name("desk")
		p := s.peer(t, classpath, h.fin, queue, topic, active)
		p.drain()
		h.contenders = append(h.contenders, contender{camel, s.crew(camel, p.PID(), h.fin), s.newDesk(t, queue, topic, 2*active)})
	}
	return h
}

// measureRelays lets them relay in turns, each round in another order.
func (s *site) measureRelays(t pairs.TB, size size, r *results) {
	t.Helper()
	classpath := s.buildPeer(t)
	plain := s.open(t, false, classpath)
	secured := s.open(t, true, "")
	for _, l := range legs() {
		h := plain
		if l.secured {
			h = secured
		}
		if l.name == legFast { // compilers of a JVM need longer than a round of the others
			s.warmPeer(t, h, 2*size.warm)
		}
		s.warm(t, h, size.warm)
		if err := h.fin.slow(s.ctx, l.latency); err != nil {
			t.Fatalf("%v", err)
		}
		for round := range size.rounds {
			for i := range h.contenders {
				c := h.contenders[(round+i)%len(h.contenders)]
				got, err := c.desk.loop(s.ctx, size.round, c.who)
				if err != nil {
					t.Fatalf("%s, %s: %v", c.name, l.name, err)
				}
				t.Logf("%s, %s: %s", l.name, c.name, got)
				r.addRelay(l.name, c.name, got)
			}
		}
		if err := h.fin.slow(s.ctx, 0); err != nil {
			t.Fatalf("%v", err)
		}
	}
}

// warmPeer lets Camel relay alone.
func (s *site) warmPeer(t pairs.TB, h hall, length time.Duration) {
	t.Helper()
	for _, c := range h.contenders {
		if c.name == camel {
			s.warm(t, hall{h.fin, []contender{c}}, length)
		}
	}
}

// warm lets everybody relay before it counts: JVMs compile what is used.
func (s *site) warm(t pairs.TB, h hall, length time.Duration) {
	t.Helper()
	for _, c := range h.contenders {
		if _, err := c.desk.loop(s.ctx, length, c.who); err != nil {
			t.Fatalf("warm up %s: %v", c.name, err)
		}
	}
}
