// Package clocks says how long a command has waited, although its producer and
// this node have clocks that need not agree. It is pure: what happened, and when,
// are arguments.
//
// A message says when it was sent by its producer's clock, and this node knows when
// it came by its own. The difference is the offset between the clocks plus the
// time that the message waited. Both are told apart so:
//
//   - Time that a command waits is never negative, so the smallest difference that
//     was seen of a producer's connection is the best that is known of its offset.
//   - A queue that is read as fast as it is filled holds nothing back. What comes
//     while this node has consumed for a moment, its window was not full and
//     nothing was delivered a second time is fresh: its difference is the offset.
//   - What comes otherwise is backlog. It teaches nothing, and is judged by what is
//     known: of its connection, else of the process that made it, else of the
//     broker, whose clock is heard from the messages of the other nodes, else of
//     nothing: then the clocks are believed to agree.
//   - A producer's clock may be set back. Something fresh that looks too old is
//     refused until another of the same connection, at least two seconds later, is as old again.
//   - If this node's own clock was set, or the machine slept, everything is learned anew.
package clocks

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

const (
	// settle is how long a node must have consumed, with room in its window, before
	// what comes is fresh: a broker fills a window in milliseconds.
	settle = time.Second
	// window is how long a smallest difference counts at least; after two of them it
	// is forgotten, because clocks drift.
	window = 10 * time.Minute
	// confirm is how far apart two commands must have come that show that a clock was set
	// back, and alike how near their differences must be.
	confirm, alike = 2 * time.Second, time.Second
	// jump is how far this node's clock may go astray from its monotonic one
	// between two commands.
	jump = 2 * time.Second
	// Notable is from where on an offset is told to people.
	Notable = 5 * time.Second
	// lately is how long a clock that is off is shown after it was heard.
	lately = time.Hour
	// most bounds the connections and the processes that are remembered.
	most = 4096
)

// Message is what is known of a command when it came.
type Message struct {
	ID       string    // JMSMessageID
	Sent     time.Time // by the producer's clock; zero: not known
	Received time.Time // by this node's
	// At is when it came, and Since since when this node has consumed without a
	// break, on this node's monotonic clock.
	At, Since   time.Duration
	Redelivered bool
	Full        bool // this node held as many commands as it may
}

// Age is the judgement of a command.
type Age struct {
	// Waited is how long it has waited; at least 0, and 0 where nothing is known.
	Waited time.Duration
	// TooOld: it has waited longer than commands may.
	TooOld bool
	// News is a clock that is off and has not been told yet; nil: there is none.
	News *Offset
}

// Offset is how far a clock is behind this node's; negative: it is ahead.
type Offset struct {
	Name   string        `json:"name"` // of the process, as its message ids name it, or "broker"
	Behind time.Duration `json:"behindNs"`
}

// Judge judges commands. Make it with [New]; one goroutine owns it.
type Judge struct {
	limit       time.Duration
	connections book
	processes   book
	broker      clock
	told        map[string]telling // by name

	last      *Message      // the newest command
	unsettled time.Duration // until when what comes is backlog
	crowded   time.Duration // the same, because the window was full
	share     share
}

// New makes a judge; limit is how long a command may wait, 0: any time will do.
func New(limit time.Duration) *Judge {
	return &Judge{limit: limit, connections: newBook(), processes: newBook(), told: map[string]telling{}, unsettled: settle}
}

// Producer reads a JMSMessageID of ActiveMQ: the connection that it came over, and
// the process that made the connection; "" where it says neither.
//
//	ID:crm-41231-1568724000000-3:1:1:1:17
//
// is message 17 of a producer of session 1 of connection ID:crm-41231-1568724000000-3:1.
func Producer(id string) (connection, process string) {
	parts := strings.Split(id, ":")
	if len(parts) < 5 || parts[0] != "ID" || parts[1] == "" {
		return "", ""
	}
	stub := parts[1]
	if i := strings.LastIndexByte(stub, '-'); i > 0 {
		stub = stub[:i]
	}
	return strings.Join(parts[:len(parts)-3], ":"), stub
}

