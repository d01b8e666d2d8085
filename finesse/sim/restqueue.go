package sim

import (
	"encoding/xml"
	"slices"
	"strings"
	"time"

	"gcbridge/finesse/sim/callcontrol"
)

type queueXML struct {
	XMLName xml.Name      `xml:"Queue"`
	URI     string        `xml:"uri"`
	Name    string        `xml:"name"`
	Stats   statisticsXML `xml:"statistics"`
}

type statisticsXML struct {
	CallsInQueue    int    `xml:"callsInQueue"`
	LongestSince    string `xml:"startTimeOfLongestCallInQueue"`
	Ready           int    `xml:"agentsReady"`
	NotReady        int    `xml:"agentsNotReady"`
	BusyOther       int    `xml:"agentsBusyOther"`
	LoggedOn        int    `xml:"agentsLoggedOn"`
	TalkingInbound  int    `xml:"agentsTalkingInbound"`
	TalkingOutbound int    `xml:"agentsTalkingOutbound"`
	TalkingInternal int    `xml:"agentsTalkingInternal"`
	WrapUpNotReady  int    `xml:"agentsWrapUpNotReady"`
	WrapUpReady     int    `xml:"agentsWrapUpReady"`
}

// noStatistics is what a queue without numbers prints: every one on CCX, and
// one that nobody serves.
func noStatistics() statisticsXML {
	return statisticsXML{-1, "", -1, -1, -1, -1, -1, -1, -1, -1, -1}
}

// queueStamp has whole seconds, unlike all other times.
const queueStamp = "2006-01-02T15:04:05Z"

func (s *Server) queueXML(q *callcontrol.QueueStats) queueXML {
	x := queueXML{URI: queuePath(q.ID), Name: q.Name, Stats: noStatistics()}
	if s.flavor() == callcontrol.CCX || !q.Assigned {
		return x
	}
	x.Stats = statisticsXML{
		q.CallsInQueue, queueTime(q.LongestSince), q.AgentsReady, q.AgentsNotReady, q.AgentsBusyOther, q.AgentsLoggedOn,
		q.TalkingInbound, q.TalkingOutbound, q.TalkingInternal, q.WrapUpNotReady, q.WrapUpReady,
	}
	return x
}

func queueTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(queueStamp)
}

func queuePath(id string) string { return "/finesse/api/Queue/" + id }

// tellQueue publishes a queue's numbers to those who subscribed to it.
func (s *Server) tellQueue(q *callcontrol.QueueStats) {
	node := queuePath(q.ID)
	if s.xmpp.Subscribers(node) > 0 {
		s.xmpp.Publish("", node, update(marshal(s.queueXML(q)), "PUT", "", node))
	}
}

// getQueues lists the queues of a user's team; a supervisor's are those of
// all supervised teams, too.
func (s *Server) getQueues(c *call) (string, *apiError) {
	p, refused := s.mayRead(c)
	if refused != nil {
		return "", refused
	}
	teams := []string{p.Team}
	for _, t := range s.dir.supervised(p.ID) {
		teams = append(teams, t.ID)
	}
	var b strings.Builder
	s.centre.read(func(e *callcontrol.Engine) {
		for _, q := range s.scenario.Queues {
			if slices.ContainsFunc(q.Teams, func(id string) bool { return slices.Contains(teams, id) }) {
				stats, _ := e.Queue(q.ID)
				b.WriteString(marshal(s.queueXML(&stats)))
			}
		}
	})
	if b.Len() == 0 {
		return "<Queues/>", nil
	}
	return "<Queues>" + b.String() + "</Queues>", nil
}

// getQueue shows any queue to anybody.
func (s *Server) getQueue(c *call) (string, *apiError) {
	stats, ok := s.Queue(c.id)
	if !ok {
		e := errNotFound(c.id, "queue")
		return "", &e
	}
	return marshal(s.queueXML(&stats)), nil
}
