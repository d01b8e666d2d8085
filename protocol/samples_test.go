package protocol_test

import (
	"cmp"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol"
)

// ten is how the samples print ten empty call variables and ani.
func ten(ani string) string {
	return `"callVariables":[{"callVariable1":""},{"callVariable2":""},{"callVariable3":""},{"callVariable4":""},{"callVariable5":""},{"callVariable6":""},{"callVariable7":""},{"callVariable8":""},{"callVariable9":""},{"callVariable10":""},{"ani":"` + ani + `"}]`
}

// samples are messages as the original's pages print them, white space aside,
// and one captured from a live connector: they are not ours to change.
var samples = []struct {
	code    protocol.Code
	example string
	edition protocol.Edition
	format  protocol.Format
	want    string
}{
	{"O-005", "out_of_service", "4.4", "JSON", `{"type":"System","status":"OUT_OF_SERVICE"}`},
	{"O-005", "out_of_service", "4.4.12", "JSON", `{"type":"System","status":"OUT_OF_SERVICE"}`},
	{"O-011", "agent", "4.4", "JSON", `{"type":"AgentInfo","firstName":"jehanzeb4","lastName":"riaz","supervisor":false,"wrapUpOnIncoming":"","teams":[],"team":{"id":"7","name":"Demo"},"agentId":"jehanzeb4"}`},
	{"O-011", "agent", "4.4.12", "JSON", `{"type":"AgentInfo","firstName":"jehanzeb4","lastName":"riaz","supervisor":false,"wrapUpOnIncoming":"","totalNumberOfTeams":"","teams":[],"team":{"id":"7","name":"Demo"},"agentId":"jehanzeb4"}`},
	{"O-001", "not_ready", "4.4", "JSON", `{"type":"State","agentId":"jehanzeb6","state":"NOT_READY","reasonCode":"8","stateChangeTimeString":"","pendingState":"","stateChangeTime":"2019-09-17 12:46:21"}`},
	{"O-001", "not_ready", "4.4.12", "JSON", `{"type":"State","agentId":"jehanzeb6","state":"NOT_READY","reasonCode":"8","stateChangeTimeString":"","pendingState":"","stateChangeTime":"2019-09-17 12:46:21","fullName":"jehanzeb Riaz","extension":"42801","label":"Break"}`},
	// The page's sample has one id in both places; the receiving supervisor's differs.
	{"O-001", "team_member", "4.4.12", "JSON", `{"type":"State","teamAgentId":"jehanzeb6","state":"NOT_READY","reasonCode":"8","stateChangeTimeString":"","pendingState":"","stateChangeTime":"2019-09-17 12:46:21","fullName":"jehanzeb Riaz","extension":"42801","label":"Break","agentId":"75001"}`},
	{"O-008", "initiated", "4.4", "JSON", `{"type":"InboundCall","dialogId":"16871253","state":"INITIATED","startTime":"2019-09-17 15:32:15","prevDialogId":null,"fromAddress":"4012",` + ten("4012") + `,"participants":[{"mediaAddress":"1006","state":"INITIATED","addressType":"AGENT_DEVICE"}],"agentId":"jehanzeb6"}`},
	{"O-008", "initiated", "4.4.12", "JSON", `{"type":"InboundCall","dialogId":"16871253","state":"INITIATED","startTime":"2019-09-17 15:32:15","associatedDialogId":null,"fromAddress":"4012",` + ten("4012") + `,"participants":[{"mediaAddress":"1006","state":"INITIATED","addressType":"AGENT_DEVICE","stateCause":"","stateChangeTime":"2019-09-17 12:46:21"}],"callType":"","queueName":"hassnain_SG","agentId":"jehanzeb6"}`},
	{"O-008", "dropped", "4.4", "JSON", `{"type":"InboundCall","dialogId":"16871284","prevDialogId":null,"state":"DROPPED","agentId":"jehanzeb6"}`},
	{"O-008", "dropped_conference", "4.4.12", "JSON", `{"type":"InboundCall","dialogId":"16839909","associatedDialogId":"16839907","state":"DROPPED","callType":"CONFERENCE","queueName":"","participants":[{"mediaAddress":"30163","state":"DROPPED","addressType":"AGENT_DEVICE","stateCause":"","stateChangeTime":"2024-05-14 14:29:17"},{"mediaAddress":"30161","state":"DROPPED","addressType":"AGENT_DEVICE","stateCause":"","stateChangeTime":"2024-05-14 14:29:17"}],"agentId":"5650550"}`},
	{"O-008", "conference", "4.4", "JSON", `{"type":"InboundCall","dialogId":"16871286","state":"ACTIVE","startTime":"2019-09-17 17:16:10","prevDialogId":null,"fromAddress":"1005",` + ten("1005") + `,"participants":[{"mediaAddress":"1005","state":"ACTIVE","addressType":""},{"mediaAddress":"1004","state":"ACTIVE","addressType":"AGENT_DEVICE"},{"mediaAddress":"1006","state":"ACTIVE","addressType":"AGENT_DEVICE"}],"agentId":"jehanzeb4"}`},
	{"O-008", "conference", "4.4.12", "JSON", `{"type":"InboundCall","dialogId":"16871286","state":"ACTIVE","startTime":"2019-09-17 17:16:10","associatedDialogId":null,"fromAddress":"1005",` + ten("1005") + `,"participants":[{"mediaAddress":"1005","state":"ACTIVE","addressType":"","stateCause":"","stateChangeTime":"2019-09-17 12:46:21"},{"mediaAddress":"1004","state":"ACTIVE","addressType":"AGENT_DEVICE","stateCause":"","stateChangeTime":"2019-09-17 12:46:21"},{"mediaAddress":"1006","state":"ACTIVE","addressType":"AGENT_DEVICE","stateCause":"","stateChangeTime":"2019-09-17 12:46:21"}],"callType":"","queueName":"hassnain_SG","agentId":"jehanzeb4"}`},
	{"O-008", "held", "4.4", "JSON", `{"type":"InboundCall","dialogId":"16874257","state":"HELD","startTime":"2019-09-20 16:25:14","prevDialogId":null,"fromAddress":"1005",` + ten("1005") + `,"participants":[{"mediaAddress":"1005","state":"ACTIVE","addressType":""},{"mediaAddress":"1004","state":"HELD","addressType":"AGENT_DEVICE"}],"agentId":"jehanzeb4"}`},
	{"O-008", "captured", "4.4", "DEFAULT", `5000#InboundCall#ACTIVE#DialogID:17672721#42512#ani=42512|associatedDialogId=17672718|callVariable1=|callVariable2=|callVariable3=null|callVariable4=CONSULT|callVariable5=53da5c96-6580-47d9-958f-28772d8bf45d|callVariable6=|callVariable7=42035|callVariable8=MAINAPP|callVariable9=|callVariable10=|user.microapp.locale=en-us|user.microapp.media_server=http://192.168.1.72|user.microapp.fetchdelay=D|user.microapp.app_media_lib=app|user.cvp_server_info=192.168.1.72#2022-07-22 18:16:47#CallType:CONSULT_IN#ParticipantsCount:2#participants:42053,ACTIVE,AGENT_DEVICE,,2022-07-22 18:16:47|42512,ACTIVE,AGENT_DEVICE,,2022-07-22 18:16:47`},
	{"O-009", "ringing", "4.4", "JSON", `{"type":"NewInboundCall","dialogId":"16871263","fromAddress":"1006",` + ten("1006") + `,"agentId":"jehanzeb4"}`},
	{"O-009", "ringing", "4.4.12", "JSON", `{"type":"NewInboundCall","dialogId":"16871263","fromAddress":"1006",` + ten("1006") + `,"participants":[{"mediaAddress":"1006","state":"INITIATED","addressType":"AGENT_DEVICE","stateCause":"","stateChangeTime":"2019-09-17 12:46:21"}],"callType":"","queueName":"hassnain_SG","agentId":"jehanzeb4"}`},
	{"O-010", "initiated", "4.4", "JSON", `{"type":"ConsultCall","state":"INITIATED","assDialogId":"16871288","fromAddress":"1004","toAddress":"1006","startTime":"2019-09-17 17:17:03",` + ten("1004") + `,"participants":[{"mediaAddress":"1004","state":"INITIATED","addressType":"AGENT_DEVICE"}],"agentId":"jehanzeb4"}`},
	{"O-010", "initiated", "4.4.12", "JSON", `{"type":"ConsultCall","state":"INITIATED","assDialogId":"16871288","fromAddress":"1004","toAddress":"1006","startTime":"2019-09-17 17:17:03",` + ten("1004") + `,"participants":[{"mediaAddress":"1004","state":"INITIATED","addressType":"AGENT_DEVICE","stateCause":"","stateChangeTime":"2019-09-17 12:46:21"}],"callType":"","queueName":"hassnain_SG","agentId":"jehanzeb4"}`},
	{"O-014", "held", "4.4", "JSON", `{"type":"DialogState","dialogId":"16871286","state":"HELD","agentId":"jehanzeb6"}`},
	{"O-016", "wrap_up", "4.4", "JSON", `{"type":"ReasonCodes","category":"WrapUp","reasonCodes":[{"1":"Complaint"},{"2":"Inquiry New"},{"3":"Conf call"},{"4":"Transfer call"},{"5":"Customer new call"},{"6":"Old call customer"},{"7":"Bill Inquiry"}],"agentId":"jehanzeb4"}`},
	{"O-016", "wrap_up_later", "4.4.12", "JSON", `{"type":"ReasonCodes","category":"WrapUp","reasonCodes":[{"code":"2","label":"Information"},{"code":"3","label":"Parked by Agent 1"},{"code":"4","label":"Parked by Agent 2"},{"code":"5","label":"Unparked by Agent 1"},{"code":"6","label":"Unparked by Agent 2"},{"code":"7","label":"ne"}],"agentId":"75002"}`},
	{"O-003", "message", "4.4.12", "JSON", `{"type":"Control","location":"statusbar","message":"message","agentId":"5650550"}`},
	{"ConnectStatus", "success", "4.4.12", "JSON", `{"type":"ConnectStatus","status":"ConnectSuccess"}`},
	{"NewOutboundPreviewCall", "preview", "4.4", "JSON", `{"type":"NewOutboundPreviewCall","dialogId":"16871253","fromAddress":"4012",` + ten("4012") + `,"calltype":"calltype","agentId":"jehanzeb6"}`},
	{"O-028", "outbound", "4.4", "JSON", `{"type":"NewOutboundCall","dialogId":"16871253","fromAddress":"4012",` + ten("4012") + `,"calltype":"calltype","agentId":"jehanzeb6"}`},
	// The later samples have an empty call type; ours keeps the one of the earlier.
	{"O-028", "outbound", "4.4.12", "JSON", `{"type":"NewOutboundCall","dialogId":"16871253","fromAddress":"4012",` + ten("4012") + `,"participants":[{"mediaAddress":"1006","state":"INITIATED","addressType":"AGENT_DEVICE","stateCause":"","stateChangeTime":"2019-09-17 12:46:21"}],"callType":"calltype","queueName":"hassnain_SG","agentId":"jehanzeb6"}`},
	{"AgentsList", "two", "4.4", "JSON", `[{"type":"Agents","users":[{"firstName":"jehanzeb6","lastName":"riaz","extension":"1006"},{"firstName":"jehanzeb7","lastName":"riaz","extension":"1007"}]}]`},
	{"AgentsList", "two", "4.4.12", "JSON", `{"type":"Agents","users":[{"firstName":"jehanzeb6","lastName":"riaz","extension":"1006"},{"firstName":"jehanzeb7","lastName":"riaz","extension":"1007"}],"agentId":"jehanzeb6"}`},
	{"O-020", "two", "4.4.12", "JSON", `{"type":"TeamAgents","users":[{"firstName":"jehanzeb6","lastName":"riaz","extension":"1006","loginId":"75001","state":"Not_Ready","pendingState":"","mediaType":"AGENT_DEVICE","stateChangeTime":"","label":"Not_Ready"},{"firstName":"jehanzeb6","lastName":"riaz","extension":"1006","loginId":"75001","state":"Not_Ready","pendingState":"","mediaType":"AGENT_DEVICE","stateChangeTime":"","label":"Not_Ready"}],"agentId":"jehanzeb6"}`},
	{"O-019", "two", "4.4.12", "JSON", `[{"type":"QueueStats","queue":[{"queueName":"jehanzeb6","agentsNotReady":"0","agentsReady":"0","agentsTalkingInbound":"1","agentsTalkingInternal":"0","agentsTalkingOutbound":"1","agentsWrapUpNotReady":"0","agentsWrapUpReady":"0","callsInQueue":"0","startTimeOfLongestCallInQueue":"0"},{"queueName":"jehanzeb6","agentsNotReady":"0","agentsReady":"0","agentsTalkingInbound":"1","agentsTalkingInternal":"0","agentsTalkingOutbound":"1","agentsWrapUpNotReady":"0","agentsWrapUpReady":"0","callsInQueue":"0","startTimeOfLongestCallInQueue":"0"}],"agentId":"jehanzeb6"}]`},
	{"O-029", "two", "4.4.12", "JSON", `{"type":"PhoneBook","phoneBook":[{"name":"jehanzeb","type":"Team","id":"1"},{"name":"jehanzeb2","type":"GLOBAL","id":"10"}],"agentId":"5650550"}`},
	{"O-030", "two", "4.4.12", "JSON", `{"type":"TeamPhoneBook","phoneBook":[{"name":"jehanzeb","type":"Team","id":"1"},{"name":"jehanzeb2","type":"Team","id":"10"}],"agentId":"5650550"}`},
	{"O-031", "two", "4.4.12", "JSON", `{"type":"phoneBookContacts","contact":[{"description":"jehanzeb_contact","firstName":"jehanzeb","lastName":"riaz","phoneNumber":"123456789","id":"1"},{"description":"jehanzeb_contact","firstName":"jehanzeb","lastName":"riaz","phoneNumber":"123456789","id":"10"}],"agentId":"5650550"}`},
	{"participantDropped", "dropped", "4.4.12", "JSON", `{"type":"Control","participantDropped":"20107","agentId":"5650550"}`},
	{"callback", "callback", "4.4.12", "JSON", `{"type":"callback","title":"title","data":"data","agentId":"5650550"}`},
	{"reclassify", "reclassified", "4.4.12", "JSON", `{"type":"CALLBACK","title":"RECLASSIFY","data":"RECLASSIFY Successfully","agentId":"5650550"}`},
	{"no_data_found", "none", "4.4.12", "JSON", `{"type":"no_data_found","title":"tiltle","data":"data","agentId":"5650550"}`},
	{"O-024", "no_dialog", "4.4", "DEFAULT", `jehanzeb6#DialogStatus###`},

	// Edition page: the lines that the page labels "New Format".
	{"O-001", "not_ready", "page", "DEFAULT", `jehanzeb6#State#NOT_READY#8#jehanzeb Riaz`},
	{"O-008", "dropped", "page", "DEFAULT", `jehanzeb6#InboundCall#DROP#DialogID:16871284##ani=|associatedDialogId=##jehanzeb Riaz`},
	{"O-008", "failed", "page", "DEFAULT", `jehanzeb6#InboundCall#FAILED#DialogID:16871253#BUSY#jehanzeb Riaz`},
	{"O-009", "ringing", "page", "DEFAULT", `jehanzeb4#NewInboundCall#1006#1006|callVariable1=|callVariable2=|callVariable3=|callVariable4=|callVariable5=|callVariable6=|callVariable7=|callVariable8=|callVariable9=|callVariable10=#DialogID:16871263`},
	{"O-010", "failed", "page", "DEFAULT", `jehanzeb4#ConsultCall#FAILED#AssDialogID:16871288#BAD_DESTINATION#jehanzeb Riaz`},
	{"O-011", "supervisor", "page", "DEFAULT", `1005#AgentInfo#Sue#Pervisor#true#OPTIONAL#Sue Pervisor`},
	{"O-014", "not_found", "page", "DEFAULT", `jehanzeb6#DialogState#NOT_FOUND#16871286#jehanzeb Riaz##ani=|associatedDialogId=####`},
	{"O-016", "not_ready", "page", "DEFAULT", `jehanzeb4#ReasonCodes#Category:NOT_READY#Codes:12,13#Labels:Lunch,Break#jehanzeb4 riaz`},
	{"O-024", "no_dialog", "page", "DEFAULT", `jehanzeb6#DialogStatus###`},
	{"O-029", "none", "page", "DEFAULT", `Phonebooks#NoPhoneBookFound`},
}

