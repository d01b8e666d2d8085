package connectorsync

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// reader is a memory under test: tickets are given from 1.
type reader struct {
	*Memory
	now  time.Time
	last Ticket
}

func newReader(cfg MemoryConfig) *reader {
	cfg.Node, cfg.Boot = "gc-1", MillisOf(start)
	return &reader{NewMemory(cfg), start, 0}
}

// take takes a message, given to the broker at a time after the start.
func (r *reader) take(node string, seq uint64, after time.Duration, b Body) Taken {
	boot := MillisOf(start)
	if node != "gc-1" {
		boot--
	}
	return r.message(Message{Header{node, boot, seq, MillisOf(start.Add(after))}, b})
}

func (r *reader) message(m Message) Taken {
	r.last++
	return r.Take(m, r.last, r.now)
}

// end sends a mark that comes back.
func (r *reader) end() Taken { return r.message(r.Message(KeptMark{}, r.now)) }

// agents are whom a Recall is about, in order.
func agentsOf(list []Message) (out []string) {
	for _, m := range list {
		switch b := m.Body.(type) {
		case Kept:
			out = append(out, b.Agent)
		case KeptGone:
			out = append(out, b.Agent+" gone")
		case KeptIntent:
			out = append(out, b.MessageID)
		}
	}
	return out
}

func TestOfEachAgentTheNewestCounts(t *testing.T) {
	at := func(n Millis) Millis { return MillisOf(start) + n }
	for name, row := range map[string]struct {
		second  Body
		seq     uint64
		after   time.Duration
		release []Ticket
		refused Reason
		recall  string
	}{
		"written later":              {Kept{Agent: "1001", SubscriptionTime: at(5)}, 9, time.Second, []Ticket{1}, "", "1001"},
		"written in the same moment": {Kept{Agent: "1001", SubscriptionTime: at(5)}, 9, 0, []Ticket{1}, "", "1001"},
		"held later":                 {Kept{Agent: "1001", SubscriptionTime: at(6)}, 1, -time.Second, []Ticket{1}, "", "1001"},
		"gone":                       {KeptGone{Agent: "1001", SubscriptionTime: at(5)}, 9, 0, []Ticket{1}, "", "1001 gone"},
		"the same again":             {Kept{Agent: "1001", SubscriptionTime: at(5)}, 8, 0, []Ticket{2}, ReasonReplayed, "1001"},
		"written earlier":            {Kept{Agent: "1001", SubscriptionTime: at(5)}, 9, -time.Millisecond, []Ticket{2}, ReasonOutdated, "1001"},
		"held earlier":               {Kept{Agent: "1001", SubscriptionTime: at(4)}, 9, time.Second, []Ticket{2}, ReasonOutdated, "1001"},
		"gone before":                {KeptGone{Agent: "1001", SubscriptionTime: at(4)}, 9, time.Second, []Ticket{2}, ReasonOutdated, "1001"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader(MemoryConfig{})
			require.Empty(t, r.take("gc-2", 8, 0, Kept{Agent: "1001", SubscriptionTime: at(5)}))
			got := r.take("gc-2", row.seq, row.after, row.second)
			require.Empty(t, cmp.Diff(Taken{Release: row.release, Refused: row.refused}, got))
			require.False(t, r.Read())
			require.Equal(t, []string{row.recall}, agentsOf(r.end().Recall))
			require.True(t, r.Read())
		})
	}
}

// Nothing of an agent is told before the end is reached, and from then on at once.
func TestTheEndOfReading(t *testing.T) {
	r := newReader(MemoryConfig{})
	held := func(agent string, at Millis) Kept { return Kept{Agent: agent, SubscriptionTime: MillisOf(start) + at} }
	first := r.Message(KeptMark{}, r.now)
	r.Opened()
	require.Empty(t, r.take("gc-2", 1, 0, held("1002", 0)).Recall)
	require.Empty(t, r.take("gc-1", 1, 0, held("1003", 0)).Recall, "this node's own")
	require.Empty(t, r.take("gc-2", 2, 0, held("1001", 0)).Recall)
	require.Empty(t, cmp.Diff(Taken{Release: []Ticket{4}}, r.message(first)), "of the subscription before")
	require.Empty(t, r.take("gc-2", 3, 0, KeptMark{}).Recall, "another node's")
	older := r.Message(KeptMark{}, r.now)
	older.Boot--
	require.Empty(t, r.message(older).Recall, "of an earlier life")
	require.False(t, r.Read())
	end := r.end()
	require.Equal(t, []string{"1001", "1002"}, agentsOf(end.Recall))
	require.Equal(t, []Ticket{7}, end.Release)
	require.Empty(t, r.end().Recall)
	require.Equal(t, []string{"1004"}, agentsOf(r.take("gc-2", 4, 0, held("1004", 0)).Recall))
	require.Equal(t, MemoryStatus{Reader: true, Agents: 4}, r.Status())
	r.Opened()
	require.False(t, r.Read())
	require.Zero(t, r.Status())
}

