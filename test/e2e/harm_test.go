package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge"
	"gcbridge/test/brokertest"
	"gcbridge/test/javapeer"
	"gcbridge/test/wait"
)

// badTries are the wrong passwords of an agent that Finesse was asked for.
func (l *lab) badTries(agent string) (rest, xmpp int) {
	for _, b := range l.sim.BadPasswords() {
		switch {
		case b.User != agent:
		case b.XMPP:
			xmpp++
		default:
			rest++
		}
	}
	return rest, xmpp
}

// TestALockOutFromOutside: somebody sends 24 wrong passwords for an agent who is
// at work. Finesse sees two of them, so it does not lock the account; the agent
// works on; and when their password changes, the new one is taken at once.
func TestALockOutFromOutside(t *testing.T) {
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) {
			l := newLab(t, b.start(t), nil)
			d := l.signedIn(t, "1001", "DEFAULT")
			stranger := newPhone(t, l.broker, "/topic/stranger")
			for i := range 12 {
				corr := stranger.do("Connect#1001", fmt.Sprintf("stranger,wrong%d", i), "reply-to", "/topic/stranger")
				stranger.answer("/topic/stranger", corr, "1001#Error#SUBSCRIPTION_FAILED")
				corr = stranger.do("Login#1001", fmt.Sprintf("wrong%d,2001", i), "reply-to", "/topic/stranger")
				d.answer(d.dest, corr, "1001#Error#SUBSCRIPTION_FAILED") // Login is answered where the agent is
			}
			rest, xmpp := l.badTries("1001")
			require.Equal(t, 2, rest+xmpp, "REST %d, XMPP %d", rest, xmpp)

			d.ready()
			require.Equal(t, "logged_in", string(l.worker.Snapshot().Agents[0].Phase))

			l.sim.SetPassword("1001", "renewed")
			d.connect()
			d.answer(d.dest, d.send("GetState", ""), "1001#State#READY#")
			rest, xmpp = l.badTries("1001")
			require.Equal(t, 3, rest+xmpp, "the old one, which shows that there is a new one")
			d.answer(d.dest, d.send("MakeNotReady", ""), "1001#State#NOT_READY#")
			rest, xmpp = l.badTries("1001")
			require.Equal(t, 3, rest+xmpp, "the new one is used from then on")
			require.EqualValues(t, 22+1, l.worker.Snapshot().Counters["passwords_not_tried"], "22 of the 24, and once the new one")
		})
	}
}

// TestNobodyKnownIsLockedOutEither: without a session it is the same: two tries,
// then a refusal that says so, and the right one works when a try is left.
func TestNobodyKnownIsLockedOutEither(t *testing.T) {
	l := newLab(t, embeddedBroker(t), nil)
	d := l.desk(t, "1002", "JSON")
	for i := range 6 {
		corr := d.send("Connect", fmt.Sprintf("%s,wrong%d", d.topic, i), "gcFormat", "JSON")
		got := d.answer(d.dest, corr, `"errorType":"SUBSCRIPTION_FAILED"`)
		if i < 2 {
			require.NotContains(t, got.body, "not asked")
		} else {
			require.Contains(t, got.body, "too many wrong passwords; Finesse is not asked again for ")
		}
	}
	rest, xmpp := l.badTries("1002")
	require.Equal(t, 2, rest+xmpp)
	d.answer(d.dest, d.connect(), "too many wrong passwords") // nobody can tell that it is right

	require.NoError(t, l.sim.SetStatus("OUT_OF_SERVICE"))
	require.Eventually(t, func() bool { return l.worker.Ready() != nil }, patience, tick)
	require.NoError(t, l.sim.SetStatus("IN_SERVICE"))
	require.Eventually(t, func() bool { return l.worker.Ready() == nil }, patience, tick)
	d.answer(d.dest, d.connect(), "ConnectStatus") // a Finesse that serves again counts anew

	d = l.desk(t, "1003", "DEFAULT")
	for range 6 { // a client that comes again and again with the same one
		d.answer(d.dest, d.send("Connect", d.topic+",wrong"), "1003#Error#SUBSCRIPTION_FAILED")
	}
	rest, xmpp = l.badTries("1003")
	require.Equal(t, 1, rest+xmpp)
	d.connect()
	d.logIn()
}

// embeddedBroker is the URL of one.
func embeddedBroker(t *testing.T) string {
	t.Helper()
	return brokers[len(brokers)-1].start(t)
}

