package gateway

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/telemetry"
	"gcbridge/protocol"
)

// ordinary is a well-formed command of an agent of this node.
func ordinary() Facts {
	return Facts{Word: protocol.MakeReady, Serving: true, Place: Here}
}

// cases has a row for each rule, by its name: what is special about the command,
// and what becomes of it.
var cases = []struct {
	rule string
	set  func(f *Facts)
	want Verdict
}{
	{"expired [C4]", func(f *Facts) { f.Expired = true }, Verdict{Do: Drop, Counts: telemetry.CommandsExpired, Counted: true}},
	{"names nobody [C8]", func(f *Facts) { f.Bad, f.BadReject, f.Nameless = true, true, true }, Verdict{Do: Reject}},
	{"bad word of a destination [C8]", func(f *Facts) { f.Word, f.ByDestination, f.Bad = protocol.Hello, true, true }, Verdict{Do: Reject}},
	{"bad word of a destination [C8]", func(f *Facts) { f.Word, f.ByDestination, f.Unusable = protocol.Beat, true, true }, Verdict{Do: Reject}},
	{"Hello [C6]", func(f *Facts) { f.Word, f.ByDestination = protocol.Hello, true }, Verdict{Do: Hello}},
	{"Hello [C6]", func(f *Facts) { f.Word, f.ByDestination, f.TooOld, f.Serving = protocol.Hello, true, true, false }, Verdict{Do: Hello}},
	{"Beat [C6]", func(f *Facts) { f.Word, f.ByDestination = protocol.Beat, true }, Verdict{Do: Beat}},
	{"Connect to what cannot be used, and no JMSReplyTo [C8]", func(f *Facts) { f.Word, f.Unusable = protocol.Connect, true }, Verdict{Do: Reject}},
	{"Connect to what cannot be used [C8]", func(f *Facts) { f.Word, f.Unusable, f.HasReplyTo = protocol.Connect, true, true }, Verdict{Do: RefuseName, Copy: true}},
	{"Connect", func(f *Facts) { f.Word, f.Place = protocol.Connect, Nowhere }, Verdict{Do: Connect}},
	{"Connect", func(f *Facts) { f.Word, f.Place, f.Behind = protocol.Connect, Elsewhere, true }, Verdict{Do: Connect}},
	{"cannot be answered [C8]", func(f *Facts) { f.Bad, f.BadReject, f.BadCode = true, true, protocol.ErrPleaseRetry }, Verdict{Do: Reject}},
	{"cannot be answered [C8]", func(f *Facts) { f.Bad, f.Answerable = true, true }, Verdict{Do: Reject}},
	{"earlier ones wait", func(f *Facts) { f.Behind = true }, Verdict{Do: Wait}},
	{"earlier ones wait", func(f *Facts) { f.Behind, f.TooOld = true, true }, Verdict{Do: Wait}},
	{"too old [C4]", func(f *Facts) { f.TooOld = true }, Verdict{Do: Refuse, Code: protocol.ErrPleaseRetry, Counts: telemetry.CommandsTooOld, Counted: true}},
	{"too old [C4]", func(f *Facts) { f.Word, f.TooOld = protocol.Connect, true }, Verdict{Do: Refuse, Code: protocol.ErrPleaseRetry, Counts: telemetry.CommandsTooOld, Counted: true}},
	{"no Finesse [C7]", func(f *Facts) { f.Serving = false }, Verdict{Do: Refuse, Code: protocol.ErrFinesseUnavailable}},
	{"no Finesse [C7]", func(f *Facts) { f.Word, f.Serving = protocol.Connect, false }, Verdict{Do: Refuse, Code: protocol.ErrFinesseUnavailable}},
	{"no Finesse [C7]", func(f *Facts) { f.Serving, f.Place = false, Elsewhere }, Verdict{Do: Refuse, Code: protocol.ErrFinesseUnavailable}},
	{"bad Connect [C10]", func(f *Facts) { f.Word, f.Bad, f.BadCode = protocol.Connect, true, protocol.ErrMissingPassword }, Verdict{Do: Refuse, Code: protocol.ErrMissingPassword}},
	{"a supervisor's, for a member who is not here [C15]", func(f *Facts) { f.Place, f.Supervisor = Nowhere, true }, Verdict{Do: OfferOther}},
	{"a supervisor's, for a member who is not here [C15]", func(f *Facts) { f.Place, f.Supervisor, f.Overtaken = Elsewhere, true, true }, Verdict{Do: OfferOther}},
	{"overtaken, for an agent of another node [C24]", func(f *Facts) { f.Place, f.Overtaken = Elsewhere, true }, Verdict{Do: Refuse, Code: protocol.ErrPleaseRetry, Counts: telemetry.CommandsOvertaken, Counted: true}},
	{"for an agent of another node", func(f *Facts) { f.Place = Elsewhere }, Verdict{Do: Fetch}},
	{"for an agent of another node", func(f *Facts) { f.Place, f.Supervisor = Elsewhere, true }, Verdict{Do: Fetch}},
	{"for an agent of another node", func(f *Facts) { f.Place, f.Overtaken, f.Asks = Elsewhere, true, true }, Verdict{Do: Fetch}},
	{"for an agent of another node", func(f *Facts) { f.Place, f.Overtaken, f.Once = Elsewhere, true, true }, Verdict{Do: Fetch}},
	{"for an agent of another node", func(f *Facts) {
		f.Place, f.Overtaken, f.Bad, f.BadCode = Elsewhere, true, true, protocol.ErrMissingNumber
	}, Verdict{Do: Fetch}},
	{"for an agent who may be on the way", func(f *Facts) { f.Place, f.Settling = Nowhere, true }, Verdict{Do: Await, Counts: telemetry.CommandsAwaitingNewcomers, Counted: true}},
	{"for an agent whom nobody has [C5]", func(f *Facts) { f.Place = Nowhere }, Verdict{Do: ReLogin}},
	{"for an agent whom nobody has [C5]", func(f *Facts) { f.Place, f.Settling, f.Waited = Nowhere, true, true }, Verdict{Do: ReLogin}},
	{"for an agent whom nobody has [C5]", func(f *Facts) { f.Place, f.Settling, f.Bad, f.BadCode = Nowhere, true, true, protocol.ErrMissingNumber }, Verdict{Do: ReLogin}},
	{"for an agent of this node", func(*Facts) {}, Verdict{Do: Offer}},
	{"for an agent of this node", func(f *Facts) { f.Settling, f.Overtaken = true, true }, Verdict{Do: Offer}},
	{"for an agent of this node", func(f *Facts) { f.Bad, f.BadCode = true, protocol.ErrMissingNumber }, Verdict{Do: Offer}},
	{"for an agent of this node", func(f *Facts) {
		f.Bad, f.BadReject, f.BadCode, f.Answerable = true, true, protocol.ErrPleaseRetry, true
	}, Verdict{Do: Offer, Copy: true}},
}

