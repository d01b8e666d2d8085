package connectorsync

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestTheDeadNodesAgentsAreTaken(t *testing.T) {
	c := online(t, Config{Priority: 100})
	p := peerNode("gc-2", 127)
	require.Equal(t, []PeerUp{{Node: "gc-2"}}, only[PeerUp](p.beat(c, 0)))
	p.say(c, held("1001", c.now))
	require.Empty(t, live(c, 5*time.Second, 1, p))
	require.Empty(t, c.pass(1750*time.Millisecond))
	e := c.pass(250 * time.Millisecond)
	require.Equal(t, []PeerDown{{"gc-2", DownSilent}}, only[PeerDown](e))
	want := takeOver("1001", "gc-2", WhyOwnerLost)
	want[0].Yields = false // there is nobody left
	require.Empty(t, cmp.Diff(want, only[TakeOver](e)))
	require.Empty(t, c.pass(20*time.Second), "it is on its way")
	e = c.Taken("1001", contextOf("1001"), c.now)
	require.Len(t, sent[AgentContext](e), 1)
	require.Len(t, sent[AgentState](e), 1)
	require.True(t, c.holds("1001"))
}

// While this node hears nobody, nobody is dead; afterwards they have a full time-out to speak.
func TestDeafnessIsNotTheDeathOfOthers(t *testing.T) {
	for name, deaf := range map[string]func(c *clock){
		"link down":          func(c *clock) { c.LinkDown(); c.pass(time.Minute); c.LinkUp(c.now) },
		"link down for good": func(c *clock) { c.LinkDown(); c.pass(time.Minute) },
		"asleep":             func(c *clock) { c.now = c.now.Add(time.Minute); c.Tick(c.now) },
	} {
		t.Run(name, func(t *testing.T) {
			c := online(t, Config{Priority: 100})
			p := peerNode("gc-2", 127)
			p.beat(c, 1)
			p.say(c, held("1001", c.now))
			deaf(c)
			e := c.pass(2750 * time.Millisecond)
			require.Empty(t, only[PeerDown](e))
			require.Empty(t, only[TakeOver](e))
			e = c.pass(time.Second)
			if c.link.up {
				require.Len(t, only[PeerDown](e), 1)
				require.Len(t, only[TakeOver](e), 1)
			} else {
				require.Empty(t, e)
			}
		})
	}
}

func TestWhichMessagesAreTaken(t *testing.T) {
	const old, boot = Millis(1_568_700_000_000), Millis(1_568_724_000_000)
	at := MillisOf(start.Add(4 * time.Second))
	h := func(f func(*Header)) Header { x := Header{"gc-2", boot, 5, at}; f(&x); return x }
	for name, row := range map[string]struct {
		header Header
		reason Reason
	}{
		"the next":                   {h(func(x *Header) { x.Seq = 6 }), ""},
		"one that overtook":          {h(func(x *Header) { x.Seq = 900 }), ""},
		"one that was overtaken":     {h(func(x *Header) { x.Seq = 2 }), ""},
		"a duplicate":                {h(func(*Header) {}), ReasonReplayed},
		"an older boot":              {h(func(x *Header) { x.Boot, x.Seq = old, 900 }), ReasonOldBoot},
		"a newer boot":               {h(func(x *Header) { x.Boot, x.Seq = boot+1, 1 }), ""},
		"sent too long ago":          {h(func(x *Header) { x.Seq, x.At = 6, at-30_001 }), ReasonStale},
		"sent long ago":              {h(func(x *Header) { x.Seq, x.At = 6, at-30_000 }), ""},
		"a clock two seconds ahead":  {h(func(x *Header) { x.Seq, x.At = 6, at+2000 }), ""},
		"a clock too far ahead":      {h(func(x *Header) { x.Seq, x.At = 6, at+30_001 }), ReasonStale},
		"our own":                    {Header{"gc-1", MillisOf(start), 1, at}, ReasonEcho},
		"our earlier life's":         {Header{"gc-1", old, 1, at}, ReasonEcho},
		"another node with our name": {Header{"gc-1", MillisOf(start) + 1, 1, at}, ReasonTwin},
		"one peer too many":          {Header{"gc-3", boot, 1, at}, ReasonFull},
		"no header":                  {Header{}, ReasonMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			c := online(t, Config{MaxPeers: 1})
			c.Apply(Message{h(func(*Header) {}), Heartbeat{Priority: 1}}, c.now)
			c.Apply(Message{h(func(x *Header) { x.Seq = 1 }), Heartbeat{Priority: 2}}, c.now)
			got := only[Ignored](c.Apply(Message{row.header, Heartbeat{Priority: 3}}, c.now))
			if row.reason == "" {
				require.Empty(t, got)
				return
			}
			require.Equal(t, []Ignored{{row.header.Node, KindHeartbeat, row.reason}}, got)
			require.Equal(t, 1, c.peers.byNode["gc-2"].beat.Priority)
		})
	}
}

