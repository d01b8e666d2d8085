package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
)

func TestCallbacks(t *testing.T) {
	for _, tc := range []struct {
		name, jmsType, body string
		asked               []string
		want                string
	}{
		{
			"schedule", "SHCEDULECALLBACK#1001", "2001,55,2024-06-30 12:00:00,0049301234",
			[]string{"UPDATE_SCHEDULED_CALLBACK 55 2001 callbackTime=2024-06-30T12:00", "UPDATE_SCHEDULED_CALLBACK 55 2001 callbackNumber=0049301234"},
			"CallBack#Callback Scheduled",
		},
		{
			"update", "UPDATECALLBACK#1001", "2001,55,2024-06-30T12:30,0049301234",
			[]string{"UPDATE_SCHEDULED_CALLBACK 55 2001 callbackTime=2024-06-30T12:30", "UPDATE_SCHEDULED_CALLBACK 55 2001 callbackNumber=0049301234"},
			"CallBack#Callback Updated",
		},
		{"cancel", "CANCELSCHEDULECALLBACK#1001", "2001,55", []string{"CANCEL_SCHEDULED_CALLBACK 55 2001"}, "CallBack#Callback Canceled"},
		{"reclassify", "RECLASSIFYCALL#1001", "2001,55,REX_FAX", []string{"RECLASSIFY 55 2001 outboundClassification=FAX"}, "CallBack#RECLASSIFY Successfully"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, echo := range []bool{true, false} {
				bubble(t, func(g *rig) {
					g.loggedIn()
					g.tell(dialogEvent(finesse.EventPost, "55", "ACTIVE", "ACTIVE"))
					g.got()
					g.do(noDest, tc.jmsType, tc.body)
					require.Equal(t, tc.asked, g.server.log())
					g.tell(dialogEvent(finesse.EventPut, "56", "ACTIVE", "ACTIVE"))
					g.tell(dialogEvent(finesse.EventPut, "55", "ACTIVE", "HELD"))
					require.Len(t, g.got(), 2, "an event that says something else decides nothing")
					done := dialogEvent(finesse.EventPut, "55", "ACTIVE", "HELD")
					if echo {
						done.RequestID = g.server.ids[len(g.server.ids)-1]
					}
					g.tell(done)
					out := g.outputs()
					require.Len(t, out, 1)
					require.Equal(t, tc.want, out[0].Message.Body)
					require.NotEmpty(t, out[0].CorrelationID)
				})
			}
			bubble(t, func(g *rig) {
				g.loggedIn()
				g.do(noDest, tc.jmsType, tc.body)
				time.Sleep(time.Minute)
				out := g.got()
				require.Len(t, out, 1)
				require.Equal(t, "/topic/A 1001#Error#GENERIC_ERROR", out[0], "never silent")
			})
		})
	}
}

func TestMobileLogin(t *testing.T) {
	for body, asked := range map[string]string{
		"pw,2001,0049301234,true":              "LOGIN 2001 CALL_BY_CALL 0049301234",
		"pw,2001,0049301234,<false>":           "LOGIN 2001 NAILED_CONNECTION 0049301234",
		"pw,2001,0049301234,nailed_connection": "LOGIN 2001 NAILED_CONNECTION 0049301234",
	} {
		bubble(t, func(g *rig) {
			g.start()
			g.do(destA, "Connect#1001", "A,pw")
			g.do(noDest, "MobileAgentLogin#1001", body)
			require.Equal(t, []string{"CONNECT", asked}, g.server.log(), "[C19]")
			g.tell(userEvent(g.server.ids[0], finesse.StateNotReady))
			require.Len(t, g.got(), 3, "AgentInfo, State, DialogStatus")
		})
	}
}

func TestWorkStates(t *testing.T) {
	for jmsType, st := range map[string]finesse.AgentState{"makeworknotready#1001": finesse.StateWork, "MakeWorkReady#1001": finesse.StateWorkReady} {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.do(noDest, jmsType, "")
			require.Equal(t, []string{string(st)}, g.server.log())
			g.tell(userEvent(g.server.ids[0], st))
			out := g.outputs()
			require.Len(t, out, 1)
			require.Contains(t, out[0].Message.Body, "1001#State#"+string(st)+"#")
			require.NotEmpty(t, out[0].CorrelationID)
		})
	}
}

// Only what parts the day from the time is a T, and only seconds are cut.
func TestCallbackValue(t *testing.T) {
	for in, want := range map[string]string{
		"2024-06-30 12:00:00":  "2024-06-30T12:00",
		"2024-06-30T12:00:59":  "2024-06-30T12:00",
		"2024-06-30 12:00":     "2024-06-30T12:00",
		"2024-06-30 12:00 PST": "2024-06-30T12:00 PST",
		"soon":                 "soon",
	} {
		require.Equal(t, want, callbackValue(finesse.Variable{Name: "callbackTime", Value: in}))
		require.Equal(t, in, callbackValue(finesse.Variable{Name: "callbackNumber", Value: in}), "a number stays")
	}
}
