package callcontrol

import (
	"slices"
	"time"
)

// Queue is a queue (skill group) that callers can dial.
type Queue struct {
	ID, Name string
	Number   string
	Agents   []string // ids of those who serve it
}

// QueueStats are the numbers of a queue at one moment. HOLD counts as
// talking, RESERVED only as logged on.
type QueueStats struct {
	ID, Name        string
	Assigned        bool // somebody serves it
	CallsInQueue    int
	LongestSince    time.Time // zero: nobody waits
	AgentsReady     int
	AgentsNotReady  int
	AgentsBusyOther int // with a call of another queue
	AgentsLoggedOn  int
	TalkingInbound  int
	TalkingOutbound int
	TalkingInternal int
	WrapUpNotReady  int
	WrapUpReady     int
}

type queue struct {
	Queue
	members []*agent
	waiting []*dialog // longest first
	stats   QueueStats
	told    QueueStats
}

func (e *Engine) makeQueues() {
	for _, c := range e.cfg.Queues {
		q := &queue{Queue: c, stats: QueueStats{ID: c.ID, Name: c.Name, Assigned: len(c.Agents) > 0}}
		for _, id := range c.Agents {
			if a := e.agents[id]; a != nil {
				q.members = append(q.members, a)
				a.queues = append(a.queues, q)
			}
		}
		q.told = q.stats
		e.queues = append(e.queues, q)
	}
}

// Queue is the state of a queue.
func (e *Engine) Queue(id string) (QueueStats, bool) {
	for _, q := range e.queues {
		if q.ID == id {
			return q.stats, true
		}
	}
	return QueueStats{}, false
}

func (e *Engine) queueAt(number string) *queue {
	for _, q := range e.queues {
		if q.Number == number {
			return q
		}
	}
	return nil
}

// enqueue lets a caller wait; distribute may find an agent at once.
func (e *Engine) enqueue(q *queue, c Inbound) {
	kind := c.CallType
	if kind == "" {
		kind = inboundType(e.cfg.Flavor, true)
	}
	d := e.newDialog(c.From, q.Number, kind)
	d.queueNumber, d.queueName, d.state = q.ID, q.Name, Initiated
	d.setVariables(c.Variables)
	e.join(d, c.From, nil, Initiated)
	d.waitsIn, d.waitsFrom = q, e.now
	q.waiting = append(q.waiting, d)
}

// requeue takes a call from an agent who does not answer and puts it back
// where it was in the queue.
func (e *Engine) requeue(d *dialog, p *party) {
	e.move(p, Dropped)
	e.remove(p.agent, d)
	d.drop(p)
	d.state = Initiated
	e.dialogs[d.id] = d // seen by nobody, but it lives
	e.settle(p.agent)
	q := d.waitsIn
	i := slices.IndexFunc(q.waiting, func(x *dialog) bool { return x.waitsFrom.After(d.waitsFrom) })
	if i < 0 {
		i = len(q.waiting)
	}
	q.waiting = slices.Insert(q.waiting, i, d)
}

func (d *dialog) leaveQueue() {
	if q := d.waitsIn; q != nil {
		q.waiting = slices.DeleteFunc(q.waiting, func(x *dialog) bool { return x == d })
	}
}

// distribute gives waiting calls to READY agents.
func (e *Engine) distribute() {
	for _, q := range e.queues {
		for len(q.waiting) > 0 {
			a := q.longestReady()
			if a == nil {
				break
			}
			d := q.waiting[0]
			q.waiting = slices.Delete(q.waiting, 0, 1)
			e.offer(d, a)
		}
	}
}

func (q *queue) longestReady() *agent {
	var best *agent
	for _, a := range q.members {
		if a.shown == Ready && !a.busy() && (best == nil || a.since.Before(best.since)) {
			best = a
		}
	}
	return best
}

func (e *Engine) offer(d *dialog, a *agent) {
	p := e.join(d, a.ext, a, Alerting)
	d.parties = append([]*party{p}, d.parties[:len(d.parties)-1]...) // the agent first
	p.incoming, p.routed = true, true
	d.state, d.dnis = Alerting, a.ext
	e.reveal(a, d)
	e.limitRinging(d, p)
}

// activity is what an agent does, as queues count it.
type activity int

const (
	away activity = iota
	otherwise
	isReady
	isNotReady
	talksInbound
	talksOutbound
	talksInternal
	wrapsNotReady
	wrapsReady
)

// tally is how an agent is counted now; queue is the one whose call it is.
type tally struct {
	activity activity
	queue    string
}

// tally counts a again in the queues of its team.
func (e *Engine) tally(a *agent) {
	now := tallyOf(a)
	if now == a.tally {
		return
	}
	for _, q := range a.queues {
		q.stats.count(a.tally, -1)
		q.stats.count(now, 1)
	}
	a.tally = now
}

func (s *QueueStats) count(t tally, n int) {
	if t.activity != away {
		s.AgentsLoggedOn += n
	}
	if t.queue != "" && t.queue != s.ID {
		s.AgentsBusyOther += n
		return
	}
	if field, ok := map[activity]*int{
		isReady: &s.AgentsReady, isNotReady: &s.AgentsNotReady, talksInbound: &s.TalkingInbound,
		talksOutbound: &s.TalkingOutbound, talksInternal: &s.TalkingInternal,
		wrapsNotReady: &s.WrapUpNotReady, wrapsReady: &s.WrapUpReady,
	}[t.activity]; ok {
		*field += n
	}
}

// internalTypes are the call types between people of the contact centre.
var internalTypes = []string{"AGENT_INSIDE", "CONSULT", bargeType, monitorType}

func tallyOf(a *agent) tally {
	switch a.shown {
	case Logout:
		return tally{}
	case Ready:
		return tally{activity: isReady}
	case NotReady:
		return tally{activity: isNotReady}
	case Work:
		return tally{activity: wrapsNotReady, queue: a.wrap.queueID()}
	case WorkReady:
		return tally{activity: wrapsReady, queue: a.wrap.queueID()}
	case Talking, Hold:
		return talkOf(a)
	}
	return tally{activity: otherwise}
}

// talkOf judges by the call that the agent speaks in, else by any.
func talkOf(a *agent) tally {
	d, p := a.in(Active, nil)
	if p == nil {
		for _, x := range a.calls {
			if q := x.of(a); q.live() && !q.passive {
				d, p = x, q
			}
		}
	}
	switch {
	case p == nil:
		return tally{activity: otherwise}
	case slices.Contains(internalTypes, d.callType):
		return tally{activity: talksInternal}
	case p.incoming:
		return tally{activity: talksInbound, queue: d.queueID()}
	}
	return tally{activity: talksOutbound}
}

func (d *dialog) queueID() string {
	if d.waitsIn == nil {
		return ""
	}
	return d.waitsIn.ID
}

// tellQueues reports the queues whose numbers changed. CCX never does.
func (e *Engine) tellQueues() {
	for _, q := range e.queues {
		q.stats.CallsInQueue, q.stats.LongestSince = len(q.waiting), time.Time{}
		if len(q.waiting) > 0 {
			q.stats.LongestSince = q.waiting[0].waitsFrom
		}
		if q.stats == q.told || e.cfg.Flavor == CCX {
			continue
		}
		q.told = q.stats
		stats := q.stats
		e.out = append(e.out, Event{Kind: QueueChanged, Queue: &stats})
	}
}
