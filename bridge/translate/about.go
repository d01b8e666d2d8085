package translate

import "gcbridge/protocol"

// DialogOf is the dialog that a message about a call is about; ok is false for
// other messages.
func DialogOf(o protocol.Output) (id string, ok bool) {
	c, ok := o.(interface{ Dialog() string })
	if !ok {
		return "", false
	}
	return c.Dialog(), true
}

// Calls is how many live dialogs the agent has.
func (v View) Calls() int { return len(v.calls) }
