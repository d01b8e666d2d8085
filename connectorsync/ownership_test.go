package connectorsync

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
)

func TestTheDecisionToTake(t *testing.T) {
	base := choice{owner: ownerLives, best: true, able: true, failback: true, priority: 127, ownerPriority: 100, ownerKnown: true}
	with := func(f func(*choice)) choice { c := base; f(&c); return c }
	for name, row := range map[string]struct {
		choice choice
		want   Why
	}{
		"fail-back":                      {base, WhyFailback},
		"active-active":                  {with(func(c *choice) { c.failback = false }), ""},
		"equal priorities":               {with(func(c *choice) { c.ownerPriority = 127 }), ""},
		"lower priority":                 {with(func(c *choice) { c.priority = 50 }), ""},
		"owner not heard yet":            {with(func(c *choice) { c.ownerKnown = false }), ""},
		"no Finesse here":                {with(func(c *choice) { c.able = false }), ""},
		"another node is better":         {with(func(c *choice) { c.best = false }), ""},
		"owner ended":                    {with(func(c *choice) { c.owner, c.failback, c.priority = ownerEnded, false, 1 }), WhyOwnerLost},
		"owner ended, no Finesse here":   {with(func(c *choice) { c.owner, c.able = ownerEnded, false }), WhyOwnerLost},
		"owner ended, not the best":      {with(func(c *choice) { c.owner, c.best = ownerEnded, false }), ""},
		"owner drains":                   {with(func(c *choice) { c.owner, c.failback, c.priority = ownerDrains, false, 1 }), WhyHandOver},
		"owner drains, not the best":     {with(func(c *choice) { c.owner, c.best = ownerDrains, false }), ""},
		"owner without Finesse":          {with(func(c *choice) { c.ownerUnable, c.failback, c.priority = true, false, 1 }), WhyUnable},
		"nobody has a Finesse":           {with(func(c *choice) { c.ownerUnable, c.able = true, false }), ""},
		"owner drains without Finesse":   {with(func(c *choice) { c.owner, c.ownerUnable = ownerDrains, true }), WhyHandOver},
		"an original is never taken off": {with(func(c *choice) { c.owner = ownerOriginal }), ""},
	} {
		t.Run(name, func(t *testing.T) {
			why, ok := row.choice.take()
			require.Equal(t, row.want, why)
			require.Equal(t, row.want != "", ok)
		})
	}
}

func TestTheBestNode(t *testing.T) {
	for name, row := range map[string]struct {
		priority int
		unable   bool
		beats    []Heartbeat // of gc-2, gc-3, ...
		best     bool
	}{
		"alone":                      {100, false, nil, true},
		"higher":                     {100, false, []Heartbeat{{Priority: 50}}, true},
		"lower":                      {100, false, []Heartbeat{{Priority: 127}}, false},
		"equal, smaller id":          {100, false, []Heartbeat{{Priority: 100}}, false},
		"the higher one has none":    {100, false, []Heartbeat{{Priority: 127, Unable: true}}, true},
		"none here":                  {127, true, []Heartbeat{{Priority: 100}}, false},
		"none anywhere":              {127, true, []Heartbeat{{Priority: 100, Unable: true}}, true},
		"the higher one drains":      {100, false, []Heartbeat{{Priority: 127, Role: RoleDraining}}, true},
		"the higher one left":        {100, false, []Heartbeat{{Priority: 127, Role: RoleLeft}}, true},
		"the second of three":        {100, false, []Heartbeat{{Priority: 50}, {Priority: 127}}, false},
		"a role of a later version":  {100, false, []Heartbeat{{Priority: 127, Role: "resting"}}, false},
		"all others leave":           {1, false, []Heartbeat{{Priority: 50, Role: RoleLeft}, {Priority: 127, Role: RoleDraining}}, true},
		"an older one, no priority":  {1, false, []Heartbeat{{}}, true},
		"an older one, same default": {0, false, []Heartbeat{{}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := online(t, Config{Priority: row.priority})
			c.Able(!row.unable, c.now)
			for i, b := range row.beats {
				peerNode(fmt.Sprintf("gc-%d", i+2), 0).say(c, b)
			}
			require.Equal(t, row.best, c.best())
		})
	}
}

