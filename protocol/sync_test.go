package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

func TestAgentSyncComesBackAsItWent(t *testing.T) {
	want := protocol.AgentSync{Agent: "1001", Password: secret.New("v1:a+/b=="), Extension: "2001", SubscriptionTime: time.UnixMilli(1568724381123)}
	for _, d := range dialects(t) {
		e, ok := protocol.Encode(want, d)
		require.True(t, ok)
		require.Equal(t, "AgentState#1001#v1:a+/b==#2001#1568724381123", e.Body)
		got, err := protocol.ParseAgentSync(e.Body, nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.NotContains(t, fmt.Sprintf("%+v %#v", want, want), "a+/b")
}

func TestAgentSyncReadsAPrintedTime(t *testing.T) {
	got, err := protocol.ParseAgentSync("AgentState#1001#pw#2001#2019-09-17 12:46:21", time.UTC)
	require.NoError(t, err)
	require.Equal(t, time.Date(2019, 9, 17, 12, 46, 21, 0, time.UTC), got.SubscriptionTime)
	require.Equal(t, "pw", got.Password.Reveal())
}

func TestAgentSyncRefusesWhatItCannotCarry(t *testing.T) {
	for _, password := range []string{"a#b", "a\nb", "a\x00"} {
		_, ok := protocol.Encode(protocol.AgentSync{Agent: "1001", Password: secret.New(password)}, dialect(t, "4.4", "DEFAULT"))
		require.False(t, ok)
	}
	for _, body := range []string{
		"", "AgentState", "Heartbeat#a#b#c#1", "AgentState#1001#pw#2001", "AgentState#1001#p#w#2001#1", "AgentState##pw#2001#1",
		"AgentState#1001#pw#2001#soon", "AgentState#1001#pw#2001#", "AgentState#1001#p\x00w#2001#1", "AgentState#1001#pw#2001#1\n",
	} {
		got, err := protocol.ParseAgentSync(body, nil)
		require.ErrorIs(t, err, protocol.ErrNotAgentSync, "%q", body)
		require.NotContains(t, err.Error(), "pw")
		require.Zero(t, got.Agent)
	}
}
