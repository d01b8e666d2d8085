package connectorsync

import "gcbridge/protocol/errclass"

// Reason says why a message was not used. It is a metric label.
type Reason string

// Reasons of [Codec.Decode].
const (
	ReasonOversized   Reason = "oversized"    // longer than MaxBody
	ReasonUnknownKind Reason = "unknown_kind" // of a later version, or not for us
	ReasonVersion     Reason = "version"      // another major version
	ReasonMalformed   Reason = "malformed"    //
	ReasonUnsealed    Reason = "unsealed"     // we have a key, the sender used none
	ReasonSealed      Reason = "sealed"       // the sender has a key, we have none
	ReasonForged      Reason = "forged"       // another key, or changed on the way
	ReasonPlaintext   Reason = "plaintext"    // O-025 in clear without GC_SYNC_PLAINTEXT
	ReasonRedundant   Reason = "redundant"    // O-025 in clear of a node that sends contexts
)

// Reasons of [State.Apply], in an [Ignored].
const (
	ReasonEcho     Reason = "echo"      // our own
	ReasonTwin     Reason = "twin"      // another node uses our GC_NODE_ID
	ReasonStale    Reason = "stale"     // sent too long ago, or by a clock too far from ours
	ReasonOldBoot  Reason = "old_boot"  // from before its sender was restarted
	ReasonReplayed Reason = "replayed"  // seen before
	ReasonFull     Reason = "full"      // a bound of ours was reached
	ReasonOutdated Reason = "out_dated" // overtaken by what is known already
	ReasonExpired  Reason = "expired"   // of the memory: kept for long enough
)

// RefusedError is a body that Decode does not accept. It holds nothing of the body.
type RefusedError struct {
	Reason Reason
	Err    error // may be nil
}

// Error implements error.
func (e *RefusedError) Error() string {
	s := "connectorsync: message refused: " + string(e.Reason)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }

// ErrorClass implements [errclass.Classified].
func (e *RefusedError) ErrorClass() errclass.Class { return errclass.Client }

func refuse(r Reason, err error) error { return &RefusedError{Reason: r, Err: err} }