func TestFailBack(t *testing.T) {
	for _, failback := range []bool{true, false} {
		t.Run(fmt.Sprint(failback), func(t *testing.T) {
			c := newNode(t, Config{Priority: 127, Failback: failback})
			p := peerNode("gc-2", 100)
			require.Len(t, sent[SyncRequest](c.LinkUp(c.now)), 1)
			p.beat(c, 1)
			e := p.say(c, held("1001", c.now))
			require.Empty(t, append(e, c.pass(500*time.Millisecond)...), "not before it has heard all")
			require.False(t, c.Ready(c.now))
			e = p.say(c, SyncDone{To: "gc-1"})
			require.True(t, c.Ready(c.now))
			if !failback {
				require.Empty(t, append(e, live(c, 10*time.Second, 1, p)...))
				return
			}
			require.Empty(t, cmp.Diff(takeOver("1001", "gc-2", WhyFailback), only[TakeOver](e)))
		})
	}
}

func TestTheLoserLetsGoWhenTheWinnerHasTheAgent(t *testing.T) {
	for name, row := range map[string]struct {
		node  string
		by    time.Duration // how much later the other's subscription is
		letGo bool
		left  bool
	}{
		"newer":             {"gc-2", time.Millisecond, true, false},
		"older":             {"gc-2", -time.Millisecond, false, false},
		"tie, greater id":   {"gc-2", 0, true, false},
		"tie, smaller id":   {"gc-0", 0, false, false},
		"newer, left since": {"gc-2", time.Millisecond, false, true},
	} {
		for _, form := range []string{"context", "O-025"} {
			t.Run(name+"/"+form, func(t *testing.T) {
				c := online(t, Config{})
				p := peerNode(row.node, 100)
				p.beat(c, 0)
				c.Taken("1001", contextOf("1001"), c.now)
				at := c.now.Add(row.by)
				c.pass(time.Second)
				if row.left {
					p.say(c, Heartbeat{Role: RoleLeft})
				}
				var b Body = held("1001", at)
				if form == "O-025" {
					b = AgentState{Agent: "1001", Password: secret.New("pw"), Extension: "2001", SubscriptionTime: MillisOf(at)}
				}
				e := p.say(c, b)
				require.Equal(t, !row.letGo, c.holds("1001"))
				if row.letGo {
					require.Equal(t, []LetGo{{"1001", row.node}}, only[LetGo](e))
					require.Equal(t, "/topic/1001", c.Destination("1001"))
					require.Empty(t, c.Changed("1001", Context{}, c.now), "its session was let go")
					require.Empty(t, c.Gone("1001", c.now), "its session was let go")
					return
				}
				require.Empty(t, only[LetGo](e))
				require.Equal(t, !row.left, len(sent[AgentContext](e)) == 1, "the other is told")
			})
		}
	}
}

// Clocks may be skewed: who takes an agent is newer than whom it takes it from.
func TestATakenAgentIsNewerThanAnyClock(t *testing.T) {
	c := online(t, Config{})
	p := peerNode("gc-2", 100)
	p.say(c, held("1001", c.now.Add(2*time.Second)))
	e := c.Taken("1001", contextOf("1001"), c.now)
	require.Equal(t, MillisOf(c.now.Add(2*time.Second))+1, sent[AgentState](e)[0].SubscriptionTime)
	c.Gone("1001", c.now)
	e = c.Taken("1001", contextOf("1001"), c.now)
	require.Equal(t, MillisOf(c.now.Add(2*time.Second))+2, sent[AgentState](e)[0].SubscriptionTime)
}

