package clocks

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const limit = 30 * time.Second

// start is this node's true time at its start.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// came is a command that was sent and came at true times since the node's start,
// between two clocks that are off.
type came struct {
	from              string
	sent, at          time.Duration
	producer, node    time.Duration // how far their clocks are ahead
	again, full, late bool          // late: it is to be refused
	since             time.Duration
}

func (c came) message() Message {
	id := ""
	if c.from != "" {
		id = "ID:" + c.from + "-41231-1568724000000-3:1:1:1:17"
	}
	return Message{
		ID: id, Sent: start.Add(c.sent + c.producer), Received: start.Add(c.at + c.node),
		At: c.at, Since: c.since, Redelivered: c.again, Full: c.full,
	}
}

const sec = time.Second

func TestJudge(t *testing.T) {
	for name, list := range map[string][]came{
		"clocks that agree": {
			{from: "a", sent: 5 * sec, at: 5 * sec},
			{from: "a", sent: 5 * sec, at: 40 * sec, late: true},
		},
		"a client 31 s slow": {
			{from: "a", sent: 5 * sec, at: 5 * sec, producer: -31 * sec},
			{from: "a", sent: 9 * sec, at: 9 * sec, producer: -31 * sec},
			{from: "b", sent: 9 * sec, at: 9 * sec},
		},
		"a node 40 s fast": {
			{from: "a", sent: 5 * sec, at: 5 * sec, node: 40 * sec},
			{from: "b", sent: 6 * sec, at: 6 * sec, node: 40 * sec},
		},
		"what waits too long is refused whatever the clocks say": {
			{from: "a", sent: 5 * sec, at: 5 * sec, producer: -31 * sec},
			{from: "a", sent: 10 * sec, at: 41 * sec, producer: -31 * sec, late: true},
			{from: "b", sent: 50 * sec, at: 50 * sec, producer: time.Hour},
			{from: "b", sent: 50 * sec, at: 81 * sec, producer: time.Hour, late: true},
			{from: "b", sent: 60 * sec, at: 89 * sec, producer: time.Hour},
		},
		"an outage of the node: the producer is known": {
			{from: "a", sent: 5 * sec, at: 5 * sec, producer: -time.Minute},
			{from: "a", sent: 10 * sec, at: 60 * sec, since: 60 * sec, producer: -time.Minute, late: true},
			{from: "a", sent: 40 * sec, at: 60 * sec, since: 60 * sec, producer: -time.Minute},
		},
		"an outage of the node: the producer is new, and what waited with it teaches nothing": {
			{from: "a", sent: -50 * sec, at: 0, late: true},
			{from: "a", sent: -40 * sec, at: 0, late: true},
			{from: "a", sent: -20 * sec, at: 0},
			{from: "a", sent: -40 * sec, at: 500 * time.Millisecond, late: true},
		},
		"a full window": {
			{from: "a", sent: 5 * sec, at: 5 * sec, full: true},
			{from: "b", sent: -30 * sec, at: 5500 * time.Millisecond, late: true},
			{from: "b", sent: 7 * sec, at: 7 * sec, producer: -time.Minute},
		},
		"delivered again": {
			{from: "a", sent: -60 * sec, at: 5 * sec, again: true, late: true},
			{from: "b", sent: -60 * sec, at: 5 * sec, late: true},
		},
		"another connection of a process that is known": {
			{from: "a", sent: 5 * sec, at: 5 * sec, producer: -time.Minute},
			{from: "a", sent: 5 * sec, at: 60 * sec, since: 60 * sec, producer: -time.Minute, late: true},
		},
		"a producer's clock is set back": {
			{from: "a", sent: 5 * sec, at: 5 * sec},
			{from: "a", sent: 10 * sec, at: 10 * sec, producer: -40 * sec, late: true},
			{from: "a", sent: 11 * sec, at: 11 * sec, producer: -40 * sec, late: true},
			{from: "a", sent: 12 * sec, at: 12 * sec, producer: -40 * sec},
			{from: "a", sent: 13 * sec, at: 13 * sec, producer: -40 * sec},
		},
		"a dead broker's store comes back at once: its clock was not set back": {
			{from: "a", sent: 5 * sec, at: 5 * sec},
			{from: "a", sent: 6 * sec, at: 60 * sec, late: true},
			{from: "a", sent: 6 * sec, at: 60 * sec, late: true},
			{from: "a", sent: 20 * sec, at: 63 * sec, late: true},
		},
		"a producer's clock is set forward": {
			{from: "a", sent: 5 * sec, at: 5 * sec},
			{from: "a", sent: 10 * sec, at: 10 * sec, producer: time.Hour},
			{from: "a", sent: 10 * sec, at: 41 * sec, producer: time.Hour, late: true},
		},
		"this node's clock is set": {
			{from: "a", sent: 5 * sec, at: 5 * sec},
			{from: "a", sent: 6 * sec, at: 6 * sec, node: 40 * sec, late: true},
			{from: "a", sent: 8 * sec, at: 8 * sec, node: 40 * sec},
			{from: "a", sent: 9 * sec, at: 40 * sec, node: 40 * sec, late: true},
		},
		"no producer is named": {
			{sent: 5 * sec, at: 5 * sec},
			{sent: 5 * sec, at: 36 * sec, late: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			j := New(limit)
			for i, c := range list {
				require.Equal(t, c.late, j.Command(c.message()).TooOld, "command %d: %+v", i, c)
			}
		})
	}
}

