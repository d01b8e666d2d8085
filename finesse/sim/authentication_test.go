package sim_test

import (
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/finesse/sim"
	"gcbridge/protocol/secret"
)

// TestSingleSignOn has a row per mode: who is let in with what, on REST and
// on XMPP.
func TestSingleSignOn(t *testing.T) {
	for mode, want := range map[string]struct{ password, token bool }{
		"NON_SSO": {password: true},
		"SSO":     {token: true},
		"HYBRID":  {password: true, token: true},
	} {
		t.Run(mode, func(t *testing.T) {
			s := sim.Start(t, sim.WithConfig(func(c *sim.Config) { c.AuthMode = mode }))
			c := newClient(t, s)
			withToken := finesse.Credentials{User: "1001", Password: secret.New(s.Token("1001")), Bearer: true}
			for _, row := range []struct {
				cred finesse.Credentials
				ok   bool
			}{
				{credentials("1001"), want.password},
				{withToken, want.token},
				{finesse.Credentials{User: "1001", Password: secret.New("wrong"), Bearer: true}, false},
			} {
				cred, ok := row.cred, row.ok
				_, err := c.User(t.Context(), cred, "1001")
				require.Equal(t, ok, err == nil, "REST, bearer %v: %v", cred.Bearer, err)
				stream, err := finesse.Connect(t.Context(), finesse.StreamConfig{
					Addr: s.XMPPAddr(), Domain: s.Domain(), PubSub: s.PubSub(), TLSMode: "none", Cred: cred, Resource: "r", Log: zerolog.Nop(),
				})
				require.Equal(t, ok, err == nil, "XMPP, bearer %v: %v", cred.Bearer, err)
				if err == nil {
					require.NoError(t, stream.Close())
				}
			}
			_, err := c.Users(t.Context(), credentials("admin"))
			require.NoError(t, err, "the administrator has a password in every mode")
		})
	}
	_, err := sim.New(sim.Config{AuthMode: "TRUST"})
	require.ErrorContains(t, err, "TRUST")
	require.Empty(t, sim.Start(t).Token("7"))
}