func TestAnOlderHeartbeatThatComesLateChangesNothing(t *testing.T) {
	c := online(t, Config{})
	p := peerNode("gc-2", 100)
	first, second := p.message(c, Heartbeat{Priority: 1}), p.message(c, Heartbeat{Priority: 2})
	c.Apply(second, c.now)
	require.Empty(t, only[Ignored](c.Apply(first, c.now)))
	require.Equal(t, 2, c.Status(c.now).Peers[0].Priority)
}

// A clock that was set back between two lives is forgiven once the earlier life
// is silent for longer than its messages could be shown again.
func TestABootIsTakenAgainAfterSilence(t *testing.T) {
	c := online(t, Config{})
	peerNode("gc-2", 1).beat(c, 0)
	back := &other{node: "gc-2", boot: MillisOf(start) - 60_000, priority: 2}
	c.pass(30 * time.Second)
	require.Equal(t, ReasonOldBoot, only[Ignored](back.beat(c, 0))[0].Reason)
	c.pass(time.Second)
	require.Equal(t, []PeerUp{{Node: "gc-2"}}, only[PeerUp](back.beat(c, 0)))
}

// A lost announcement shows in the heartbeat's count and is asked for.
func TestALostContextIsAskedFor(t *testing.T) {
	c := online(t, Config{})
	p := peerNode("gc-2", 100)
	p.beat(c, 0)
	c.pass(time.Second)
	require.Empty(t, p.beat(c, 1), "it may still come")
	c.pass(time.Second)
	require.Equal(t, []SyncRequest{{To: "gc-2"}}, sent[SyncRequest](p.beat(c, 1)))
}

func TestTheAnswerToASyncRequest(t *testing.T) {
	c := online(t, Config{Priority: 1})
	c.Taken("1001", contextOf("1001"), c.now)
	dead, asks := peerNode("gc-2", 50), peerNode("gc-3", 127)
	dead.say(c, held("1002", c.now))
	c.Intend(id(1), "1001", "MakeCall", c.now)
	asks.beat(c, 0)
	live(c, 4*time.Second, 0, asks)
	answer := asks.say(c, SyncRequest{})
	var order []Kind
	for _, s := range only[Send](answer) {
		order = append(order, s.Message.Body.Kind())
	}
	require.Equal(t, []Kind{KindContext, KindAgentState, KindOrphan, KindIntent, KindProgress, KindSyncDone}, order)
	require.Equal(t, "gc-2", sent[Orphan](answer)[0].Owner)
	require.Equal(t, []SyncDone{{To: "gc-3"}}, sent[SyncDone](answer))
	require.Empty(t, asks.say(c, SyncRequest{To: "gc-1"}), "just answered")
	c.pass(time.Second)
	require.Empty(t, asks.say(c, SyncRequest{To: "gc-2"}), "not for us")
}

