package finesse

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"time"

	"mellium.im/xmlstream"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gcbridge/protocol/defect"
)

// eventMessage is a <message> that carries pubsub events (finesse-api 1.9).
// The payload is escaped text inside <notification>, whose namespace differs
// from release to release.
type eventMessage struct {
	From   string `xml:"from,attr"`
	Type   string `xml:"type,attr"`
	Events []struct {
		Items []struct {
			Node  string `xml:"node,attr"`
			Items []struct {
				ID       string `xml:"id,attr"`
				Payloads []struct {
					XMLName xml.Name
					Text    string `xml:",chardata"`
				} `xml:",any"`
			} `xml:"item"`
		} `xml:"items"`
	} `xml:"http://jabber.org/protocol/pubsub#event event"`
}

// handle takes every stanza that is not the answer to a request of ours. An
// error ends the stream at once: there is nothing to say to a server that
// does not listen. So does a defect.
func (s *Stream) handle(t xmlstream.TokenReadEncoder, start *xml.StartElement) error {
	err := defect.Contain(s.log, "read", func() error { return s.dispatch(t, start) })
	if err != nil {
		s.fail(failure("read", err))
	}
	s.conn.refill()
	return err
}

func (s *Stream) dispatch(t xmlstream.TokenReadEncoder, start *xml.StartElement) error {
	switch start.Name.Local {
	case "message":
		return s.handleMessage(t, start)
	case "presence":
		return s.handlePresence(t, start)
	case "iq":
		return s.handleIQ(t, start)
	}
	return nil
}

func decodeStanza(t xml.TokenReader, start *xml.StartElement, v any) error {
	return xml.NewTokenDecoder(xmlstream.MultiReader(xmlstream.Token(*start), t)).Decode(v)
}

func (s *Stream) handleMessage(t xml.TokenReader, start *xml.StartElement) error {
	received := time.Now()
	var m eventMessage
	if err := decodeStanza(t, start, &m); err != nil {
		return err
	}
	if len(m.Events) == 0 {
		return nil
	}
	// Any user may send a <message><event>; only the service's own count.
	if !strings.EqualFold(m.From, s.cfg.PubSub) {
		s.forged.Add(1)
		s.log.Warn().Str("from", clip(m.From)).Msg("Finesse event dropped: it did not come from the notification service")
		return nil
	}
	if m.Type != "" && m.Type != "normal" && m.Type != "headline" {
		return nil
	}
	for _, event := range m.Events {
		for _, items := range event.Items {
			for _, item := range items.Items {
				for _, payload := range item.Payloads {
					if payload.XMLName.Local != "notification" {
						continue
					}
					if err := s.deliverPayload(items.Node, item.ID, payload.Text, received); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// deliverPayload decodes one payload and delivers what it says. A defect in the
// decoding costs that payload, not the stream: the same payload may come again
// over a new stream, and the agent would be logged in again and again.
func (s *Stream) deliverPayload(node, itemID, text string, received time.Time) error {
	var list []Notification
	err := defect.Contain(s.log, "decode", func() (err error) {
		clean, replaced := legal([]byte(text))
		if replaced > 0 && s.cfg.OnRepaired != nil {
			s.log.Debug().Str("node", clip(node)).Int("replaced", replaced).Msg("characters that XML forbids were replaced")
			s.cfg.OnRepaired()
		}
		list, err = s.cfg.decode(clean)
		return err
	})
	if defect.Is(err) {
		err = fmt.Errorf("%w: %w", ErrPayload, err)
	}
	if err != nil {
		s.malformed.Add(1)
		s.log.Warn().Str("node", clip(node)).Msg("Finesse event that cannot be decoded")
		list = []Notification{{Malformed: err}}
	}
	for _, n := range list {
		n.Node, n.ItemID, n.Received = node, itemID, received
		if err := s.deliver(n); err != nil {
			return err
		}
	}
	return nil
}

// deliver hands n to the receiver. It blocks for a while, which makes the
// server's TCP wait, but not without limit.
func (s *Stream) deliver(n Notification) error {
	select {
	case s.c <- n:
		s.delivered.Add(1)
		return nil
	default:
	}
	patience := time.NewTimer(receiverPatience)
	defer patience.Stop()
	select {
	case s.c <- n:
		s.delivered.Add(1)
		return nil
	case <-s.closing:
		return nil
	case <-patience.C:
		return ErrSlowReceiver
	}
}

// handlePresence watches the server's own user: its presence says whether the
// Finesse web application is connected (finesse-api 1.10).
func (s *Stream) handlePresence(t xml.TokenReader, start *xml.StartElement) error {
	var p struct {
		From string `xml:"from,attr"`
		Type string `xml:"type,attr"`
	}
	if err := decodeStanza(t, start, &p); err != nil {
		return err
	}
	from, err := jid.Parse(p.From)
	if err == nil && s.isOther(from) && (p.Type == availablePresence || p.Type == unavailablePresence) {
		return s.deliver(Notification{Other: &OtherResource{Name: clip(from.Resourcepart()), Up: p.Type == availablePresence}, Received: time.Now()})
	}
	if err != nil || from.Localpart() != "finesse" || !strings.EqualFold(from.Domainpart(), s.cfg.Domain) {
		return nil
	}
	if p.Type != availablePresence && p.Type != unavailablePresence {
		return nil
	}
	up := p.Type == availablePresence
	return s.deliver(Notification{Available: &up, Received: time.Now()})
}

// ownResources is how the resources of gcbridge begin: two nodes are connected as the
// same agent while one takes over from the other.
const ownResources = "gcbridge-"

// isOther tells another program that is connected as the same user.
func (s *Stream) isOther(from jid.JID) bool {
	me := s.session.LocalAddr()
	return from.Bare().Equal(me.Bare()) && from.Resourcepart() != "" && from.Resourcepart() != me.Resourcepart() &&
		!strings.HasPrefix(from.Resourcepart(), ownResources)
}

// handleIQ answers the server's pings; the library answers every other
// request with service-unavailable.
func (s *Stream) handleIQ(t xmlstream.TokenReadEncoder, start *xml.StartElement) error {
	var q struct {
		ID   string    `xml:"id,attr"`
		From string    `xml:"from,attr"`
		Type string    `xml:"type,attr"`
		Ping *struct{} `xml:"urn:xmpp:ping ping"`
	}
	if err := decodeStanza(t, start, &q); err != nil {
		return err
	}
	if q.Type != string(stanza.GetIQ) || q.Ping == nil {
		return nil
	}
	answer := stanza.IQ{ID: q.ID, Type: stanza.ResultIQ}
	if q.From != "" {
		to, err := jid.Parse(q.From)
		if err != nil {
			return err
		}
		answer.To = to
	}
	_, err := xmlstream.Copy(t, answer.Wrap(nil))
	return err
}

func isStanzaError(err error) bool {
	var se stanza.Error
	return errors.As(err, &se)
}
