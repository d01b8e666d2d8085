package translate

import (
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// message is what every call message is made of.
func (v View) message(c call, state string) protocol.Call {
	d := c.dialog
	m := protocol.Call{
		Addressee:        v.addressee(),
		DialogID:         d.ID,
		State:            state,
		From:             d.From,
		ANI:              ani(d, v.extension),
		To:               d.To,
		Variables:        variables(d),
		Start:            c.start,
		AssociatedDialog: c.associated(),
		Participants:     participants(d),
		CallType:         d.CallType,
		QueueName:        d.QueueName,
	}
	if state == failed {
		m.FailureCause = failureCause(d, v.extension)
	}
	return m
}

// ani is the caller's number: fromAddress, as in every message known of the
// original. The dialer calls in the agent's name, so for its calls it is the
// first party that is no agent's device, and while there is none (CCX lists
// the customer late) the dialled number. Finesse clients take the first party
// that is no agent's device on CCE in general; that is the same number on a
// call that comes in, and the called one on a call that goes out.
func ani(d finesse.Dialog, extension string) string {
	own := d.From == extension && dialerType(d.CallType)
	if d.From != "" && !own {
		return d.From
	}
	for _, p := range d.Participants {
		if p.AddressType != "AGENT_DEVICE" && p.Address != "" && p.Address != extension {
			return p.Address
		}
	}
	if d.DialedNumber != "" {
		return d.DialedNumber
	}
	return d.From
}

// failureCause is P's, else that of the party that failed.
func failureCause(d finesse.Dialog, extension string) string {
	if p, ok := d.Participant(extension); ok && p.StateCause != "" {
		return p.StateCause
	}
	for _, p := range d.Participants {
		if p.State == failed && p.StateCause != "" {
			return p.StateCause
		}
	}
	return ""
}

func variables(d finesse.Dialog) []protocol.Variable {
	vs := make([]protocol.Variable, len(d.Variables))
	for i, x := range d.Variables {
		vs[i] = protocol.Variable(x)
	}
	return vs
}

func participants(d finesse.Dialog) []protocol.Participant {
	ps := make([]protocol.Participant, len(d.Participants))
	for i, p := range d.Participants {
		ps[i] = protocol.Participant{
			Address:     p.Address,
			State:       p.State,
			AddressType: p.AddressType,
			StateCause:  p.StateCause,
			ChangedAt:   p.StateChangeTime,
		}
	}
	return ps
}