// A node that has just come on line and hears its peer break off in the middle
// of its answer may be deaf itself: it takes nothing and serves nobody before it
// has tried another subscription.
func TestAnAnswerThatBreaksOff(t *testing.T) {
	for name, row := range map[string]struct {
		alone bool // long enough to be ready before the peer speaks
		then  func(c *clock, p *other) []Effect
		renew []Renew
	}{
		"silence":               {then: func(c *clock, _ *other) []Effect { return c.pass(3 * time.Second) }, renew: []Renew{{"gc-2"}}},
		"not yet":               {then: func(c *clock, _ *other) []Effect { return c.pass(2750 * time.Millisecond) }},
		"of a newcomer":         {alone: true, then: func(c *clock, _ *other) []Effect { return c.pass(4 * time.Second) }},
		"the peer still speaks": {then: func(c *clock, p *other) []Effect { return live(c, 4*time.Second, 40, p) }},
		"another one speaks":    {then: func(c *clock, _ *other) []Effect { return live(c, 4*time.Second, 0, peerNode("gc-3", 1)) }},
		"while this one leaves": {then: func(c *clock, _ *other) []Effect {
			c.Drain(c.now)
			return c.pass(4 * time.Second)
		}},
		"after the answer": {then: func(c *clock, p *other) []Effect {
			p.say(c, SyncDone{To: "gc-1"})
			return c.pass(4 * time.Second)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newNode(t, Config{})
			c.LinkUp(c.now)
			if row.alone {
				c.pass(3 * time.Second)
			}
			c.now = c.now.Add(10 * time.Millisecond)
			p := peerNode("gc-2", 1)
			p.beat(c, 40)
			p.say(c, held("1001", c.now))
			require.Equal(t, row.renew, only[Renew](row.then(c, p)))
		})
	}
	broken := func(t *testing.T) (*clock, *other) {
		c := newNode(t, Config{Priority: 127})
		c.LinkUp(c.now)
		c.now = c.now.Add(10 * time.Millisecond)
		p := peerNode("gc-2", 1)
		p.beat(c, 2)
		p.say(c, held("1001", c.now))
		e := c.pass(3 * time.Second)
		require.Len(t, only[Renew](e), 1)
		require.Empty(t, only[PeerDown](e))
		require.Empty(t, only[TakeOver](e))
		require.False(t, c.Ready(c.now))
		c.LinkDown()
		require.Len(t, sent[SyncRequest](c.LinkUp(c.now)), 1, "it asks again")
		return c, p
	}
	t.Run("the peer lives", func(t *testing.T) {
		c, p := broken(t)
		c.now = c.now.Add(10 * time.Millisecond)
		p.beat(c, 2)
		p.say(c, held("1001", c.now))
		p.say(c, held("1002", c.now))
		e := p.say(c, SyncDone{To: "gc-1"})
		require.Empty(t, only[TakeOver](e))
		require.True(t, c.Ready(c.now))
		c.pass(250 * time.Millisecond)
		c.LinkDown()
		c.LinkUp(c.now)
		c.now = c.now.Add(10 * time.Millisecond)
		p.beat(c, 2)
		require.Len(t, only[Renew](c.pass(3*time.Second)), 1, "each time it comes on line it may be deaf again")
	})
	for name, last := range map[string]func(c *clock, p *other){
		"the peer is dead": func(*clock, *other) {},
		"the peer breaks off once more": func(c *clock, p *other) {
			c.now = c.now.Add(10 * time.Millisecond)
			p.beat(c, 2)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, p := broken(t)
			last(c, p)
			e := c.pass(2750 * time.Millisecond)
			require.Empty(t, only[PeerDown](e))
			e = append(e, c.pass(500*time.Millisecond)...)
			require.Empty(t, only[Renew](e), "once is enough")
			require.Equal(t, []PeerDown{{"gc-2", DownSilent}}, only[PeerDown](e))
			require.Len(t, only[TakeOver](e), 1)
			require.True(t, c.Ready(c.now))
		})
	}
}

func TestReady(t *testing.T) {
	c := newNode(t, Config{})
	require.False(t, c.Ready(c.now))
	c.LinkUp(c.now)
	c.pass(2750 * time.Millisecond)
	require.False(t, c.Ready(c.now), "peers may be there")
	c.pass(250 * time.Millisecond)
	require.True(t, c.Ready(c.now))
	c.LinkDown()
	require.False(t, c.Ready(c.now))
	c.LinkUp(c.now)
	require.True(t, c.Ready(c.now), "there was nobody before")
	p, q := peerNode("gc-2", 1), peerNode("gc-3", 1)
	p.beat(c, 0)
	q.beat(c, 0)
	c.LinkDown()
	c.LinkUp(c.now)
	p.say(c, SyncDone{To: "gc-1"})
	require.False(t, c.Ready(c.now))
	q.say(c, SyncDone{To: "gc-2"})
	require.False(t, c.Ready(c.now))
	q.say(c, SyncDone{To: "gc-1"})
	require.True(t, c.Ready(c.now))
}

func TestAgentsAreAnnouncedInEveryInterval(t *testing.T) {
	c := online(t, Config{})
	for i := range 100 {
		c.Taken(fmt.Sprint(i), Context{}, c.now)
	}
	require.Empty(t, c.pass(7*time.Second))
	require.Len(t, sent[AgentState](c.pass(3250*time.Millisecond)), 100)
	require.Empty(t, sent[AgentContext](c.Changed("1", Context{}, c.now)), "nothing changed")
	require.Len(t, sent[AgentContext](c.Changed("1", Context{LoggedIn: true}, c.now)), 1)
	require.Len(t, sent[AgentContext](c.Taken("1", Context{LoggedIn: true, Leaving: true}, c.now)), 1)
}

// The replica of an agent whose owner lives and does not speak of it any more is dropped.
func TestAReplicaThatIsNotRefreshedIsDropped(t *testing.T) {
	c := online(t, Config{Priority: 1})
	p := peerNode("gc-2", 127)
	p.say(c, held("1001", c.now))
	live(c, 30*time.Second, 0, p)
	require.Len(t, c.agents.replicas, 1)
	live(c, time.Second, 0, p)
	require.Empty(t, c.agents.replicas)
}