// TestSlowDrift: a clock that loses a minute in two days is never too old.
func TestSlowDrift(t *testing.T) {
	j := New(limit)
	for at := sec; at < 48*time.Hour; at += time.Minute {
		c := came{from: "a", sent: at, at: at, producer: -at / 2880}
		require.False(t, j.Command(c.message()).TooOld, at)
	}
}

// TestBroker: an unknown producer in the backlog is judged by the broker's clock.
func TestBroker(t *testing.T) {
	j := New(limit)
	ahead := 40 * sec
	n := j.Broker(start, start.Add(ahead), 0)
	require.Equal(t, &Offset{"broker", ahead}, n)
	require.Nil(t, j.Broker(start.Add(sec), start.Add(sec+ahead), sec), "told once")
	require.Nil(t, j.Broker(time.Time{}, start, sec), "not stamped")
	require.False(t, j.Command(came{from: "a", sent: -2 * sec, at: 0, node: ahead}.message()).TooOld)
	require.True(t, j.Command(came{from: "a", sent: -31 * sec, at: 0, node: ahead}.message()).TooOld)
	require.False(t, j.Command(came{sent: -2 * sec, at: sec, node: ahead}.message()).TooOld, "nor one that names nobody")
}

func TestOffsetsAreToldOnce(t *testing.T) {
	j := New(limit)
	slow := came{from: "a", sent: 5 * sec, at: 5 * sec, producer: -31 * sec}
	require.Equal(t, &Offset{"a-41231-1568724000000", 31 * sec}, j.Command(slow.message()).News)
	require.Nil(t, j.Command(slow.message()).News)
	j.Command(came{from: "b", sent: 6 * sec, at: 6 * sec, producer: time.Hour}.message())
	require.Nil(t, j.Command(came{from: "c", sent: 6 * sec, at: 6 * sec, producer: sec}.message()).News)
	require.Equal(t, []Offset{{"b-41231-1568724000000", -time.Hour}, {"a-41231-1568724000000", 31 * sec}}, j.Offsets(10*sec))
	require.Empty(t, j.Offsets(2*time.Hour), "not heard any more")
	right := came{from: "b", sent: 7 * sec, at: 7 * sec, producer: time.Hour + 10*sec}
	require.NotNil(t, j.Command(right.message()).News, "it has changed")
}