func TestSamplesOfTheOriginal(t *testing.T) {
	rows := map[protocol.Code]protocol.OutputRow{}
	for _, row := range protocol.OutputRows() {
		rows[row.Code] = row
	}
	for _, s := range samples {
		t.Run(string(s.code)+"/"+s.example+"."+string(s.edition)+"."+string(s.format), func(t *testing.T) {
			o := example(t, rows[s.code], s.example)
			for _, d := range dialects(t) {
				if d.Edition == s.edition && d.Format == s.format {
					e, ok := protocol.Encode(o, d)
					require.True(t, ok)
					require.Equal(t, s.want, e.Body)
					return
				}
			}
			require.Fail(t, "no such dialect")
		})
	}
}

func example(t *testing.T, row protocol.OutputRow, name string) protocol.Output {
	t.Helper()
	for _, ex := range row.Examples {
		if ex.Name == name {
			return ex.Output
		}
	}
	require.Fail(t, "no such example", "%s/%s", row.Code, name)
	return nil
}

// TestEveryExampleIsWellFormed checks what holds for each message whatever
// its layout: no NUL, one line of text, valid JSON without white space
// between its tokens, and as many fields as the row's layout says.
func TestEveryExampleIsWellFormed(t *testing.T) {
	for _, row := range protocol.OutputRows() {
		for _, ex := range row.Examples {
			for _, d := range dialects(t) {
				e, ok := protocol.Encode(ex.Output, d)
				if !ok {
					continue
				}
				name := string(row.Code) + "/" + ex.Name + "." + string(d.Edition) + "." + string(d.Format)
				require.Equal(t, row.CodeIn(d.Format), e.Code, name)
				require.Equal(t, row.Category, e.Category, name)
				require.NotContains(t, e.Body, "\x00", name)
				require.NotContains(t, e.Body, "\n", name)
				if d.Format != protocol.FormatJSON || row.TextAlways {
					continue
				}
				require.True(t, json.Valid([]byte(e.Body)), name)
				require.False(t, strings.Contains(e.Body, `\u003c`), "%s escapes for HTML", name)
			}
		}
		for edition, layout := range map[protocol.Edition]string{protocol.Edition44: row.Text, protocol.EditionPage: cmp.Or(row.Page, row.Text)} {
			first, ok := protocol.Encode(row.Examples[0].Output, dialect(t, edition, protocol.FormatDefault))
			require.Equal(t, layout != "", ok, "%s: layout and encoder", row.Code)
			if ok {
				require.Equal(t, strings.Count(layout, "#"), strings.Count(first.Body, "#"), "%s: %s", row.Code, first.Body)
			}
		}
	}
}