func TestReorderedNewsOfAnAgent(t *testing.T) {
	c := online(t, Config{})
	p := peerNode("gc-2", 100)
	older, newer := held("1001", c.now), held("1001", c.now)
	newer.Teams = []string{"5"}
	m1, m2 := p.message(c, older), p.message(c, newer)
	m3 := p.message(c, AgentState{Agent: "1001", Password: secret.New("new"), Extension: "2001", SubscriptionTime: older.SubscriptionTime})
	gone := p.message(c, AgentGone{Agent: "1001", SubscriptionTime: older.SubscriptionTime})
	late := p.message(c, older)
	c.Apply(m2, c.now)
	c.Apply(m1, c.now)
	require.Equal(t, []string{"5"}, c.agents.replicas["1001"].context.Teams)
	c.Apply(m3, c.now)
	require.Equal(t, "new", c.agents.replicas["1001"].context.Password.Reveal())
	c.Apply(gone, c.now)
	require.Equal(t, []Ignored{{"gc-2", KindContext, ReasonOutdated}}, only[Ignored](c.Apply(late, c.now)))
	require.Empty(t, c.agents.replicas)
	require.Equal(t, "/topic/1001", c.Destination("1001"), "[C5]")
	p.say(c, held("1001", c.now.Add(time.Second)))
	require.Len(t, c.agents.replicas, 1, "it has connected again")
}

func TestOnlyItsOwnerEndsAnAgent(t *testing.T) {
	c := online(t, Config{})
	p, q := peerNode("gc-2", 100), peerNode("gc-3", 50)
	p.say(c, held("1001", c.now))
	c.Taken("1002", contextOf("1002"), c.now)
	for _, agent := range []string{"1001", "1002"} {
		q.say(c, AgentGone{Agent: agent, SubscriptionTime: MillisOf(c.now.Add(time.Hour))})
	}
	require.Contains(t, c.agents.replicas, "1001")
	require.True(t, c.holds("1002"))
}

// The newest end of an agent is the one that counts.
func TestALaterEndReplacesTheEarlier(t *testing.T) {
	c, p := online(t, Config{}), peerNode("gc-2", 100)
	p.beat(c, 0)
	at := MillisOf(c.now)
	for _, gone := range []Millis{at, at + 2, at + 1} {
		p.say(c, AgentGone{Agent: "1001", SubscriptionTime: gone})
	}
	late := held("1001", c.now)
	late.SubscriptionTime = at + 2
	require.Equal(t, []Ignored{{"gc-2", KindContext, ReasonOutdated}}, only[Ignored](p.say(c, late)))
	late.SubscriptionTime = at + 3
	require.Empty(t, only[Ignored](p.say(c, late)))
	require.Contains(t, c.agents.replicas, "1001")
}

// An agent that is on its way here, or cannot be taken, keeps no other from
// being taken.
func TestEachOrphanIsTakenForItself(t *testing.T) {
	for name, refused := range map[string]bool{"on its way": false, "refused": true} {
		t.Run(name, func(t *testing.T) {
			c, p := online(t, Config{Priority: 127}), peerNode("gc-2", 100)
			orphan := func(agent string) Orphan {
				return Orphan{Agent: agent, SubscriptionTime: MillisOf(start), Owner: "gc-3", OwnerBoot: MillisOf(start), Context: contextOf(agent)}
			}
			p.beat(c, 0)
			p.say(c, orphan("1001"))
			require.Len(t, only[TakeOver](c.pass(time.Second)), 1)
			if refused {
				c.Gone("1001", c.now)
			}
			p.beat(c, 0)
			p.say(c, orphan("1002"))
			e := only[TakeOver](c.pass(time.Second))
			require.Len(t, e, 1)
			require.Equal(t, "1002", e[0].Agent)
		})
	}
}