// TestRefusing: a node that refuses most of what should be fresh doubts itself, for
// a while; one that comes back to what really waited does not.
func TestRefusing(t *testing.T) {
	erratic := func(j *Judge, from, n int) {
		for i := range n {
			at := time.Duration(from+i) * sec
			j.Command(came{from: "a", sent: at - time.Duration(40+5*(i%7))*sec, at: at}.message())
		}
	}
	j := New(limit)
	j.Command(came{from: "a", sent: 2 * sec, at: 2 * sec}.message())
	erratic(j, 3, 8)
	require.False(t, j.Refusing(11*sec), "too few to say")
	erratic(j, 11, 5)
	require.True(t, j.Refusing(16*sec))
	require.True(t, j.Refusing(5*time.Minute), "who gives way gets nothing that could show it")
	require.False(t, j.Refusing(6*time.Minute))

	j = New(limit)
	for i := range 50 {
		require.True(t, j.Command(came{from: "a", sent: -60 * sec, at: time.Duration(i) * time.Millisecond}.message()).TooOld)
	}
	require.False(t, j.Refusing(sec))

	j = New(limit)
	j.Command(came{from: "a", sent: 2 * sec, at: 2 * sec}.message())
	erratic(j, 3, 12)
	require.True(t, j.Refusing(15*sec))
	for i := range 15 {
		j.Command(came{from: "b", sent: 15 * sec, at: 15*sec + time.Duration(i)*time.Millisecond}.message())
	}
	require.False(t, j.Refusing(16*sec), "most are served again")
}

func TestProducer(t *testing.T) {
	for id, want := range map[string][2]string{
		"ID:crm-41231-1568724000000-3:1:1:1:17": {"ID:crm-41231-1568724000000-3:1", "crm-41231-1568724000000"},
		"ID:crm-41231-1568724000000-3:1:-1:1:5": {"ID:crm-41231-1568724000000-3:1", "crm-41231-1568724000000"},
		"ID:odd:1:1:1:17":                       {"ID:odd:1", "odd"},
		"ID:crm-1":                              {},
		"412":                                   {},
		"":                                      {},
		"ID::1:1:1:1":                           {},
	} {
		connection, process := Producer(id)
		require.Equal(t, want, [2]string{connection, process}, id)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	j := New(limit)
	for i := range 3 * most {
		j.Command(came{from: fmt.Sprint("h", i), sent: 5 * sec, at: 5 * sec, producer: -time.Minute}.message())
	}
	require.LessOrEqual(t, len(j.connections.clocks), most)
	require.LessOrEqual(t, len(j.processes.clocks), most)
	require.LessOrEqual(t, len(j.told), most)
}

func TestNoLimit(t *testing.T) {
	require.False(t, New(0).Command(came{from: "a", sent: -time.Hour, at: 0}.message()).TooOld)
}

// TestAnyClocks: whatever the clocks, what is fresh is served, and of what is known
// exactly that is refused which has waited too long.
func TestAnyClocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hour := int64(time.Hour)
		node := time.Duration(rapid.Int64Range(-hour, hour).Draw(t, "node"))
		offsets := map[string]time.Duration{}
		for _, p := range []string{"a", "b", "c"} {
			offsets[p] = time.Duration(rapid.Int64Range(-hour, hour).Draw(t, p))
		}
		delay := rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.Int64Range(0, int64(100*time.Millisecond)).Draw(t, "delay"))
		})
		who := rapid.SampledFrom([]string{"a", "b", "c"})
		j, known := New(limit), map[string]bool{}
		at := 2 * sec
		say := func(p string, waited, at, since time.Duration) Age {
			return j.Command(came{from: p, sent: at - waited, at: at, since: since, producer: offsets[p], node: node}.message())
		}
		for range rapid.IntRange(1, 30).Draw(t, "n") {
			p := who.Draw(t, "who")
			require.False(t, say(p, delay.Draw(t, "fresh"), at, 0).TooOld, "fresh")
			known[p] = true
			at += time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "pause"))
		}
		// The node is away, and comes back to what has waited, oldest first.
		at += 5 * time.Minute
		type waiting struct {
			p string
			d time.Duration
		}
		var backlog []waiting
		for range rapid.IntRange(0, 20).Draw(t, "backlog") {
			backlog = append(backlog, waiting{who.Draw(t, "who"), time.Duration(rapid.Int64Range(0, int64(4*time.Minute)).Draw(t, "waited"))})
		}
		slices.SortFunc(backlog, func(a, b waiting) int { return cmp.Compare(b.d, a.d) })
		for _, w := range backlog {
			a := say(w.p, w.d, at, at)
			switch {
			case !known[w.p]:
			case w.d > limit+200*time.Millisecond:
				require.True(t, a.TooOld, "%s waited %s", w.p, w.d)
			case w.d < limit-200*time.Millisecond:
				require.False(t, a.TooOld, "%s waited %s", w.p, w.d)
			}
		}
	})
}
