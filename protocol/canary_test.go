package protocol_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol"
)

// TestNoPrintedCommandHoldsItsPassword sends a unique password through every
// command that takes one and looks for it in every printed form.
func TestNoPrintedCommandHoldsItsPassword(t *testing.T) {
	const canary = "c4n4ry-p4ss"
	for jmsType, body := range map[string]string{
		"Connect#1001": "D1," + canary + ",SSO",
		"Login#1001":   canary + ",2001",
	} {
		t.Run(jmsType, func(t *testing.T) {
			c, err := protocol.ParseCommand(jmsType, []byte(body))
			require.NoError(t, err)
			require.Equal(t, canary, c.Secret(protocol.ParamPassword).Reveal())
			require.True(t, c.Secret(protocol.ParamDestination).IsZero())

			holder := struct {
				exported any
				Hidden   protocol.Command
				hidden   protocol.Command
			}{c, c, c}
			var printed bytes.Buffer
			for _, v := range []any{c, &c, holder, &holder, []protocol.Command{c}, map[string]any{"c": c}} {
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
					fmt.Fprintf(&printed, verb+"\n", v)
				}
				j, err := json.Marshal(v)
				require.NoError(t, err)
				printed.Write(j)
				log := zerolog.New(&printed)
				log.Info().Interface("v", v).Any("w", v).Send()
			}
			log := zerolog.New(&printed)
			log.Info().Object("o", c).EmbedObject(c).Stringer("s", c).Send()
			require.NotContains(t, printed.String(), canary)
			require.NotContains(t, printed.String(), fmt.Sprintf("%x", canary))
		})
	}
}

func TestACommandPrintsWhatIsNoSecret(t *testing.T) {
	c, err := protocol.ParseCommand("CONNECT#1001", []byte("D1,pw,SSO"))
	require.NoError(t, err)
	require.Equal(t, "Connect#1001 client_destination=D1 SSO=SSO", c.String())
	require.Equal(t, "protocol.Command{Connect#1001 client_destination=D1 SSO=SSO}", fmt.Sprintf("%#v", c))

	j, err := json.Marshal(c)
	require.NoError(t, err)
	require.JSONEq(t, `{"word":"Connect","id":"1001","args":{"client_destination":"D1","SSO":"SSO"}}`, string(j))

	var b bytes.Buffer
	log := zerolog.New(&b)
	log.Info().EmbedObject(c).Send()
	require.JSONEq(t, `{"level":"info","word":"Connect","id":"1001","client_destination":"D1","SSO":"SSO"}`, b.String())

	unknown, err := protocol.ParseCommand("Dance#1001", nil)
	require.Error(t, err)
	require.Equal(t, "Dance#1001", unknown.String())
}
