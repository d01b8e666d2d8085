package session

import (
	"net/url"
	"strconv"
	"strings"
)

// nextRequestID names one REST request. Finesse repeats the name in the events
// and errors that the request causes (finesse-api 1.3):
//
//	node-agent-start-number[:correlation id]
//
// node, agent and correlation id are escaped as in a URL's query, the others are
// in base 36. The command's correlation id goes along for the node that hears of
// the outcome: Finesse tells one of the agent's connections, the newest, and he
// may have moved to another node meanwhile.
func (s *Session) nextRequestID(r *Request) string {
	s.seq++
	id := url.QueryEscape(s.deps.Node) + "-" + url.QueryEscape(s.agent) + "-" +
		strconv.FormatInt(s.deps.Epoch, 36) + "-" + strconv.FormatUint(s.seq, 36)
	if r == nil || r.CorrelationID == "" {
		return id
	}
	if c := url.QueryEscape(r.CorrelationID); len(c) <= maxCarried {
		id += ":" + c
	}
	s.answers.expect(id, r.CorrelationID)
	return id
}

// maxCarried bounds a correlation id in a request id, which travels as a header.
const maxCarried = 256

// carriedBy reads the correlation id out of a request id that any node made for
// agent, "" if there is none. Dialog events tell an agent of requests of others.
func carriedBy(requestID, agent string) string {
	name, c, _ := strings.Cut(requestID, ":")
	for range 2 { // number and start
		name = name[:max(0, strings.LastIndexByte(name, '-'))]
	}
	if !strings.HasSuffix(name, "-"+url.QueryEscape(agent)) {
		return ""
	}
	c, err := url.QueryUnescape(c)
	if err != nil {
		return ""
	}
	return c
}

// answered is the correlation id of the command that a request was made for, ""
// if it is not known. elsewhere: the command was another node's, or another
// session's, and this is the first that is heard of it here.
func (s *Session) answered(requestID string) (correlation string, elsewhere bool) {
	if c := s.answers.of(requestID); c != "" {
		return c, false
	}
	c := carriedBy(requestID, s.agent)
	if c == "" {
		return "", false
	}
	s.answers.expect(requestID, c)
	return c, true
}

// correlations remembers which command a REST request id belongs to. Finesse
// repeats an id over several events (finesse-api 1.3), so entries are not
// removed on use but pushed out by newer ones.
type correlations struct {
	byID  map[string]string
	order []string
}

const maxCorrelations = 32

func newCorrelations() correlations {
	return correlations{byID: make(map[string]string, maxCorrelations)}
}

func (c *correlations) expect(requestID, correlationID string) {
	if len(c.order) == maxCorrelations {
		delete(c.byID, c.order[0])
		c.order = c.order[1:]
	}
	c.byID[requestID] = correlationID
	c.order = append(c.order, requestID)
}

func (c *correlations) of(requestID string) string { return c.byID[requestID] }