// A node that is killed and back before it is missed gets its agents from its peer.
func TestARestartedNodeGetsItsAgentsBack(t *testing.T) {
	c, p := newNode(t, Config{Priority: 127}), peerNode("gc-2", 100)
	c.LinkUp(c.now)
	p.beat(c, 0)
	p.say(c, Orphan{Agent: "1001", SubscriptionTime: MillisOf(start) - 500, Owner: "gc-1", OwnerBoot: MillisOf(start) - 1000, Context: contextOf("1001")})
	e := p.say(c, SyncDone{To: "gc-1"})
	require.Empty(t, cmp.Diff(takeOver("1001", "gc-1", WhyOwnerLost), only[TakeOver](e)))

	// The peer notices the new boot, does not take, and hands the agent on.
	b := online(t, Config{Node: "gc-2", Priority: 100})
	before := &other{node: "gc-1", boot: MillisOf(start), priority: 127}
	before.beat(b, 1)
	before.say(b, held("1001", b.now))
	after := &other{node: "gc-1", boot: MillisOf(start) + 4000, priority: 127}
	require.Equal(t, []PeerUp{{"gc-1", true}}, only[PeerUp](after.beat(b, 0)))
	require.Len(t, sent[Orphan](after.say(b, SyncRequest{})), 1)
	e = live(b, 12*time.Second, 0, after)
	require.Empty(t, only[TakeOver](e))
	require.Len(t, sent[Orphan](e), 1, "nobody took it, so it is offered")
}

func TestDrain(t *testing.T) {
	c := online(t, Config{Priority: 127})
	c.Taken("1001", contextOf("1001"), c.now)
	e := c.Drain(c.now)
	require.Equal(t, RoleDraining, sent[Heartbeat](e)[0].Role)
	p := peerNode("gc-2", 100)
	p.beat(c, 0)
	require.True(t, c.holds("1001"))
	require.False(t, c.Ready(c.now))
	p.say(c, held("1001", c.now.Add(time.Second)))
	require.Zero(t, c.Held())
	require.Equal(t, RoleLeft, sent[Heartbeat](c.Leave(c.now))[0].Role)
	require.Empty(t, c.Leave(c.now))
	require.Empty(t, c.pass(time.Minute))

	// The other side.
	b, q := online(t, Config{Node: "gc-2", Priority: 100}), peerNode("gc-1", 127)
	q.beat(b, 1)
	q.say(b, held("1001", b.now))
	q.say(b, held("1002", b.now))
	e = q.say(b, Heartbeat{Priority: 127, Role: RoleDraining, Agents: 2})
	require.Len(t, only[TakeOver](e), 2)
	require.Equal(t, WhyHandOver, only[TakeOver](e)[0].Why)
	b.Gone("1002", b.now)
	e = q.say(b, Heartbeat{Priority: 127, Role: RoleLeft})
	require.Equal(t, []PeerDown{{"gc-1", DownLeft}}, only[PeerDown](e))
	require.Empty(t, only[PeerUp](q.say(b, SyncDone{To: "gc-3"})), "late news do not bring it back")
}

// A password that Finesse refuses is not tried again, or Finesse locks the agent.
func TestARefusedTakeOverIsNotRepeated(t *testing.T) {
	c := online(t, Config{Priority: 100})
	p := peerNode("gc-2", 127)
	p.say(c, held("1001", c.now))
	require.Len(t, only[TakeOver](c.pass(4*time.Second)), 1)
	require.Empty(t, c.Gone("1001", c.now))
	require.Empty(t, c.pass(time.Minute))
	_, known := c.Demand("1001", c.now)
	require.False(t, known)
	back := &other{node: "gc-2", boot: MillisOf(c.now), priority: 127}
	back.say(c, held("1001", c.now))
	require.Len(t, only[TakeOver](c.pass(4*time.Second)), 1, "somebody held it since")
}

