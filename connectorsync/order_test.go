package connectorsync

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const producer = "ID:crm-41231-1568724000000-3:1:1:1"

func id(seq int) string { return fmt.Sprintf("%s:%d", producer, seq) }

func TestOvertaken(t *testing.T) {
	const other = "ID:crm-41231-1568724000000-3:1:1:2"
	begun := func(ids ...string) (out []Mark) {
		for i, messageID := range ids {
			out = append(out, Mark{"1001", messageID, Millis(1000 + i)})
		}
		return out
	}
	for name, row := range map[string]struct {
		begun     []Mark
		messageID string
		want      bool
	}{
		"nothing has begun":             {nil, id(1), false},
		"the next":                      {begun(id(1)), id(2), false},
		"the same again":                {begun(id(2)), id(2), false},
		"an older one":                  {begun(id(2)), id(1), true},
		"much older, numbers not text":  {begun(id(10)), id(9), true},
		"another producer's":            {begun(id(2)), other + ":1", false},
		"another agent's":               {[]Mark{{"1002", id(2), 1}}, id(1), false},
		"behind a redelivered one":      {begun(id(3), id(2)), id(2), true},
		"of the producer before":        {begun(id(3), other+":1"), id(2), false},
		"a mark that comes late":        {[]Mark{{"1001", other + ":2", 2000}, {"1001", id(9), 1000}}, other + ":1", true},
		"a foreign broker's id":         {begun("ID:6f1c"), "ID:6f1b", false},
		"an id with a trailing word":    {begun(producer + ":9-1"), producer + ":8-1", false},
		"no id":                         {begun(""), "", false},
		"an id that is nothing but one": {begun("ID:2"), "ID:1", false},
	} {
		t.Run(name, func(t *testing.T) {
			o := NewOrder(10)
			for _, m := range row.begun {
				o.Begun(m)
			}
			require.Equal(t, row.want, o.Overtaken(row.messageID, "1001"))
		})
	}
}

func TestOrderIsBounded(t *testing.T) {
	o := NewOrder(2)
	for i := range 10 {
		o.Begun(Mark{fmt.Sprint(i), id(9), 1})
	}
	require.Len(t, o.newest.values, 2)
	require.True(t, o.Overtaken(id(1), "9"))
}

// TestProgressIsShared: what has begun on one node is known to the others, and
// to one that is restarted.
func TestProgressIsShared(t *testing.T) {
	a, b := online(t, Config{}), online(t, Config{Node: "gc-2"})
	tell := func(effects []Effect) {
		for _, s := range only[Send](effects) {
			b.Apply(s.Message, b.now)
		}
	}
	tell(a.Begin(id(7), "1001", a.now))
	tell(a.Intend(id(8), "1002", "MakeCall", a.now))
	require.Empty(t, a.Begin("ID:foreign", "1001", a.now), "nobody could compare it")
	require.Empty(t, a.Begin(id(7), "1001", a.now), "told already")
	again := &clock{State: mustNew(t, Config{Node: "gc-1", Boot: MillisOf(b.now)}), now: b.now}
	for _, s := range only[Send](again.LinkUp(again.now)) {
		for _, r := range only[Send](b.Apply(s.Message, b.now)) {
			again.Apply(r.Message, again.now)
		}
	}
	for _, c := range []*clock{a, b, again} {
		require.True(t, c.Overtaken(id(6), "1001"))
		require.False(t, c.Overtaken(id(7), "1001"), "it may come again")
		require.True(t, c.Overtaken(id(7), "1002"), "an intent is progress")
		require.False(t, c.Overtaken(id(9), "1002"))
	}
	for i := range 2 * listedPerMessage {
		b.Begin(id(i), fmt.Sprint("many", i), b.now)
	}
	p := peerNode("gc-3", 1)
	p.beat(b, 0)
	require.Len(t, sent[Progress](p.say(b, SyncRequest{})), 3)
	b.now = b.now.Add(11 * time.Minute)
	p.beat(b, 0)
	require.Empty(t, sent[Progress](p.say(b, SyncRequest{})), "long past")
}

