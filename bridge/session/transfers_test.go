package session

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
)

// twoCalls gives the agent a held call, 55, and a consult, 56.
func (g *rig) twoCalls() {
	g.t.Helper()
	g.tell(dialogEvent(finesse.EventPost, "55", "ACTIVE", "HELD"))
	consult := dialogEvent(finesse.EventPost, "56", "ACTIVE", "ACTIVE")
	consult.Dialogs[0].From, consult.Dialogs[0].To = "2001", "2002"
	consult.Dialogs[0].Participants[0].Address = "2002"
	g.tell(consult)
	require.Len(g.t, g.got(), 2)
}

func TestDialogActions(t *testing.T) {
	for jmsType, tc := range map[string]struct{ body, asked string }{
		"Transfer_sst# 1001":          {"2002,55", "TRANSFER_SST 55 2001 to 2002"},
		"ConsultCall#1001":            {"2002,55", "CONSULT_CALL 55 2001 to 2002"},
		"wrapup#1001":                 {"Sold, to be delivered,55", "UPDATE_CALL_DATA 55  wrap-up Sold, to be delivered"},
		"update_call_variable#1001":   {"55,callVariable1=a|user.x=b", "UPDATE_CALL_DATA 55  callVariable1=a user.x=b"},
		"UPDATE_CALL_VARIABLE#1001":   {"55,callVariable1,a, b", "UPDATE_CALL_DATA 55  callVariable1=a, b"},
		"AcceptOutboundPreview#1001":  {"55,ACCEPT", "ACCEPT 55 2001"},
		"RejectOutboundPreview#1001":  {"55,<REJECT>", "REJECT 55 2001"},
		"CloseOutboundPreview#1001":   {"55", "CLOSE 55 2001"},
		"endsilentmonitor#1001":       {"55", "DROP 55 2001"},
		"CANCELSHCEDULECALLBACK#1001": {"2001,55", "CANCEL_SCHEDULED_CALLBACK 55 2001"},
		"RECLASSIFYCALL#1001":         {"2001,55,REX_FAX", "RECLASSIFY 55 2001 outboundClassification=FAX"},
		"dropparticipant#1001":        {"2002,55", "PARTICIPANT_DROP 55 2002"},
	} {
		t.Run(tc.asked, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				g.do(noDest, jmsType, tc.body)
				require.Equal(t, []string{tc.asked}, g.server.log())
				require.Empty(t, g.got(), "the outcome is an event")
			})
			bubble(t, func(g *rig) {
				g.loggedIn()
				g.server.fail[tc.asked] = &finesse.Error{Status: 404, Class: errclass.Upstream}
				g.do(noDest, jmsType, tc.body)
				require.Equal(t, []string{"/topic/A 1001#Error#NO_DIALOG_ID"}, g.got(), "[E1]")
			})
		})
	}
}

func TestTransferAndConferenceGoToTheHeldDialog(t *testing.T) {
	for _, named := range []string{"55", "56", "4711"} {
		for word, action := range map[string]string{"TransferCall": "TRANSFER", "ConferenceCall": "CONFERENCE"} {
			t.Run(word+" "+named, func(t *testing.T) {
				bubble(t, func(g *rig) {
					g.loggedIn()
					g.twoCalls()
					g.do(noDest, word+"#1001", "2002,"+named)
					require.Equal(t, []string{action + " 55 2001"}, g.server.log(), "[C13]")
				})
			})
		}
	}
}

func TestTransferWithoutAHeldCall(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(dialogEvent(finesse.EventPost, "55", "ACTIVE", "ACTIVE"))
		g.got()
		g.do(noDest, "TransferCall#1001", "2002,55")
		require.Equal(t, []string{"/topic/A 1001#Error#CF_NO_HELD_CALL"}, g.got(), "[C13]")
		require.Empty(t, g.server.log())
	})
}

func TestControlsAndParticipants(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		n := dialogEvent(finesse.EventPost, "55", "ACTIVE", "HELD")
		n.Dialogs[0].Participants[1].Actions = []string{"RETRIEVE", "DROP", "UPDATE_CALL_DATA"}
		n.Dialogs[0].Participants = append(n.Dialogs[0].Participants, finesse.Participant{Address: "2009", State: "DROPPED"})
		g.tell(n)
		g.got()
		g.do(noDest, "getdialogstatecontrols#1001", "55")
		g.do(noDest, "getDialogParticipants#1001", "55")
		require.Equal(t, []string{
			"/topic/A 1001#ACD_IN#DialogState#HELD#55#Ann Lee",
			"/topic/A 1001#Control#0,false|1,false|2,true|3,true|4,false|5,false|6,false|7,false|8,false|9,true",
			"/topic/A 1001#ConferenceParticipants#90001,2001",
		}, g.got(), "[C22]")
		for _, word := range []string{"getdialogstatecontrols", "getDialogParticipants"} {
			g.do(noDest, word+"#1001", "56")
			require.Equal(t, []string{"/topic/A 1001#Error#NO_DIALOG_ID"}, g.got())
		}
	})
}

func TestControlsAreSentWhenAsked(t *testing.T) {
	for _, send := range []bool{false, true} {
		bubble(t, func(g *rig) {
			g.deps.Options.SendControls = send
			g.loggedIn()
			count := func() int {
				n := 0
				for _, m := range g.got() {
					if strings.Contains(m, "#Control#") {
						n++
					}
				}
				return n
			}
			ring := dialogEvent(finesse.EventPost, "55", "ALERTING", "ALERTING")
			ring.Dialogs[0].Participants[1].Actions = []string{"ANSWER"}
			talk := dialogEvent(finesse.EventPut, "55", "ACTIVE", "ACTIVE")
			talk.Dialogs[0].Participants[1].Actions = []string{"HOLD", "DROP"}
			for _, n := range []finesse.Notification{ring, talk, talk, dialogEvent(finesse.EventDelete, "55", "DROPPED", "DROPPED")} {
				g.tell(n)
			}
			want := 0
			if send {
				want = 3 // ringing, answered, over
			}
			require.Equal(t, want, count(), "[C22]")
		})
	}
}
