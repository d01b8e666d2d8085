package connectorsync

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
)

// keptExamples has a body of each kind of the memory, and one of an SSO user.
func keptExamples() []Body {
	var crm, sso Context
	for _, b := range examples() {
		if c, ok := b.(AgentContext); ok && c.Bearer {
			sso = c.Context
		} else if ok {
			crm = c.Context
		}
	}
	return []Body{
		Kept{Agent: "1001", SubscriptionTime: 1_568_724_381_000, Context: crm},
		Kept{Agent: "1002", SubscriptionTime: 1_568_724_381_000, Context: sso},
		KeptGone{Agent: "1001", SubscriptionTime: 1_568_724_381_000, Destination: "/topic/crm.1001"},
		KeptIntent{Intent{MessageID: "ID:b-1:1", Agent: "1001", Word: "MakeCall", Node: "gc-1", At: 1_568_724_381_000}},
		KeptMark{},
	}
}

func TestWhatIsKeptComesBack(t *testing.T) {
	c := newCodec(t, testKey, false)
	for _, b := range keptExamples() {
		body := encode(t, c, b)
		require.NotContains(t, body, canary)
		got, err := c.DecodeKept(body)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(Message{header, b}, got))
	}
}

// What is kept on the broker is read by another release.
func TestTheFormOfWhatIsKept(t *testing.T) {
	plain := newCodec(t, secret.Secret{}, true)
	for i, want := range []string{
		`gcKept#1.0#gc-1#1568724000000#17#1568724381123#{"agent":"1001","subscriptionTime":1568724381000,"extension":"2001","destination":"/topic/crm.1001","format":"JSON","teams":["5","7"],"loggedIn":true,"leaving":true,"password":"c4n4ry-p4ss"}`,
		`gcKept#1.0#gc-1#1568724000000#17#1568724381123#{"agent":"1002","subscriptionTime":1568724381000,"bearer":true,"token":{"issued":1568724381000,"expires":1568724681000},"password":"c4n4ry-p4ss","refreshToken":"c4n4ry-p4ss-r","tokenPassword":"c4n4ry-p4ss-p","shown":"c4n4ry-p4ss-s"}`,
		`gcKeptGone#1.0#gc-1#1568724000000#17#1568724381123#{"agent":"1001","subscriptionTime":1568724381000,"destination":"/topic/crm.1001"}`,
		`gcKeptIntent#1.0#gc-1#1568724000000#17#1568724381123#{"id":"ID:b-1:1","agent":"1001","word":"MakeCall","node":"gc-1","at":1568724381000}`,
		`gcKeptMark#1.0#gc-1#1568724000000#17#1568724381123#{}`,
	} {
		require.Equal(t, want, encode(t, plain, keptExamples()[i]))
	}
}

// What was sealed for one place is worth nothing in the other, nor is what was not
// sealed, or with another key.
func TestForgedMemoriesAreRefused(t *testing.T) {
	ours, plain := newCodec(t, testKey, false), newCodec(t, secret.Secret{}, true)
	other := newCodec(t, secret.New(strings.Repeat("ab", 32)), false)
	for _, b := range keptExamples() {
		_, err := ours.Decode(encode(t, ours, b), "")
		requireRefused(t, ReasonUnknownKind, err)
		_, err = ours.DecodeKept(encode(t, other, b))
		requireRefused(t, ReasonForged, err)
		_, err = ours.DecodeKept(encode(t, plain, b))
		requireRefused(t, ReasonUnsealed, err)
		_, err = ours.DecodeKept(strings.Replace(encode(t, ours, b), "#17#", "#18#", 1))
		requireRefused(t, ReasonForged, err)
	}
	for _, b := range examples() {
		_, err := ours.DecodeKept(encode(t, ours, b))
		requireRefused(t, ReasonUnknownKind, err)
	}
	_, err := ours.DecodeKept(strings.Replace(encode(t, ours, AgentContext{Agent: "1", SubscriptionTime: 1}), string(KindContext), string(KindKept), 1))
	requireRefused(t, ReasonForged, err)
	_, err = ours.DecodeKept(strings.Repeat("a", MaxBody+1))
	requireRefused(t, ReasonOversized, err)
	for _, bad := range []string{"gcKept#\n", "gcKept#\xff"} {
		_, err = ours.DecodeKept(bad)
		requireRefused(t, ReasonMalformed, err)
	}
	for _, b := range []Body{Kept{}, KeptGone{Agent: "1001"}, KeptIntent{}} {
		_, err := ours.Encode(Message{header, b}, &counting{})
		require.Error(t, err, "%T", b)
	}
}

