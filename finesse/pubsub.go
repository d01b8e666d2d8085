package finesse

import (
	"context"
	"encoding/xml"
	"fmt"
	"slices"

	"mellium.im/xmlstream"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gcbridge/protocol/defect"
	"gcbridge/protocol/errclass"
)

const (
	nsPubSub      = "http://jabber.org/protocol/pubsub"
	nsPubSubEvent = "http://jabber.org/protocol/pubsub#event"
	nsPing        = "urn:xmpp:ping"
)

// subscription is an explicit subscription of this stream. Openfire gives
// each an id and may ask for it back.
type subscription struct{ subID string }

// Subscribe subscribes the full JID to node. The nodes of the user's own
// state and dialogs need no subscription: the server makes it. An unknown
// node is [ErrNodeNotFound] (class Upstream).
//
//	<subscribe node='/finesse/api/Team/5005/Users' jid='1001@fin.example.com/gcbridge-a'/>
func (s *Stream) Subscribe(ctx context.Context, node string) error {
	var answer struct {
		Subscription struct {
			SubID string `xml:"subid,attr"`
			State string `xml:"subscription,attr"`
		} `xml:"subscription"`
	}
	if err := s.pubsub(ctx, "subscribe", node, "", &answer); err != nil {
		return err
	}
	if state := answer.Subscription.State; state != "" && state != "subscribed" {
		return &StreamError{Op: "subscribe", Class: errclass.Upstream, Err: fmt.Errorf("the subscription is %s", clip(state))}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs[node] = subscription{subID: answer.Subscription.SubID}
	return nil
}

// Unsubscribe ends a subscription.
func (s *Stream) Unsubscribe(ctx context.Context, node string) error {
	s.mu.Lock()
	sub := s.subs[node]
	s.mu.Unlock()
	if err := s.pubsub(ctx, "unsubscribe", node, sub.subID, nil); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.subs, node)
	return nil
}

// subscribed are the nodes with an explicit subscription, sorted.
func (s *Stream) subscribed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var nodes []string
	for node := range s.subs {
		nodes = append(nodes, node)
	}
	slices.Sort(nodes)
	return nodes
}

// pubsub sends one request to the pubsub service and waits for its answer.
func (s *Stream) pubsub(ctx context.Context, verb, node, subID string, answer any) error {
	attrs := []xml.Attr{
		{Name: xml.Name{Local: "node"}, Value: node},
		{Name: xml.Name{Local: "jid"}, Value: s.session.LocalAddr().String()},
	}
	if subID != "" {
		attrs = append(attrs, xml.Attr{Name: xml.Name{Local: "subid"}, Value: subID})
	}
	payload := xmlstream.Wrap(
		xmlstream.Wrap(nil, xml.StartElement{Name: xml.Name{Local: verb}, Attr: attrs}),
		xml.StartElement{Name: xml.Name{Space: nsPubSub, Local: "pubsub"}})
	if err := s.iq(ctx, s.cfg.PubSub, stanza.SetIQ, payload, answer); err != nil {
		return stanzaFailure(verb, err)
	}
	return nil
}

// iq sends a request and waits for the answer, at most the login time-out. It
// ends early when ctx or the stream does.
func (s *Stream) iq(ctx context.Context, to string, typ stanza.IQType, payload xml.TokenReader, answer any) error {
	addr, err := jid.Parse(to)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	stop := context.AfterFunc(s.ctx, cancel) //nolint:contextcheck // ends with the stream as well
	defer stop()
	// The library panics on an answer that begins with text (session_iq.go).
	err = defect.Contain(s.log, "request", func() error {
		return s.session.UnmarshalIQElement(ctx, payload, stanza.IQ{To: addr, Type: typ}, answer)
	})
	if err != nil && s.ctx.Err() != nil {
		if cause := s.Err(); cause != nil {
			return cause
		}
	}
	return err
}

// ping asks the server for a sign of life (XEP-0199). An error answer is one.
func (s *Stream) ping(ctx context.Context) error {
	err := s.iq(ctx, s.cfg.Domain, stanza.GetIQ, xmlstream.Wrap(nil, xml.StartElement{Name: xml.Name{Space: nsPing, Local: "ping"}}), nil)
	if isStanzaError(err) {
		return nil
	}
	return err
}

const (
	availablePresence   = ""
	unavailablePresence = "unavailable"
)

// announce makes the server route events to us: no presence with a
// non-negative priority, no events (finesse-api 1.7). The ping's answer shows
// that the server has dealt with the presence.
func (s *Stream) announce(ctx context.Context) error {
	if needed, _ := s.session.Feature(nsSession); needed == true {
		payload := xmlstream.Wrap(nil, xml.StartElement{Name: xml.Name{Space: nsSession, Local: "session"}})
		if err := s.iq(ctx, s.cfg.Domain, stanza.SetIQ, payload, nil); err != nil {
			return err
		}
	}
	if err := s.sendPresence(ctx, availablePresence); err != nil {
		return err
	}
	return s.ping(ctx)
}

func (s *Stream) sendPresence(ctx context.Context, typ stanza.PresenceType) error {
	var payload xml.TokenReader
	if typ == availablePresence {
		payload = xmlstream.Wrap(xmlstream.Token(xml.CharData("0")), xml.StartElement{Name: xml.Name{Local: "priority"}})
	}
	return s.session.Send(ctx, stanza.Presence{Type: typ}.Wrap(payload))
}