func TestDecide(t *testing.T) {
	for _, tc := range cases {
		f := ordinary()
		tc.set(&f)
		require.Equal(t, tc.want, Decide(f), "%s: %+v", tc.rule, f)
		for _, r := range rules {
			if r.holds(f) {
				require.Equal(t, tc.rule, r.name, "the rule that decides")
				break
			}
		}
	}
}

func TestEveryRuleHasACase(t *testing.T) {
	shown := map[string]bool{}
	for _, tc := range cases {
		shown[tc.rule] = true
	}
	for _, r := range rules {
		require.True(t, shown[r.name], r.name)
	}
}

// TestCopies: people get a copy of what is answered, not of what waits: that is
// decided again.
func TestCopies(t *testing.T) {
	f := ordinary()
	f.Bad, f.BadReject, f.BadCode, f.Answerable = true, true, protocol.ErrPleaseRetry, true
	f.Behind = true
	require.Equal(t, Verdict{Do: Wait}, Decide(f))
	f.Behind, f.Place = false, Nowhere
	require.Equal(t, Verdict{Do: ReLogin, Copy: true}, Decide(f))
	f.Expired = true
	require.False(t, Decide(f).Copy)
}

func TestEveryActionIsCarriedOut(t *testing.T) {
	table := acts()
	for a := Drop; a <= Await; a++ {
		require.Contains(t, table, a)
	}
}
