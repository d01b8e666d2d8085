package translate

import (
	"slices"
	"strings"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// controlled are the actions that an O-017 tells of; an action's place is its
// index on the wire [C22].
var controlled = []string{
	finesse.ActionAnswer, finesse.ActionHold, finesse.ActionRetrieve, finesse.ActionDrop, finesse.ActionConsultCall,
	finesse.ActionTransfer, finesse.ActionConference, finesse.ActionTransferSST, finesse.ActionSendDTMF, finesse.ActionUpdateCallData,
}

// Controls answers getdialogstatecontrols: the dialog's state and what the
// agent may do with it now [O-015] [O-017] [C22]. ok is false for a dialog
// that is not live.
func (v View) Controls(id string) (state protocol.DialogStateControls, controls protocol.Controls, ok bool) {
	i := v.find(id)
	if i < 0 {
		return state, controls, false
	}
	b := v.brief(i)
	state = protocol.DialogStateControls{Addressee: v.addressee(), DialogType: b.CallType, DialogID: b.ID, State: b.State}
	return state, v.controls(v.calls[i].dialog), true
}

// controls is the O-017 of a dialog; the zero Dialog allows nothing.
func (v View) controls(d finesse.Dialog) protocol.Controls {
	p, _ := d.Participant(v.extension)
	c := protocol.Controls{Addressee: v.addressee(), Controls: make([]protocol.Control, len(controlled))}
	for i, action := range controlled {
		c.Controls[i] = protocol.Control{Index: i, Visible: slices.Contains(p.Actions, action)}
	}
	return c
}

// ControlsSince is an O-017 for every dialog whose controls are not what they
// were in was, and one that allows nothing when the last dialog has ended.
func (v View) ControlsSince(was View) []protocol.Output {
	var outs []protocol.Output
	for _, c := range v.calls {
		now := v.controls(c.dialog)
		if i := was.find(c.dialog.ID); i >= 0 && slices.Equal(was.controls(was.calls[i].dialog).Controls, now.Controls) {
			continue
		}
		outs = append(outs, now)
	}
	if len(v.calls) == 0 && len(was.calls) > 0 {
		outs = append(outs, v.controls(finesse.Dialog{}))
	}
	return outs
}

// Participants answers getDialogParticipants [O-022]; ok is false for a
// dialog that is not live. Parties that have left are not listed.
func (v View) Participants(id string) (ps protocol.ConferenceParticipants, ok bool) {
	i := v.find(id)
	if i < 0 {
		return ps, false
	}
	ps.Addressee = v.addressee()
	for _, p := range v.calls[i].dialog.Participants {
		if p.State != dropped {
			ps.Extensions = append(ps.Extensions, p.Address)
		}
	}
	return ps, true
}

// Held is the dialog that the agent holds: the named one if they hold that,
// else the one they consult about, else the oldest [C13]; ok is false if they
// hold none.
func (v View) Held(named string) (id string, ok bool) {
	var holds []string
	for _, c := range v.calls {
		if p, _ := c.dialog.Participant(v.extension); p.State == held {
			holds = append(holds, c.dialog.ID)
		}
	}
	if len(holds) == 0 || slices.Contains(holds, named) {
		return named, len(holds) > 0
	}
	for _, c := range v.calls {
		if c.class == consult && slices.Contains(holds, c.partner) {
			return c.partner, true
		}
	}
	return holds[0], true
}

// Active is the dialog in which the agent speaks, the youngest if there are
// several; ok is false if there is none.
func (v View) Active() (id string, ok bool) {
	for _, c := range slices.Backward(v.calls) {
		if p, _ := c.dialog.Participant(v.extension); p.State == active {
			return c.dialog.ID, true
		}
	}
	return "", false
}

// Monitoring is the dialog in which a supervisor listens to an agent: the
// named one if it is such a dialog, else the youngest that is, else the named
// one if it is live at all, as releases differ in the call type [C14].
func (v View) Monitoring(named string) (d finesse.Dialog, ok bool) {
	listens := func(d finesse.Dialog) bool { return strings.Contains(d.CallType, "MONITOR") }
	if d, ok = v.Dialog(named); ok && listens(d) {
		return d, true
	}
	for _, c := range slices.Backward(v.calls) {
		if listens(c.dialog) {
			return c.dialog, true
		}
	}
	return d, ok
}