func TestDemand(t *testing.T) {
	c := online(t, Config{Priority: 50})
	p := peerNode("gc-2", 127)
	p.beat(c, 1)
	p.say(c, held("1001", c.now))
	c.Taken("1002", contextOf("1002"), c.now)
	e, known := c.Demand("1001", c.now)
	require.True(t, known)
	require.Empty(t, cmp.Diff(takeOver("1001", "gc-2", WhyDemand), only[TakeOver](e)))
	for _, agent := range []string{"1001", "1002"} {
		e, known = c.Demand(agent, c.now)
		require.True(t, known)
		require.Empty(t, e)
	}
	_, known = c.Demand("1003", c.now)
	require.False(t, known)
}

func TestBesideAnOriginalConnector(t *testing.T) {
	c := online(t, Config{Priority: 127, Failback: true})
	o := func(at time.Time) Message {
		return Message{Body: AgentState{Agent: "1001", Password: secret.New("pw"), Extension: "2001", SubscriptionTime: MillisOf(at)}}
	}
	require.Empty(t, c.Apply(o(c.now), c.now))
	require.Empty(t, c.pass(time.Minute), "it says nothing of itself, so nothing is taken from it")
	e, known := c.Demand("1001", c.now)
	require.True(t, known)
	require.Empty(t, cmp.Diff([]TakeOver{{
		Agent: "1001", Context: Context{Password: secret.New("pw"), Extension: "2001"}, Why: WhyDemand,
	}}, only[TakeOver](e)))
	c.Taken("1001", contextOf("1001"), c.now)
	require.Empty(t, only[LetGo](c.Apply(o(c.now), c.now)), "a tie is ours")
	require.Equal(t, []LetGo{{"1001", ""}}, only[LetGo](c.Apply(o(c.now.Add(time.Second)), c.now)))
}

func TestOrphans(t *testing.T) {
	orphan := func(at time.Time) Orphan {
		return Orphan{Agent: "1001", SubscriptionTime: MillisOf(at), Owner: "gc-3", OwnerBoot: 1, Context: contextOf("1001")}
	}
	t.Run("an owner that has had no time to speak is not dead", func(t *testing.T) {
		c, p := newNode(t, Config{Priority: 127}), peerNode("gc-2", 100)
		c.LinkUp(c.now)
		p.beat(c, 0)
		p.say(c, orphan(c.now))
		require.Empty(t, p.say(c, SyncDone{To: "gc-1"}))
		require.True(t, c.Ready(c.now))
		require.Empty(t, live(c, 2*time.Second, 0, p))
		require.Empty(t, cmp.Diff(takeOver("1001", "gc-3", WhyOwnerLost), only[TakeOver](live(c, time.Second, 0, p))))
	})
	t.Run("older news changes nothing", func(t *testing.T) {
		c, p := online(t, Config{Priority: 1}), peerNode("gc-2", 100)
		p.beat(c, 1)
		p.say(c, held("1001", c.now))
		p.say(c, orphan(c.now.Add(-time.Second)))
		require.Equal(t, "gc-2", c.agents.replicas["1001"].node)
		p.say(c, orphan(c.now.Add(time.Second)))
		require.Equal(t, "gc-3", c.agents.replicas["1001"].node)
		c.Taken("1002", contextOf("1002"), c.now)
		o := orphan(c.now.Add(time.Hour))
		o.Agent = "1002"
		p.say(c, o)
		require.True(t, c.holds("1002"))
		require.NotContains(t, c.agents.replicas, "1002")
	})
	t.Run("a draining node hands on what it was taking", func(t *testing.T) {
		c, p := online(t, Config{Priority: 127}), peerNode("gc-2", 100)
		p.say(c, orphan(c.now))
		require.Len(t, only[TakeOver](live(c, time.Second, 0, p)), 1)
		c.Drain(c.now)
		require.NotEmpty(t, sent[Orphan](live(c, 12*time.Second, 0, p)))
	})
}