func TestMemoriesOfIntents(t *testing.T) {
	intent := func(n int, at time.Duration) KeptIntent {
		return KeptIntent{Intent{MessageID: fmt.Sprint("ID:", n), Agent: "1001", Word: "MakeCall", Node: "gc-2", At: MillisOf(start.Add(at))}}
	}
	r := newReader(MemoryConfig{IntentTTL: time.Minute, MaxIntents: 2})
	require.Equal(t, []string{"ID:1"}, agentsOf(r.take("gc-2", 1, 0, intent(1, 0)).Recall), "at once: an intent voids nothing")
	require.Equal(t, Taken{Release: []Ticket{2}, Refused: ReasonReplayed}, r.take("gc-2", 1, 0, intent(1, 0)))
	require.Equal(t, Taken{Release: []Ticket{3}, Refused: ReasonExpired}, r.take("gc-2", 2, 0, intent(2, -time.Minute-time.Millisecond)))
	require.Empty(t, r.take("gc-1", 1, 0, intent(3, time.Second)))
	require.Equal(t, []Ticket{1}, r.take("gc-2", 3, 0, intent(4, 2*time.Second)).Release, "one too many")
	require.Equal(t, []string{"ID:1"}, agentsOf(r.take("gc-2", 4, 0, intent(1, 3*time.Second)).Recall), "it is not known any more")
	require.Empty(t, r.Expire(start.Add(time.Minute+2*time.Second)))
	require.Equal(t, []Ticket{5}, r.Expire(start.Add(time.Minute+2*time.Second+time.Millisecond)))
	require.Equal(t, 1, r.Status().Intents)
	require.Equal(t, []Ticket{6}, r.Expire(start.Add(time.Hour)))
}

func TestMemoriesGrowOld(t *testing.T) {
	held := func(agent string) Kept { return Kept{Agent: agent, SubscriptionTime: MillisOf(start)} }
	r := newReader(MemoryConfig{})
	r.now = start.Add(time.Hour)
	require.Empty(t, r.take("gc-2", 1, 0, held("1001")))
	require.Equal(t, Taken{Release: []Ticket{2}, Refused: ReasonExpired}, r.take("gc-2", 2, -time.Millisecond, held("1002")))
	require.Empty(t, r.take("gc-2", 3, time.Minute, KeptGone{Agent: "1003", SubscriptionTime: 1}))
	require.Equal(t, MemoryStatus{Reader: true, Agents: 1, Gone: 1}, r.Status())
	require.Empty(t, r.Expire(r.now))
	require.Equal(t, []Ticket{1}, r.Expire(r.now.Add(time.Millisecond)))
	require.Equal(t, []Ticket{3}, r.Expire(r.now.Add(time.Minute+time.Millisecond)), "ends are held as long")
	require.Empty(t, r.end().Recall)
}

// A message that is ahead of this node's clock is not believed, and not lost: it may be
// the clock of this node that is wrong.
func TestMemoriesOfTheFuture(t *testing.T) {
	r := newReader(MemoryConfig{})
	held := Kept{Agent: "1001", SubscriptionTime: MillisOf(start)}
	require.Equal(t, Taken{Refused: ReasonStale}, r.take("gc-2", 1, 30*time.Second+time.Millisecond, held))
	require.Equal(t, MemoryStatus{Reader: true, Strange: 1}, r.Status())
	require.Empty(t, r.take("gc-2", 2, 30*time.Second, held))
}

// What cannot be read is held, for the node that has the right key.
func TestStrangeMemoriesAreHeld(t *testing.T) {
	r := newReader(MemoryConfig{MaxStrange: 2})
	require.Empty(t, r.Strange(1, start))
	require.Empty(t, r.Strange(2, start.Add(time.Minute)))
	require.Equal(t, []Ticket{1}, r.Strange(3, start.Add(2*time.Minute)))
	require.Equal(t, 2, r.Status().Strange)
	require.Empty(t, r.Expire(start.Add(time.Hour+time.Minute)))
	require.Equal(t, []Ticket{2}, r.Expire(start.Add(time.Hour+time.Minute+time.Millisecond)))
	require.Equal(t, []Ticket{3}, r.Expire(start.Add(2*time.Hour)))
}

func TestTheMemoryIsBounded(t *testing.T) {
	r := newReader(MemoryConfig{MaxAgents: 3})
	held := func(agent string, at Millis) Kept { return Kept{Agent: agent, SubscriptionTime: MillisOf(start) + at} }
	r.take("gc-2", 1, time.Second, held("1001", 0))
	r.take("gc-2", 2, 2*time.Second, KeptGone{Agent: "1002", SubscriptionTime: 1})
	r.take("gc-2", 3, time.Second*3/2, held("1003", 0))
	require.Equal(t, []Ticket{2}, r.take("gc-2", 4, 3*time.Second, held("1004", 0)).Release, "who has gone goes first")
	require.Equal(t, []Ticket{1}, r.take("gc-2", 5, 4*time.Second, held("1005", 0)).Release, "then the oldest")
	require.Equal(t, []Ticket{3}, r.take("gc-2", 6, 5*time.Second, held("1003", 1)).Release, "one who is known takes no room")
	require.Equal(t, []string{"1003", "1004", "1005"}, agentsOf(r.end().Recall))
}

func TestMessagesOfTheMemory(t *testing.T) {
	r := newReader(MemoryConfig{})
	want := Message{Header{"gc-1", MillisOf(start), 1, MillisOf(start)}, KeptMark{}}
	require.Equal(t, want, r.Message(KeptMark{}, r.now))
	require.Equal(t, uint64(2), r.Message(KeptMark{}, r.now).Seq)
	require.Equal(t, Taken{Release: []Ticket{1}, Refused: ReasonUnknownKind}, r.take("gc-2", 1, 0, SyncDone{To: "gc-1"}))
}
