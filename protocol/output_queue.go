package protocol

import (
	"strconv"
	"time"
)

// QueueList answers getqueuelist [O-019]. Unified CCE counts in Queues;
// Unified CCX has other counters, in CCX, and a reduced list for an agent who
// is no supervisor, in Waiting. One of the three is set.
type QueueList struct {
	Addressee
	Queues  []Queue
	CCX     []CCXQueue
	Waiting []WaitingQueue
}

// Queue is a queue as Finesse of Unified CCE counts it; -1 where it does not
// count, as Finesse of Unified CCX never does.
type Queue struct {
	Name               string
	AgentsNotReady     int
	AgentsReady        int
	TalkingInbound     int
	TalkingInternal    int
	TalkingOutbound    int
	WrapUpNotReady     int
	WrapUpReady        int
	CallsInQueue       int
	LongestCallInQueue time.Time // when it began to wait; zero: empty
}

// CCXQueue is a queue as Unified CCX counts it.
type CCXQueue struct {
	Name string
	// Now.
	WaitingCalls, LoggedIn, Ready, NotReady, AfterCallWork, Talking, Reserved int
	// Since midnight; the longest ones in seconds. JSON has no place for them.
	Waited, Handled, Abandoned, Total, LongestWait, LongestHandle int
}

// WaitingQueue is what an agent of Unified CCX sees of a queue.
type WaitingQueue struct {
	Name               string
	WaitingCalls       int
	LongestCallInQueue int // seconds
}

// Code implements [Output].
func (QueueList) Code() Code { return "O-019" }

func queueOutputs() []OutputRow {
	supervisor := Addressee{Agent: "jehanzeb6", FullName: "jehanzeb Riaz"}
	sample := Queue{Name: "jehanzeb6", TalkingInbound: 1, TalkingOutbound: 1}
	waiting := Queue{Name: "Sales", AgentsReady: 2, CallsInQueue: 3, LongestCallInQueue: time.Date(2019, 9, 17, 12, 46, 21, 0, time.UTC)}
	hostile := Queue{Name: "S#l,s|"}
	uncounted := Queue{"CTI", -1, -1, -1, -1, -1, -1, -1, -1, time.Time{}}
	return []OutputRow{
		with(layouts[QueueList]{old: queueListText, text: queueListText, json: queueListJSON}, OutputRow{
			Code:     "O-019",
			Name:     "Get Queue Info Reply",
			Category: "supervisor_queue_info",
			Text:     "<supervisor>#QueueList#QueueName:<v>,AgentsNotReady:<n>,AgentsReady:<n>,AgentsTalkingInbound:<n>,AgentsTalkingInternal:<n>,AgentsTalkingOutbound:<n>,AgentsWrapUpNotReady:<n>,AgentsWrapUpReady:<n>,CallsInQueue:<n>,StartTimeOfLongestCallInQueue:<v>#QueueName:...",
			Old:      "<supervisor>#QueueList#QueueName:<v>,AgentsNotReady:<n>,AgentsReady:<n>,AgentsTalkingInbound:<n>,AgentsTalkingInternal:<n>,AgentsTalkingOutbound:<n>,AgentsWrapUpNotReady:<n>,AgentsWrapUpReady:<n>,CallsInQueue:<n>,StartTimeOfLongestCallInQueue:<v>#QueueName:...",
			Examples: []OutputExample{
				{"two", QueueList{Addressee: supervisor, Queues: []Queue{sample, sample}}},
				{"waiting", QueueList{Addressee: supervisor, Queues: []Queue{waiting}}},
				{"none", QueueList{Addressee: supervisor}},
				{"uncounted", QueueList{Addressee: supervisor, Queues: []Queue{uncounted}}},
				{"ccx_supervisor", QueueList{Addressee: supervisor, CCX: []CCXQueue{{Name: "CTI"}, {Name: "osja1", WaitingCalls: 2, Handled: 40, LongestWait: 75}}}},
				{"ccx_agent", QueueList{Addressee: supervisor, Waiting: []WaitingQueue{{"CTI", 2, 75}, {"osja1", 0, 0}}}},
				{"separators", QueueList{Addressee: supervisor, Queues: []Queue{hostile}}},
			},
			Note: "Unified CCX: QueueName:<v>,Type:SnapShot:WaitingCalls:<n>,...|Type:SinceMidNight:WaitingCalls:<n>,...; for an agent QueueName:<v>,WaitingCalls:<n>,LongestCallInQueue:<n>.",
		}),
	}
}