// TestYielding: the winner of an agent learns when the former owner has
// finished their commands, and need not wait for one that is dead.
func TestYielding(t *testing.T) {
	a, b := online(t, Config{Priority: 100}), online(t, Config{Node: "gc-2", Priority: 127})
	pass := func(to *clock, effects []Effect) (out []Effect) {
		for _, s := range only[Send](effects) {
			out = append(out, to.Apply(s.Message, to.now)...)
		}
		return out
	}
	pass(a, b.LinkUp(b.now))
	pass(b, a.LinkUp(a.now))
	pass(b, a.Taken("1001", contextOf("1001"), a.now))
	e, _ := b.Demand("1001", b.now)
	require.True(t, only[TakeOver](e)[0].Yields)
	e = pass(a, b.Taken("1001", contextOf("1001"), b.now))
	require.Equal(t, []LetGo{{Agent: "1001", Winner: "gc-2"}}, only[LetGo](e))
	require.Equal(t, []Handed{{Agent: "1001", Busy: true}}, only[Handed](pass(b, e)))
	require.Equal(t, 1, a.Status(a.now).Yielding)
	require.Empty(t, a.Taken("1001", contextOf("1001"), a.now), "the session has not heard yet that it was let go")
	require.Zero(t, a.Status(a.now).Held, "nobody serves the agent here any more")
	e = a.Yielded("1001", a.now)
	require.Equal(t, []Yielded{{Agent: "1001", To: "gc-2"}}, sent[Yielded](e))
	require.Equal(t, []Handed{{Agent: "1001"}}, only[Handed](pass(b, e)))
	require.Zero(t, a.Status(a.now).Yielding)
	require.Empty(t, a.Yielded("1001", a.now), "once")
	p := peerNode("gc-3", 1)
	require.Empty(t, only[Handed](p.say(b, Yielded{Agent: "1001", To: "gc-9"})), "not to us")

	dead := only[TakeOver](a.pass(5 * time.Second)) // gc-2 says nothing
	require.Len(t, dead, 1)
	require.False(t, dead[0].Yields)
}

// TestANodeThatDiesFinishesNothing: who waits for a node to finish an agent's
// commands waits no longer when it is dead, or was restarted.
func TestANodeThatDiesFinishesNothing(t *testing.T) {
	handed := []Handed{{Agent: "1001"}}
	for name, row := range map[string]struct {
		then func(c *clock, p *other) []Effect
		want []Handed
	}{
		"lives":     {func(c *clock, p *other) []Effect { return live(c, 4*time.Second, 0, p) }, nil},
		"silent":    {func(c *clock, _ *other) []Effect { return c.pass(3 * time.Second) }, handed},
		"restarted": {func(c *clock, p *other) []Effect { p.boot, p.seq = p.boot+1, 0; return p.beat(c, 0) }, handed},
		"left": {func(c *clock, p *other) []Effect {
			return p.say(c, Heartbeat{Role: RoleLeft, Version: Version})
		}, handed},
		"restarted when a third has the agent": {func(c *clock, p *other) []Effect {
			c.now = c.now.Add(time.Second)
			e := peerNode("gc-3", 1).say(c, held("1001", c.now))
			require.Len(t, only[LetGo](e), 1)
			p.say(c, Yielded{Agent: "1001", To: "gc-1", Busy: true})
			p.boot, p.seq = p.boot+1, 0
			return p.beat(c, 0)
		}, handed},
		"finished before": {func(c *clock, p *other) []Effect {
			p.say(c, Yielded{Agent: "1001", To: "gc-1"})
			return c.pass(3 * time.Second)
		}, nil},
		"for another node": {func(c *clock, p *other) []Effect {
			q := peerNode("gc-3", 1)
			q.beat(c, 0)
			q.boot, q.seq = q.boot+1, 0
			return append(q.beat(c, 0), live(c, time.Second, 0, p)...)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := online(t, Config{})
			p := peerNode("gc-2", 1)
			p.beat(c, 1)
			p.say(c, held("1001", c.now))
			c.Demand("1001", c.now)
			c.Taken("1001", contextOf("1001"), c.now)
			require.Equal(t, []Handed{{Agent: "1001", Busy: true}}, only[Handed](p.say(c, Yielded{Agent: "1001", To: "gc-1", Busy: true})))
			require.Equal(t, row.want, only[Handed](row.then(c, p)))
		})
	}
}

// TestNobodyGoesBack: nodes that begin what is not overtaken, whatever comes
// late or again, never begin a command behind a later one that they know of.
func TestNobodyGoesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := NewOrder(100)
		last := map[string]int{}
		for _, seq := range rapid.SliceOf(rapid.IntRange(1, 50)).Draw(t, "deliveries") {
			agent := fmt.Sprint(seq % 3)
			if o.Overtaken(id(seq), agent) {
				require.Less(t, seq, last[agent])
				continue
			}
			require.GreaterOrEqual(t, seq, last[agent])
			last[agent] = seq
			o.Begun(Mark{agent, id(seq), Millis(1 + seq)})
		}
	})
}
