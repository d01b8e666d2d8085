package translate

import (
	"cmp"
	"slices"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// partnerOf is the id of the agent's call that d, in place i, would consult
// about: the one that associatedDialogUri names if it is their own, else the
// youngest earlier one that they hold. One that is still ACTIVE counts, as the
// hold and the new dialog come as two events; a reservation does not, as the
// dialer's call follows it without any hold.
func (v View) partnerOf(d finesse.Dialog, i int) string {
	if j := v.find(d.AssociatedDialog); j >= 0 && j != i {
		return d.AssociatedDialog
	}
	for _, c := range slices.Backward(v.calls[:i]) {
		p, ok := c.dialog.Participant(v.extension)
		waits := p.State == held || p.State == active && c.class != preview
		if ok && waits {
			return c.dialog.ID
		}
	}
	return ""
}

// ungroup turns a consult that survived a conference or transfer into a call:
// the ConsultCall ends, and an InboundCall goes on under the same id [M4].
func (v View) ungroup(c call) (call, []protocol.Output) {
	if c.class != consult || !v.survived(c) {
		return c, nil
	}
	_, outs := v.report(c, dropped, !c.told)
	c.class, c.partner, c.announced, c.last = plain, "", true, rendered{}
	return c, outs
}

// merged are the call types of a call that others were joined to.
var merged = map[string]bool{"CONFERENCE": true, "TRANSFER": true}

// survived reports that the consult is now the call itself: Finesse writes
// the id of the dialog it swallowed into secondaryId; without that, its type
// says so and the other call is gone.
func (v View) survived(c call) bool {
	d := c.dialog
	if d.SecondaryID != "" && d.SecondaryID == c.partner {
		return true
	}
	return merged[d.CallType] && v.find(c.partner) < 0
}

// associated is the id told as associatedDialogId (prevDialogId in 4.4): what
// Finesse names, the call a consult is about, or the dialog that a transfer
// ended in favour of this one. A conference tells none, as in the original.
func (c call) associated() string {
	id := cmp.Or(c.dialog.AssociatedDialog, c.partner)
	if id == "" && c.dialog.CallType == "TRANSFER" {
		id = c.dialog.SecondaryID
	}
	if id == c.dialog.ID {
		return ""
	}
	return id
}