// Command judges the next command.
func (j *Judge) Command(m Message) Age {
	j.watchOwn(m)
	fresh := j.fresh(m)
	if m.Sent.IsZero() {
		return Age{}
	}
	difference := m.Received.Round(0).Sub(m.Sent.Round(0))
	connection, process := Producer(m.ID)
	a := Age{}
	switch c := j.connections.get(connection); {
	case connection == "":
		a.Waited = difference - j.broker.offset()
	case c != nil && c.known:
		a.Waited = j.judge(c, difference, m.At, fresh)
	case fresh:
		j.connections.make(connection).take(difference, m.At)
	default:
		a.Waited = difference - j.usual(process)
	}
	if connection != "" && fresh && !j.tooOld(a.Waited) {
		p := j.processes.make(process)
		p.take(difference, m.At)
		a.News = j.news(process, p.offset(), m.At)
	}
	a.Waited = max(a.Waited, 0)
	a.TooOld = j.tooOld(a.Waited)
	if m.At >= j.unsettled {
		j.share.add(m.At, a.TooOld)
	}
	return a
}

func (j *Judge) tooOld(waited time.Duration) bool { return j.limit > 0 && waited > j.limit }

// judge is how long a command of a known connection has waited.
func (j *Judge) judge(c *clock, difference, at time.Duration, fresh bool) time.Duration {
	waited := difference - c.offset()
	switch {
	case waited < 0:
		c.lower(difference)
	case !fresh:
	case !j.tooOld(waited):
		c.take(difference, at)
	case c.set(difference, at):
		return 0
	}
	return waited
}

// usual is the offset of a process of whose connection nothing is known.
func (j *Judge) usual(process string) time.Duration {
	if p := j.processes.get(process); p != nil && p.known {
		return p.offset()
	}
	return j.broker.offset()
}

// fresh reports whether a command cannot have waited in the queue.
func (j *Judge) fresh(m Message) bool {
	j.unsettled = max(j.unsettled, m.Since+settle)
	if m.Redelivered { // another consumer had it, and may have had more
		j.unsettled = max(j.unsettled, m.At+settle)
	}
	if m.Full {
		j.crowded = m.At + settle
		if m.At < j.unsettled {
			j.unsettled = j.crowded
		}
	}
	return m.At >= max(j.unsettled, j.crowded)
}

// watchOwn finds that this node's clock was set, or that its machine slept.
func (j *Judge) watchOwn(m Message) {
	if j.last != nil {
		wall, real := m.Received.Round(0).Sub(j.last.Received.Round(0)), m.At-j.last.At
		if (wall - real).Abs() > jump {
			j.connections, j.processes, j.broker = newBook(), newBook(), clock{}
			j.unsettled = max(j.unsettled, m.At+settle)
		}
	}
	j.last = &m
}

// Broker takes what a message says of the broker's clock: it was stamped there, and
// has come from there without waiting. A clock that is off is told once.
func (j *Judge) Broker(stamped, received time.Time, at time.Duration) *Offset {
	if stamped.IsZero() {
		return nil
	}
	j.broker.take(received.Round(0).Sub(stamped.Round(0)), at)
	return j.news("broker", j.broker.offset(), at)
}

// telling is an offset as people were told it.
type telling struct {
	offset time.Duration
	heard  time.Duration // when it was found last
}

// news is an offset that people have not been told, or that has changed since.
func (j *Judge) news(name string, offset, at time.Duration) *Offset {
	t, told := j.told[name]
	if offset.Abs() < Notable {
		delete(j.told, name)
		return nil
	}
	if told && (offset-t.offset).Abs() < Notable {
		t.heard = at
		j.told[name] = t
		return nil
	}
	if !told && len(j.told) >= most {
		j.told = map[string]telling{}
	}
	j.told[name] = telling{offset, at}
	return &Offset{Name: name, Behind: offset}
}

// Refusing reports whether most of the latest commands were too old although
// nothing was behind. Then it is this node that is wrong.
func (j *Judge) Refusing(at time.Duration) bool { return j.share.most(at) }

// Offsets are the clocks that are off and were heard lately, the worst first.
func (j *Judge) Offsets(at time.Duration) []Offset {
	list := make([]Offset, 0, len(j.told))
	for name, t := range j.told {
		if at-t.heard <= lately {
			list = append(list, Offset{name, t.offset})
		}
	}
	slices.SortFunc(list, func(a, b Offset) int {
		return cmp.Or(cmp.Compare(b.Behind.Abs(), a.Behind.Abs()), strings.Compare(a.Name, b.Name))
	})
	return list
}
