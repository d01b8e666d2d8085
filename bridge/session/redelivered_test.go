package session

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
	"gcbridge/finesse"
)

func TestRedeliveredCallIsNotMadeTwice(t *testing.T) {
	for _, tc := range []struct {
		name    string
		dialogs []finesse.Dialog
		told    string
	}{
		{"its call is there", []finesse.Dialog{{
			ID: "77", State: "ALERTING", From: "2001", To: "90001",
			Participants: []finesse.Participant{{Address: "2001", State: "INITIATED", AddressType: "AGENT_DEVICE"}},
		}}, "1001#InboundCall#ALERTING#DialogID:77"},
		{"another call is there", []finesse.Dialog{{
			ID: "78", State: "ALERTING", From: "2001", To: "90002",
			Participants: []finesse.Participant{{Address: "2001", State: "INITIATED", AddressType: "AGENT_DEVICE"}},
		}}, "1001#Error#PLEASE_RETRY"},
		{"no call is there", nil, "1001#Error#PLEASE_RETRY"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.server.dialogs = tc.dialogs
				g.succeed(g.holding())
				g.got()
				g.intents = []string{"ID:MakeCall"} // of the node that died
				g.again = true
				g.do(noDest, "MakeCall#1001", "90001")
				time.Sleep(settleAfter)
				synctest.Wait()
				require.NotContains(t, strings.Join(g.server.log(), ","), "MAKE_CALL")
				out := g.outputs()
				require.Len(t, out, 1)
				require.Contains(t, out[0].Message.Body, tc.told)
				require.Equal(t, "corr-MakeCall", out[0].CorrelationID)
				require.Contains(t, g.done(), "MakeCall")
			})
		})
	}
}

// TestRedeliveredCommandIsDecidedWhenTheBrokerHasTheAnswer: acknowledged before, its
// answer would be lost with this node.
func TestRedeliveredCommandIsDecidedWhenTheBrokerHasTheAnswer(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.user.State = finesse.StateReady
		g.succeed(g.holding())
		g.got()
		g.decided, g.again = nil, true
		g.confirm = func(wire.Output) bool { return false }
		g.do(noDest, "MakeReady#1001", "")
		require.Len(t, g.got(), 1)
		require.Empty(t, g.done(), "handed out, not yet confirmed")
		g.waiting[0](nil)
		require.Equal(t, []string{"MakeReady"}, g.done())
	})
}

// TestRedeliveredCommandIsAnsweredByWhatIsSo: a state that is so already is the
// answer; one that is not is asked for again.
func TestRedeliveredCommandIsAnsweredByWhatIsSo(t *testing.T) {
	t.Run("it has run", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.server.user.State = finesse.StateReady
			g.succeed(g.holding())
			g.got()
			g.again, g.overtaken = true, []string{"MakeReady"}
			g.do(noDest, "MakeReady#1001", "")
			out := g.outputs()
			require.Len(t, out, 1)
			require.Contains(t, out[0].Message.Body, "1001#State#READY#")
			require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
			require.NotContains(t, g.server.log(), "READY")
			require.Contains(t, g.done(), "MakeReady")
			require.Equal(t, 1, g.count("commands_not_repeated"))
		})
	})
	t.Run("it has not", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.succeed(g.holding())
			g.got()
			g.again = true
			g.do(noDest, "MakeReady#1001", "")
			require.Contains(t, g.server.log(), "READY")
			require.Empty(t, g.got())
		})
	})
	t.Run("the reason of a state that is to come is not known", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.server.reasons = []finesse.ReasonCode{{ID: "12", Code: "102", Category: "NOT_READY"}}
			g.server.user.State, g.server.user.PendingState = finesse.StateTalking, finesse.StateNotReady
			g.succeed(g.holding())
			g.got()
			g.again = true
			g.do(noDest, "MakeNotReadyWithReason#1001", "102")
			require.Contains(t, g.server.log(), "NOT_READY 12", "another reason may be to come")
		})
	})
	t.Run("an earlier one is not yet so", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.server.user.State = finesse.StateReady
			g.succeed(g.holding())
			g.got()
			g.again = true
			g.do(noDest, "MakeNotReady#1001", "")
			g.do(noDest, "MakeReady#1001", "")
			require.Empty(t, g.got(), "READY is from before")
			require.Subset(t, g.server.log(), []string{"NOT_READY", "READY"})
			g.tell(userEvent("", finesse.StateNotReady))
			g.tell(userEvent("", finesse.StateReady))
			out := g.outputs()
			require.Len(t, out, 2)
			require.Equal(t, []string{"corr-MakeNotReady", "corr-MakeReady"}, []string{out[0].CorrelationID, out[1].CorrelationID})
		})
	})
	t.Run("a login", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.succeed(g.holding())
			g.got()
			g.again = true
			g.do(noDest, "Login#1001", "pw,2001")
			out := g.outputs()
			require.Len(t, out, 3, "AgentInfo, State, DialogStatus")
			require.Equal(t, "corr-Login", out[0].CorrelationID)
			require.NotContains(t, g.server.log(), "LOGIN 2001")
		})
	})
	t.Run("Finesse cannot be read", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.server.fail["USER"] = &finesse.Error{Status: 503}
			g.again = true
			g.do(noDest, "MakeReady#1001", "")
			require.Equal(t, []string{"/topic/A 1001#Error#FINESSE_UNAVAILABLE"}, g.got())
			require.NotContains(t, g.server.log(), "READY", "nobody knows whether it has run")
		})
	})
}
