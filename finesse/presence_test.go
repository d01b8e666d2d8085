package finesse_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
)

// TestOtherResources: another program that is connected as the agent is told, and
// neither this connection, nor one of another node, nor another agent's.
func TestOtherResources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := finesse.Connect(t.Context(), script(t, func(s *scriptedServer) {
			s.login()
			s.send("<presence from='%s'/>", fullJID)
			s.send("<presence from='1001@fin.example.com/gcbridge-b'/>")
			s.send("<presence from='1002@fin.example.com/desktop'/>")
			s.send("<presence from='1001@fin.example.com'/>")
			s.send("<presence from='1001@fin.example.com/desktop' type='subscribe'/>")
			s.send("<presence from='1001@fin.example.com/desktop'/>")
			s.send("<presence from='1001@fin.example.com/desktop' type='unavailable'/>")
			s.send(" </stream:stream>")
			s.untilEnd()
		}))
		require.NoError(t, err)
		var told []finesse.OtherResource
		for n := range s.C() {
			require.NotNil(t, n.Other)
			told = append(told, *n.Other)
		}
		require.Equal(t, []finesse.OtherResource{{Name: "desktop", Up: true}, {Name: "desktop"}}, told)
		require.NoError(t, s.Close())
	})
}