func queueListText(l *line, q QueueList) {
	l.add(q.Agent, "QueueList")
	for _, x := range q.Queues {
		l.record("QueueName", x.Name,
			"AgentsNotReady", strconv.Itoa(x.AgentsNotReady), "AgentsReady", strconv.Itoa(x.AgentsReady),
			"AgentsTalkingInbound", strconv.Itoa(x.TalkingInbound), "AgentsTalkingInternal", strconv.Itoa(x.TalkingInternal),
			"AgentsTalkingOutbound", strconv.Itoa(x.TalkingOutbound), "AgentsWrapUpNotReady", strconv.Itoa(x.WrapUpNotReady),
			"AgentsWrapUpReady", strconv.Itoa(x.WrapUpReady), "CallsInQueue", strconv.Itoa(x.CallsInQueue),
			"StartTimeOfLongestCallInQueue", l.time(x.LongestCallInQueue))
	}
	for _, x := range q.CCX {
		l.ccxQueue(x)
	}
	for _, x := range q.Waiting {
		l.record("QueueName", x.Name, "WaitingCalls", strconv.Itoa(x.WaitingCalls), "LongestCallInQueue", strconv.Itoa(x.LongestCallInQueue))
	}
	if l.fields == 2 {
		l.add("")
	}
}

// ccxQueue appends one field: the name, then two '|' joined groups.
func (l *line) ccxQueue(q CCXQueue) {
	l.sep()
	l.keyed(inRow, []string{"QueueName", q.Name})
	l.b.WriteString(",Type:SnapShot:")
	l.keyed(inRow, []string{
		"WaitingCalls", strconv.Itoa(q.WaitingCalls), "AgentsLoggedIn", strconv.Itoa(q.LoggedIn), "AgentsReady", strconv.Itoa(q.Ready),
		"AgentsNotReady", strconv.Itoa(q.NotReady), "AgentsInAfterCallWork", strconv.Itoa(q.AfterCallWork),
		"AgentsTalking", strconv.Itoa(q.Talking), "AgentsReserved", strconv.Itoa(q.Reserved),
	})
	l.b.WriteString("|Type:SinceMidNight:")
	l.keyed(inRow, []string{
		"WaitingCalls", strconv.Itoa(q.Waited), "HandledCalls", strconv.Itoa(q.Handled), "AbandonedCalls", strconv.Itoa(q.Abandoned),
		"TotalCalls", strconv.Itoa(q.Total), "LongestCallInQueue", strconv.Itoa(q.LongestWait), "LongestHandleTime", strconv.Itoa(q.LongestHandle),
	})
}

func queueListJSON(o *object, q QueueList) {
	o.str("type", "QueueStats")
	switch {
	case len(q.CCX) > 0:
		for i, x := range q.CCX {
			o.object("queue"+strconv.Itoa(i+1), func(e *object) { e.ccxQueue(x) })
		}
		return // the sample names no agent
	case len(q.Waiting) > 0:
		for i, x := range q.Waiting {
			o.object("queue"+strconv.Itoa(i+1), func(e *object) {
				e.str("queueName", x.Name)
				e.integer("WaitingCalls", x.WaitingCalls)
				e.integer("LongestCallInQueue", x.LongestCallInQueue)
			})
		}
		return
	}
	o.inArray = true
	o.objects("queue", len(q.Queues), func(i int, e *object) {
		x := q.Queues[i]
		e.str("queueName", x.Name)
		e.count("agentsNotReady", x.AgentsNotReady)
		e.count("agentsReady", x.AgentsReady)
		e.count("agentsTalkingInbound", x.TalkingInbound)
		e.count("agentsTalkingInternal", x.TalkingInternal)
		e.count("agentsTalkingOutbound", x.TalkingOutbound)
		e.count("agentsWrapUpNotReady", x.WrapUpNotReady)
		e.count("agentsWrapUpReady", x.WrapUpReady)
		e.count("callsInQueue", x.CallsInQueue)
		longest := e.time(x.LongestCallInQueue)
		if longest == "" {
			longest = "0" // as the sample has it
		}
		e.str("startTimeOfLongestCallInQueue", longest)
	})
	o.str("agentId", q.Agent)
}

// count writes a number as the string that the samples have.
func (o *object) count(k string, n int) { o.str(k, strconv.Itoa(n)) }

// ccxQueue writes the keys of the sample, which prints those of now in both groups.
func (o *object) ccxQueue(q CCXQueue) {
	group := func(kind string, waiting int) func(*object) {
		return func(e *object) {
			e.str("SnapShot_type", kind)
			e.integer("WaitingCalls", waiting)
			e.integer("AgentsLoggedIn", q.LoggedIn)
			e.integer("AgentsReady", q.Ready)
			e.integer("AgentsNotReady", q.NotReady)
			e.integer("AgentsInAfterCallWork", q.AfterCallWork)
			e.integer("AgentsTalking", q.Talking)
			e.integer("AgentsReserved", q.Reserved)
		}
	}
	o.str("queueName", q.Name)
	o.object("queue_SnapShot", group("SnapShot", q.WaitingCalls))
	o.object("queue_SinceMidNight", group("SnapShot_SinceMidNight", q.Waited))
}