// remembered are the bodies that are to be kept.
func remembered(effects []Effect) (out []Body) {
	for _, r := range only[Remember](effects) {
		out = append(out, r.Body)
	}
	return out
}

func TestWhatIsRemembered(t *testing.T) {
	c := online(t, Config{Memory: true})
	at := MillisOf(c.now)
	kept := func(f func(*Context)) []Body {
		x := contextOf("1001")
		f(&x)
		return []Body{Kept{Agent: "1001", SubscriptionTime: at, Context: x}}
	}
	same := func(*Context) {}
	out := func(x *Context) { x.LoggedIn = false }
	require.Equal(t, kept(same), remembered(c.Taken("1001", contextOf("1001"), c.now)))
	require.Empty(t, remembered(c.Changed("1001", contextOf("1001"), c.now)), "nothing changed")
	changed := contextOf("1001")
	out(&changed)
	require.Equal(t, kept(out), remembered(c.Changed("1001", changed, c.now)))
	intent := KeptIntent{Intent{MessageID: id(1), Agent: "1001", Word: "MakeCall", Node: "gc-1", At: at}}
	require.Equal(t, []Body{intent}, remembered(c.Intend(id(1), "1001", "MakeCall", c.now)))
	require.Equal(t, append(kept(out), intent), remembered(c.RememberAll(c.now)))
	require.Equal(t, kept(out), remembered(c.RememberAll(c.now.Add(lateIntents+time.Millisecond))), "it has its outcome by now")
	require.Equal(t, []Body{KeptGone{Agent: "1001", SubscriptionTime: at, Destination: "/topic/1001"}}, remembered(c.Gone("1001", c.now)))
	require.Empty(t, remembered(c.RememberAll(c.now.Add(lateIntents+time.Millisecond))))

	c = online(t, Config{})
	e := append(c.Taken("1001", contextOf("1001"), c.now), c.Intend(id(1), "1001", "MakeCall", c.now)...)
	require.Empty(t, remembered(append(append(e, c.RememberAll(c.now)...), c.Gone("1001", c.now)...)), "without a memory")
}

// An agent who is let go is remembered by the winner.
func TestTheLoserRemembersNothing(t *testing.T) {
	c, p := online(t, Config{Memory: true}), peerNode("gc-2", 200)
	c.Taken("1001", contextOf("1001"), c.now)
	p.beat(c, 0)
	c.now = c.now.Add(time.Second)
	e := p.say(c, held("1001", c.now))
	require.Len(t, only[LetGo](e), 1)
	require.Empty(t, remembered(append(e, c.Gone("1001", c.now)...)))
}

// Before the memory of an agent at work is too old, it is written anew, not all at once.
func TestMemoriesAreRefreshed(t *testing.T) {
	c := online(t, Config{Memory: true})
	for i := range 100 {
		c.Taken(id(i), contextOf("1001"), c.now)
	}
	require.Empty(t, remembered(c.pass(keepAnew*3/4-time.Second)))
	some := remembered(c.pass(keepAnew / 8))
	require.Greater(t, len(some), 30)
	require.Less(t, len(some), 70)
	require.Len(t, append(some, remembered(c.pass(keepAnew/8+time.Second))...), 100)
	require.Empty(t, remembered(c.pass(time.Minute)))
	c = online(t, Config{})
	c.Taken("1001", contextOf("1001"), c.now)
	require.Empty(t, remembered(c.pass(2*keepAnew)))
}

// The sessions of a node that leaves end without a meaning.
func TestANodeThatLeavesIsRemembered(t *testing.T) {
	c := online(t, Config{Memory: true})
	c.Taken("1001", contextOf("1001"), c.now)
	c.Drain(c.now)
	c.Leave(c.now)
	require.Empty(t, remembered(c.Gone("1001", c.now)))
}

// recalled is a node that has read a memory.
func recalled(t *testing.T, cfg Config, kept ...Body) *clock {
	t.Helper()
	cfg.Memory = true
	c := newNode(t, cfg)
	c.LinkUp(c.now)
	dead := Header{Node: "gc-9", Boot: MillisOf(start) - 1000, At: MillisOf(start) - 500}
	for _, b := range kept {
		dead.Seq++
		require.Empty(t, c.Recall(Message{dead, b}, c.now))
	}
	return c
}

