// Package translate turns what Finesse says into what clients are told. It is
// pure: a [View] is a value, time comes in with the notifications.
package translate

// CONTRACT SKELETON: signatures that other packages build against. The
// implementation moves these into files of their own and deletes this file.

import (
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// View is everything translation knows of one agent. Copying is cheap;
// methods never change the receiver.
type View struct {
	// unexported: agent id, dialect, user as merged, dialogs with class,
	// last rendered content, last published state key, info sent or not
}

// New is the view of an agent nothing is known of yet.
func New(agent string, d protocol.Dialect) View { panic("contract") }

// WithDialect is v speaking another dialect (the client reconnected in another format).
func (v View) WithDialect(d protocol.Dialect) View { panic("contract") }

// User is the agent as last known.
func (v View) User() finesse.User { panic("contract") }

// Dialogs are the agent's live dialogs, oldest first.
func (v View) Dialogs() []finesse.Dialog { panic("contract") }

// Dialog finds a live dialog.
func (v View) Dialog(id string) (finesse.Dialog, bool) { panic("contract") }

// Apply takes one User or Dialog notification and returns the outputs to
// publish, in order (M1-M7). A notification of another kind changes nothing.
// Errors notifications are not its business: see ErrorFor.
func (v View) Apply(n finesse.Notification) (View, []protocol.Output) { panic("contract") }

// Cause is why a Resync happens.
type Cause int

// The causes.
const (
	// AfterLogin publishes AgentInfo (once per view), TeamIDs and TeamNames
	// for supervisors, State, DialogStatus.
	AfterLogin Cause = iota
	// AfterGap: DialogStatus, State, then what changed meanwhile: vanished
	// dialogs end, unknown ones are announced (M8).
	AfterGap
	// TakeOver: DialogStatus, State; the dialogs are taken over silently,
	// but one that rings is announced (M8).
	TakeOver
	// OnRequest: State, DialogStatus even if nothing changed (C17), and what changed.
	OnRequest
)

// Resync replaces what is known by what GET User and GET Dialogs answered.
func (v View) Resync(u finesse.User, ds []finesse.Dialog, c Cause) (View, []protocol.Output) {
	panic("contract")
}

// State is the agent's O-001 as of now, for GetState.
func (v View) State() protocol.State { panic("contract") }

// DialogStatus is the agent's O-024 as of now.
func (v View) DialogStatus() protocol.DialogStatus { panic("contract") }

// DialogState answers getdialogstate for id (NOT_FOUND if it is not live).
func (v View) DialogState(id string) protocol.DialogState { panic("contract") }

// ErrorFor maps Finesse's asynchronous or REST errors to the wire code [E1].
// login selects GENERAL_ERROR as the fallback instead of GENERIC_ERROR.
func ErrorFor(errs []finesse.APIError, login bool) protocol.ErrorCode { panic("contract") }

// ErrorForREST maps a failed REST call [E1]; dialog says that the request
// named a dialog (404 is NO_DIALOG_ID then, else USER_NOT_FOUND).
func ErrorForREST(err error, login, dialog bool) protocol.ErrorCode { panic("contract") }