// invent makes clients up: agents who connect, and destinations that say Hello.
// It returns when all of them are answered.
func invent(p *phone, agents, hellos int) {
	p.t.Helper()
	const answers = "/queue/invented"
	for i := range hellos {
		p.post("Hello#invented.desk."+fmt.Sprint(i), "")
	}
	for i := range agents {
		p.post(fmt.Sprintf("Connect#9%05d", i), fmt.Sprintf("queue://invented,wrong%d", i))
	}
	p.t.Logf("%d agents, %d destinations", agents, hellos)
	ok := wait.Until(20*patience, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		n := 0
		for _, g := range p.got {
			if g.dest == answers {
				n++
			}
		}
		return n >= agents
	})
	require.True(p.t, ok, "every Connect is answered")
}

// post sends a command and does not wait for the broker.
func (p *phone) post(jmsType, body string) {
	p.t.Helper()
	p.story.Sent(jmsType, body, "")
	require.NoError(p.t, p.conn.Post("/queue/Connector1", true, body, "type", jmsType))
}

// TestInventedClients: what clients make up is bounded, and takes nothing from an
// agent at work.
func TestInventedClients(t *testing.T) {
	l := newLab(t, embeddedBroker(t), nil)
	d := l.signedIn(t, "1001", "DEFAULT")
	p := newPhone(t, l.broker, "/queue/invented")
	invent(p, 300, 2500)
	var st bridge.Status
	require.Eventually(t, func() bool { st = l.worker.Snapshot(); return len(st.Agents) == 201 }, patience, tick)
	require.Equal(t, 200, st.Unproven)
	require.Equal(t, 2001, st.Bound)
	require.EqualValues(t, 100, st.Counters["strangers_forgotten"])
	require.EqualValues(t, 2501+1-2001, st.Counters["destinations_forgotten"], "and the one of the invented agents, which are one")
	require.NoError(t, l.sim.SetStatus("OUT_OF_SERVICE"))
	d.expect(d.dest, "System#OUT_OF_SERVICE")
	require.NoError(t, l.sim.SetStatus("IN_SERVICE"))
	d.expect(d.dest, "System#IN_SERVICE")
	d.answer(d.dest, d.send("GetState", ""), "1001#State#")
}

// TestOwnDestinationsAreRefused: no client may make the connector talk to itself.
func TestOwnDestinationsAreRefused(t *testing.T) {
	l := newLab(t, embeddedBroker(t), nil)
	p := newPhone(t, l.broker, own, rejected, replies)
	for _, name := range []string{"queue://Connector1", "queue://Connector1.rejected", "ConnectorSync", "topic://AgentStates"} {
		p.do("Hello#"+name, "")
		require.Contains(t, p.expect(rejected).header.Get("gcReason"), "the connector's own", name)
		corr := p.do("Connect#1001", name+",pw1001", "reply-to", replies)
		p.answer(replies, corr, "1001#Error#PLEASE_RETRY")
		require.Contains(t, p.expect(rejected).header.Get("gcReason"), "the connector's own", name)
	}
	p.do("GetState#4711", "", "reply-to", "/queue/Connector1")
	require.Contains(t, p.expect(rejected).header.Get("gcReason"), "no destination to answer to")
	require.Zero(t, l.worker.Snapshot().Bound)
	require.Empty(t, l.worker.Snapshot().Agents)
}

// TestMapMessagesAreRefused: a MapMessage is not a command with an empty body [C3].
func TestMapMessagesAreRefused(t *testing.T) {
	amq := brokertest.ActiveMQ(t)
	l := newLab(t, amq.URL(), nil)
	d := l.signedIn(t, "1001", "DEFAULT")
	p := newPhone(t, l.broker, rejected)
	java := javapeer.Compile(t).Start(t, amq.OpenWireURL())
	java.Send(javapeer.Send{To: "queue://Connector1", Kind: javapeer.Map, Type: "MakeReady#1001", CorrelationID: "map"})
	d.answer(d.dest, "map", "1001#Error#PLEASE_RETRY")
	require.Contains(t, p.expect(rejected).header.Get("gcReason"), "neither a text nor a bytes message")
	java.Send(javapeer.Send{To: "queue://Connector1", Kind: javapeer.Map, Type: "Hello#" + d.topic})
	require.Contains(t, p.expect(rejected).header.Get("gcReason"), "neither a text nor a bytes message")
	d.answer(d.dest, d.send("GetState", ""), "1001#State#NOT_READY#")
	java.Send(javapeer.Send{To: "queue://Connector1", NullBody: true, Type: "MakeReady#1001", CorrelationID: "null"})
	d.answer(d.dest, "null", "1001#State#READY#")
}
