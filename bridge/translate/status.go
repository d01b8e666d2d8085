package translate

import "gcbridge/protocol"

// notFound is the state of a dialog that the agent does not have [O-014].
const notFound = "NOT_FOUND"

// DialogStatus is the agent's O-024 as of now: their call, and the consultation
// or second call that goes with it.
func (v View) DialogStatus() protocol.DialogStatus {
	st := protocol.DialogStatus{Addressee: v.addressee()}
	if i := v.main(); i >= 0 {
		st.Dialog = v.brief(i)
		if j := v.companion(i); j >= 0 {
			st.Associated = v.brief(j)
		}
	}
	return st
}

// DialogState answers getdialogstate for id (NOT_FOUND if it is not live).
func (v View) DialogState(id string) protocol.DialogState {
	st := protocol.DialogState{
		Addressee: v.addressee(),
		Dialog:    protocol.DialogBrief{ID: id, State: notFound},
	}
	if i := v.find(id); i >= 0 {
		st.Dialog = v.brief(i)
		if j := v.companion(i); j >= 0 {
			st.Associated = v.brief(j)
		}
	}
	return st
}

// main is the place of the oldest dialog that is no consult, else of the
// oldest; -1 if there is none.
func (v View) main() int {
	for i, c := range v.calls {
		if c.class != consult {
			return i
		}
	}
	if len(v.calls) == 0 {
		return -1
	}
	return 0
}

// companion is the place of the dialog that goes with the one in place i: the
// call of a consult, the consult about a call, what Finesse associates, else
// the oldest other; -1 if there is none.
func (v View) companion(i int) int {
	if j := v.find(v.calls[i].associated()); j >= 0 {
		return j
	}
	other := -1
	for j, c := range v.calls {
		switch {
		case j == i:
		case c.associated() == v.calls[i].dialog.ID:
			return j
		case other < 0:
			other = j
		}
	}
	return other
}

func (v View) brief(i int) protocol.DialogBrief {
	c := v.calls[i]
	p, _ := c.dialog.Participant(v.extension)
	return protocol.DialogBrief{
		ID:        c.dialog.ID,
		State:     published(c, p),
		From:      c.dialog.From,
		ANI:       ani(c.dialog, v.extension),
		Variables: variables(c.dialog),
		CallType:  c.dialog.CallType,
	}
}