func TestBounds(t *testing.T) {
	c := online(t, Config{MaxAgents: 2, MaxIntents: 2})
	p := peerNode("gc-2", 127)
	for i := range 3 {
		e := p.say(c, held(fmt.Sprint(i), c.now))
		p.say(c, Orphan{Agent: fmt.Sprint("o", i), SubscriptionTime: 1, Owner: "gc-3", OwnerBoot: 1})
		p.say(c, AgentGone{Agent: fmt.Sprint("g", i), SubscriptionTime: 1})
		c.Intend(fmt.Sprint("ID:", i), "1", "MakeCall", c.now)
		if i == 2 {
			require.Equal(t, []Ignored{{"gc-2", KindContext, ReasonFull}}, only[Ignored](e))
		}
	}
	require.LessOrEqual(t, len(c.agents.replicas), 2)
	require.Len(t, c.agents.ended.values, 2)
	_, oldest := c.Intended("ID:0", c.now)
	_, newest := c.Intended("ID:2", c.now)
	require.False(t, oldest)
	require.True(t, newest)
	c.pass(time.Minute)
	for range 3 {
		c.pass(forgetAfter)
	}
	require.Empty(t, c.peers.byNode, "the dead are forgotten")
}

func mustNew(t *testing.T, cfg Config) *State {
	t.Helper()
	s, err := New(cfg)
	require.NoError(t, err)
	return s
}

func TestConfigurationIsChecked(t *testing.T) {
	good := Config{Node: "gc-1", Boot: 1}
	for name, change := range map[string]func(*Config){
		"no node":           func(c *Config) { c.Node = "" },
		"node with '#'":     func(c *Config) { c.Node = "a#b" },
		"no start":          func(c *Config) { c.Boot = 0 },
		"short time-out":    func(c *Config) { c.Timeout, c.Heartbeat = time.Second, 600*time.Millisecond },
		"negative interval": func(c *Config) { c.Interval = -1 },
		"short freshness":   func(c *Config) { c.Freshness = time.Second },
		"negative bound":    func(c *Config) { c.MaxPeers = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			_, err := New(c)
			require.Error(t, err)
		})
	}
	c := mustNew(t, good).cfg
	require.Equal(t, time.Second, c.Heartbeat)
	require.Equal(t, 3*time.Second, c.Timeout)
}

func TestStatus(t *testing.T) {
	c := online(t, Config{Priority: 100})
	p := peerNode("gc-2", 127)
	p.beat(c, 1)
	p.say(c, held("1001", c.now))
	require.Equal(t, RoleStandby, c.Status(c.now).Role)
	c.Taken("1002", contextOf("1002"), c.now)
	c.Demand("1001", c.now)
	c.Intend("ID:1", "1002", "MakeCall", c.now)
	require.Equal(t, Status{
		Node: "gc-1", Role: RoleServing, Ready: true, Held: 1, Replicas: 1, Taking: 1, Intents: 1,
		Peers: []PeerStatus{{
			Node: "gc-2", Up: true, Role: RoleServing, Priority: 127, Agents: 1, Version: Version, Silent: time.Second,
		}},
	}, c.Status(c.now.Add(time.Second)))
}

// Who appears is asked what it knows: at once, or as soon as it may be.
func TestWhoAppearsIsAsked(t *testing.T) {
	c, p := newNode(t, Config{}), peerNode("gc-2", 100)
	require.Equal(t, []SyncRequest{{}}, sent[SyncRequest](c.LinkUp(c.now)))
	require.Empty(t, sent[SyncRequest](p.beat(c, 0)), "all were asked just now")
	require.Equal(t, []SyncRequest{{To: "gc-2"}}, sent[SyncRequest](live(c, 3*time.Second, 0, p)))
	again := &other{node: "gc-2", boot: p.boot + 1, priority: 100}
	require.Equal(t, []SyncRequest{{To: "gc-2"}}, sent[SyncRequest](again.beat(c, 0)))
}

func TestNothingIsSentWhileTheLinkIsDown(t *testing.T) {
	c := newNode(t, Config{})
	require.Empty(t, c.Taken("1001", contextOf("1001"), c.now))
	require.Empty(t, c.Intend("ID:1", "1001", "MakeCall", c.now))
	require.Empty(t, c.pass(time.Minute))
	require.Len(t, sent[AgentContext](c.LinkUp(c.now)), 1, "it is made good")
}
