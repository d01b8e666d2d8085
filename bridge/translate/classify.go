package translate

import (
	"slices"
	"strings"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// class is what a dialog is to the agent [M1].
type class int

const (
	unclassified class = iota
	plain              // an ordinary call, in or out
	consult            // the agent's own consultation
	outbound           // made by the dialer
	preview            // a reservation the agent may accept
)

// messages are how dialogs of a class are told: by the message of their state
// [M4], and by the announcement of their arrival, nil if they have none [M3].
var messages = map[class]struct {
	state        func(protocol.Call) protocol.Output
	announcement func(protocol.Call) protocol.Output
}{
	plain:    {state: inboundCall, announcement: newInboundCall},
	consult:  {state: consultCall},
	outbound: {state: inboundCall, announcement: newOutboundCall},
	preview:  {state: inboundCall, announcement: newOutboundPreviewCall},
}

func inboundCall(c protocol.Call) protocol.Output     { return protocol.InboundCall{Call: c} }
func consultCall(c protocol.Call) protocol.Output     { return protocol.ConsultCall{Call: c} }
func newInboundCall(c protocol.Call) protocol.Output  { return protocol.NewInboundCall{Call: c} }
func newOutboundCall(c protocol.Call) protocol.Output { return protocol.NewOutboundCall{Call: c} }
func newOutboundPreviewCall(c protocol.Call) protocol.Output {
	return protocol.NewOutboundPreviewCall{Call: c}
}

// look is what the classification of a dialog goes by.
type look struct {
	dialog    finesse.Dialog
	p         finesse.Participant // zero if the agent is not among the parties
	extension string
	partner   string             // the agent's own call a consult would belong to
	state     finesse.AgentState // the agent's
}

type rule struct {
	class class
	holds func(look) bool
}

// rules are tried in this order; the last one always holds [M1].
var rules = []rule{
	{consult, look.consult},
	{preview, look.preview},
	{outbound, look.outbound},
	{plain, func(look) bool { return true }},
}

// classify gives the dialog in place i its class at the first look; ok is
// false if this look is held back. The class stays, with one exception: a
// first look that did not show the dialer may become outbound or
// preview, because the dialer sends a bare packet first (M3; on CCX a
// reservation that cannot be accepted yet).
func (v View) classify(c call, i int) (_ call, ok bool) {
	if c.class != unclassified && !c.open {
		return c, true
	}
	l := v.look(c.dialog, i)
	if c.class == unclassified {
		if !c.withheld && l.dialerProbe() {
			c.withheld = true
			return c, false
		}
		c.class = decide(l)
		if c.class == consult {
			c.partner = l.partner
		}
	} else if k := decide(l); k != c.class && (k == outbound || k == preview) {
		c.class, c.announced = k, false
	}
	c.open = l.incomplete(c.class)
	return c, true
}

func decide(l look) class {
	return rules[slices.IndexFunc(rules, func(r rule) bool { return r.holds(l) })].class
}

func (v View) look(d finesse.Dialog, i int) look {
	p, _ := d.Participant(v.extension)
	return look{
		dialog: d, p: p, extension: v.extension,
		partner: v.partnerOf(d, i), state: v.user.State,
	}
}

// consult: the agent dialled it while another of their calls waits.
func (l look) consult() bool {
	return l.partner != "" && l.dialled() && !l.dialer()
}

// preview: a reservation that the agent may accept.
func (l look) preview() bool {
	return l.previewType() && slices.Contains(l.p.Actions, "ACCEPT")
}

func (l look) outbound() bool { return l.dialer() }

func (l look) dialer() bool { return dialerType(l.dialog.CallType) }

func (l look) previewType() bool {
	return l.dialer() && strings.Contains(l.dialog.CallType, "PREVIEW")
}

// dialerType reports a call type of the dialer: OUTBOUND, OUTBOUND_PREVIEW,
// OUTBOUND_CALLBACK_PREVIEW, OUTBOUND_DIRECT_PREVIEW.
func dialerType(callType string) bool { return strings.HasPrefix(callType, "OUTBOUND") }

// dialled reports that the agent is the calling party: the call is from
// their extension, or they are the first party and have not finished dialling. Being
// the first party alone says little: a called agent is listed first as well.
func (l look) dialled() bool {
	switch {
	case l.p.State == alerting:
		return false
	case l.dialog.From == l.extension:
		return true
	}
	first := len(l.dialog.Participants) > 0 && l.dialog.Participants[0].Address == l.extension
	return first && (l.p.State == initiating || l.p.State == initiated)
}

// bare reports a packet as the dialer sends it first [M3] [O-028].
func (l look) bare() bool {
	return l.dialog.CallType == "OTHER_IN" && l.dialog.DialedNumber == ""
}

// dialerProbe reports the packet to hold back. Only an agent who is being
// reserved gets one; to any other agent a bare packet is a call that rings, and
// a ring is never held back.
func (l look) dialerProbe() bool {
	switch l.state {
	case finesse.StateReserved, finesse.StateReservedOut, finesse.StateReservedPreview:
		return l.bare()
	}
	return false
}

// incomplete reports that a later look may show the class k to be another.
func (l look) incomplete(k class) bool {
	switch k {
	case plain:
		return l.bare() && l.p.State == alerting
	case outbound:
		return l.previewType()
	}
	return false
}