func keptAgent(at Millis) Kept {
	return Kept{Agent: "1001", SubscriptionTime: MillisOf(start) + at, Context: contextOf("1001")}
}

func keptGone(at Millis) KeptGone {
	return KeptGone{Agent: "1001", SubscriptionTime: MillisOf(start) + at, Destination: "/topic/gone"}
}

func TestTheAgentsOfDeadNodesAreTaken(t *testing.T) {
	want := takeOver("1001", "gc-9", WhyOwnerLost)
	want[0].Yields = false
	for name, row := range map[string]struct {
		kept []Body
		want []TakeOver
		dest string
	}{
		"one who was at work":     {[]Body{keptAgent(0)}, want, "/topic/1001"},
		"one who has gone":        {[]Body{keptAgent(0), keptGone(0)}, nil, "/topic/gone"},
		"one who has gone, first": {[]Body{keptGone(0), keptAgent(0)}, nil, "/topic/gone"},
		"one who came back":       {[]Body{keptGone(0), keptAgent(1)}, want, "/topic/1001"},
		"an older end":            {[]Body{keptAgent(1), keptGone(0)}, want, "/topic/1001"},
		"nobody":                  {nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := recalled(t, Config{}, row.kept...)
			c.Recalled(c.now)
			require.Empty(t, cmp.Diff(row.want, only[TakeOver](c.pass(3*time.Second))))
			require.Equal(t, row.dest, c.Destination("1001"))
		})
	}
	t.Run("a command comes first", func(t *testing.T) {
		c := recalled(t, Config{}, keptAgent(0))
		c.Recalled(c.now)
		require.True(t, c.Elsewhere("1001"))
		e, known := c.Demand("1001", c.now)
		require.True(t, known)
		require.Len(t, only[TakeOver](e), 1)
	})
	t.Run("this node's own", func(t *testing.T) {
		c := newNode(t, Config{Memory: true})
		c.LinkUp(c.now)
		c.Recall(Message{Header{"gc-1", MillisOf(start) - 1, 1, MillisOf(start)}, keptAgent(0)}, c.now)
		c.Recall(Message{Header{"gc-1", MillisOf(start), 1, MillisOf(start)}, Kept{Agent: "1002", SubscriptionTime: 1}}, c.now)
		c.Recalled(c.now)
		e := only[TakeOver](c.pass(3 * time.Second))
		require.Len(t, e, 1, "of an earlier life")
		require.Equal(t, "1001", e[0].Agent)
	})
	t.Run("one whom this node has", func(t *testing.T) {
		c := online(t, Config{Memory: true})
		c.Taken("1001", contextOf("1001"), c.now)
		m := Message{Header{"gc-9", MillisOf(start), 1, MillisOf(c.now)}, keptAgent(60_000)}
		require.Empty(t, c.Recall(m, c.now))
		require.True(t, c.holds("1001"))
		require.Empty(t, c.agents.replicas)
	})
	t.Run("one of whom a peer has newer news", func(t *testing.T) {
		c := online(t, Config{Memory: true})
		p := peerNode("gc-2", 200)
		p.beat(c, 0)
		p.say(c, held("1001", c.now))
		c.Recall(Message{Header{"gc-9", MillisOf(start), 1, MillisOf(c.now)}, keptAgent(0)}, c.now)
		require.Equal(t, "gc-2", c.agents.replicas["1001"].node)
	})
	t.Run("one too many", func(t *testing.T) {
		c := newNode(t, Config{Memory: true, MaxAgents: 1})
		c.Recall(Message{Header{"gc-9", 1, 1, 1}, keptAgent(0)}, c.now)
		e := c.Recall(Message{Header{"gc-9", 1, 2, 1}, Kept{Agent: "1002", SubscriptionTime: 1}}, c.now)
		require.Equal(t, []Ignored{{"gc-9", KindKept, ReasonFull}}, only[Ignored](e))
	})
	t.Run("one whose password is wrong by now", func(t *testing.T) {
		c := recalled(t, Config{}, keptAgent(0))
		c.Recalled(c.now)
		c.pass(3 * time.Second)
		want := []Body{KeptGone{Agent: "1001", SubscriptionTime: MillisOf(start) + 1, Destination: "/topic/1001"}}
		require.Equal(t, want, remembered(c.Gone("1001", c.now)), "newer than what was kept")
	})
}

