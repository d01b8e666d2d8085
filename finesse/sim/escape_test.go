package sim_test

import (
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/finesse/sim"
	"gcbridge/protocol/errclass"
	"gcbridge/test/wait"
)

// TestLoginIDThatIsNoLocalPart: XEP-0106, from SASL to the agent's own node.
func TestLoginIDThatIsNoLocalPart(t *testing.T) {
	const id = "ann lee@corp.example"
	s := sim.Start(t, sim.WithScenario("teams:\n  - {id: \"1\", name: T}\nagents:\n  - {id: \""+id+"\", extension: \"2001\", team: \"1\"}\n"))
	connect := func(user string) (*finesse.Stream, error) {
		return finesse.Connect(t.Context(), finesse.StreamConfig{
			Addr: s.XMPPAddr(), Domain: s.Domain(), PubSub: s.PubSub(), TLSMode: "none", Cred: credentials(user), Resource: "r", Log: zerolog.Nop(),
		})
	}
	stream, err := connect(id)
	require.NoError(t, err)
	require.NoError(t, newClient(t, s).SetState(t.Context(), credentials(id), id, finesse.StateChange{State: finesse.StateLogin, Extension: "2001"}, "r1"))
	for n := wait.For(t, stream.C(), "the agent's event"); n.User == nil; n = wait.For(t, stream.C(), "the agent's event") {
	}
	require.NoError(t, stream.Close())

	for _, user := range []string{"a\x01b", "\u2028"} {
		_, err = connect(user)
		require.ErrorIs(t, err, finesse.ErrLoginID)
		require.Equal(t, errclass.Client, errclass.Of(err))
	}
}
