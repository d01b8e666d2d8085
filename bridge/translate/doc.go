// Package translate turns what Finesse tells of one agent into what the agent's
// clients are told. It is pure: a [View] is a value, every method returns a new
// one together with the outputs to publish, and time comes in with the
// notifications.
//
// # The model
//
// A View holds the agent (the [finesse.User] as merged from partial events),
// their live dialogs, a short memory of those that ended, and for each dialog
// what the client was told last.
//
//   - A User event is merged. A State goes out if state, reason, pending state
//     or extension differ from the last State [M7].
//   - A dialog is looked at from the agent's participant P, the party at their
//     extension. As long as the extension is not known, a dialog is kept and
//     nothing is told of it; the User event that brings the extension tells it.
//   - The first look decides the dialog's class [M1]: call, consult, outbound or
//     preview. The class decides which message carries it [M4] and how it is
//     announced [M3].
//   - Each further look is rendered in the client's dialect and published if
//     the text differs from the last one [M5]. Looks that are older than the
//     last one, by stateChangeTime, are dropped.
//   - DELETE, or P DROPPED, is the end [M6]: one last message, and the dialog
//     is forgotten except for its id and times, so that late events do not revive it.
//   - After a gap, Resync puts what GET User and GET Dialogs answered in the
//     place of what was known and tells the difference [M8].
//
// Finesse orders the events of one node, never User against Dialog events:
// nothing here waits for the other kind, except for the extension.
//
// # Files
//
// view.go the value and its readers, state.go the agent, dialogs.go a dialog's
// way from first look to end, classify.go its class and announcement, consult.go
// what ties a consultation to its call, call.go the message, order.go old and
// new, resync.go gaps, status.go O-014 and O-024, errors.go [E1].
package translate