func TestKeptIntentsAreKnown(t *testing.T) {
	i := Intent{MessageID: id(7), Agent: "1001", Word: "MakeCall", Node: "gc-9", At: MillisOf(start)}
	c := recalled(t, Config{}, KeptIntent{i})
	got, ok := c.Intended(id(7), c.now)
	require.True(t, ok)
	require.Equal(t, i, got)
	require.True(t, c.Overtaken(id(6), "1001"), "what was sent before must not run behind it")
}

// A node without peers begins when it knows what was kept, or has waited in vain.
func TestReadyWithAMemory(t *testing.T) {
	c := recalled(t, Config{}, keptAgent(0))
	c.pass(3 * time.Second)
	require.False(t, c.Ready(c.now))
	require.True(t, c.RecallMissing())
	c.Recalled(c.now)
	require.True(t, c.Ready(c.now))
	require.False(t, c.RecallMissing())
	require.Empty(t, c.Recalled(c.now))

	c = recalled(t, Config{})
	c.Recalled(c.now)
	c.pass(2750 * time.Millisecond)
	require.False(t, c.Ready(c.now), "peers may be there")
	c.pass(250 * time.Millisecond)
	require.True(t, c.Ready(c.now))

	c = recalled(t, Config{}, keptAgent(0))
	c.pass(5750 * time.Millisecond)
	require.False(t, c.Ready(c.now))
	require.Empty(t, only[TakeOver](c.pass(0)))
	c.pass(250 * time.Millisecond)
	require.True(t, c.Ready(c.now), "in vain")
	require.False(t, c.RecallMissing())
	c.LinkDown()
	c.LinkUp(c.now)
	require.True(t, c.Ready(c.now), "it does not wait again")
}

// A node that cannot read what was kept, because its peer is the one that does,
// waits for what the peer tells when it has read it.
func TestReadyByAPeersMemory(t *testing.T) {
	for name, unread := range map[string]bool{"it has read": false, "it reads": true} {
		t.Run(name, func(t *testing.T) {
			c, p := recalled(t, Config{}), peerNode("gc-2", 1)
			p.beat(c, 0)
			p.say(c, SyncDone{To: "gc-1", Unread: unread})
			require.Equal(t, !unread, c.Ready(c.now))
			if unread {
				live(c, 4*time.Second, 0, p)
				require.False(t, c.Ready(c.now))
				p.say(c, SyncDone{To: "gc-1"})
			}
			require.True(t, c.Ready(c.now))
			c.pass(250 * time.Millisecond)
			require.False(t, c.RecallMissing())
		})
	}
	t.Run("neither", func(t *testing.T) {
		c, p := recalled(t, Config{}), peerNode("gc-2", 1)
		p.beat(c, 0)
		p.say(c, SyncDone{To: "gc-1", Unread: true})
		live(c, 5*time.Second, 0, p)
		require.False(t, c.Ready(c.now))
		live(c, time.Second, 0, p)
		require.True(t, c.Ready(c.now))
	})
	t.Run("this one has read, the peer cannot", func(t *testing.T) {
		c, p := recalled(t, Config{}), peerNode("gc-2", 1)
		c.Recalled(c.now)
		p.beat(c, 0)
		p.say(c, SyncDone{To: "gc-1", Unread: true})
		require.True(t, c.Ready(c.now))
	})
}

// A peer that asked before this node had read what was kept is told again.
func TestPeersAreToldWhatWasKept(t *testing.T) {
	c, p := recalled(t, Config{}, keptAgent(0)), peerNode("gc-2", 1)
	p.beat(c, 0)
	c.now = c.now.Add(3 * time.Second)
	require.Equal(t, []SyncDone{{To: "gc-2", Unread: true}}, sent[SyncDone](p.say(c, SyncRequest{})))
	e := c.Recalled(c.now)
	require.Equal(t, []SyncDone{{To: "gc-2"}}, sent[SyncDone](e))
	orphans := sent[Orphan](e)
	require.Len(t, orphans, 1)
	require.Equal(t, "gc-9", orphans[0].Owner)

	c, p = recalled(t, Config{}), peerNode("gc-2", 1)
	p.beat(c, 0)
	require.Empty(t, c.Recalled(c.now), "it has not asked")
	c.now = c.now.Add(3 * time.Second)
	require.Equal(t, []SyncDone{{To: "gc-2"}}, sent[SyncDone](p.say(c, SyncRequest{})))
}
