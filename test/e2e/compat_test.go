package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim"
	"gcbridge/finesse/sim/callcontrol"
)

// Real clients take messages of text apart by position: they split at # and
// read fields by their index. Each test here is one of those readings
// (gc-protocol section 3); all of them are of edition 4.4.

const momentRE = `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$` // [D6]

// at picks fields by index.
func at(fields []string, indexes ...int) []string {
	var out []string
	for _, i := range indexes {
		out = append(out, fields[i])
	}
	return out
}

// textLab is a lab whose broker is the embedded one.
func textLab(t *testing.T, simOpts ...sim.Option) *lab {
	t.Helper()
	return newLab(t, brokers[1].start(t), nil, simOpts...)
}

// TestIndexesOfState: 2 state, 3 reason, 7 full name, 8 login id, 9 extension.
func TestIndexesOfState(t *testing.T) {
	l := textLab(t)
	d := l.desk(t, "1001", "DEFAULT")
	d.connect()
	d.send("Login", d.password()+","+d.extension)
	for _, step := range []struct {
		word, body string
		want       []string // of the indexes
	}{
		{"", "", []string{"NOT_READY", "-1", "Ada Agent", "1001", "2001"}},
		{"MakeReady", "", []string{"READY", "", "Ada Agent", "1001", "2001"}},
		{"MakeNotReadyWithReason", "12", []string{"NOT_READY", "12", "Ada Agent", "1001", "2001"}},
		{"logoutwithreason", "21", []string{"LOGOUT", "21", "Ada Agent", "1001", ""}},
	} {
		if step.word != "" {
			d.send(step.word, step.body)
		}
		f := d.fields(stateCode)
		require.Len(t, f, 13)
		require.Equal(t, []string{"1001", "State"}, f[:2])
		require.Equal(t, step.want, at(f, 2, 3, 7, 8, 9))
		require.Regexp(t, momentRE, f[6])
	}
}

// TestIndexesOfATeamMembersState: a supervisor's copy begins with their own id
// and names the member at 7, 8 and 9.
func TestIndexesOfATeamMembersState(t *testing.T) {
	l := textLab(t)
	s, d := l.signedIn(t, "1005", "DEFAULT"), l.signedIn(t, "1001", "DEFAULT")
	s.answer(s.dest, s.send("getteamusers", "1,true"), "TeamUsersList")
	d.send("MakeNotReadyWithReason", "13")
	f := s.fields(stateCode)
	require.Len(t, f, 13)
	require.Equal(t, []string{"1005", "State", "NOT_READY", "13", "Ada Agent", "1001", "2001", "Break"}, at(f, 0, 1, 2, 3, 7, 8, 9, 10))
}

// TestIndexesOfAgentInfo: 4 supervisor, 5 wrap-up mode; a supervisor's then
// has 6 the number of teams, 7 the teams, 8 their own team and 9 their name, an
// agent's has 6 their team and 7 their name.
func TestIndexesOfAgentInfo(t *testing.T) {
	const two = `
teams: [{id: "1", name: Sales, supervisors: ["1005"]}, {id: "2", name: "Support, EMEA", supervisors: ["1005"]}]
agents:
  - {id: "1001", firstName: Ada, lastName: Agent, extension: "2001", team: "1"}
  - {id: "1005", loginName: eve, firstName: Eve, lastName: Agent, extension: "2005", team: "1", wrapUpOnIncoming: OPTIONAL}
queues: []
phoneBooks: []
`
	l := textLab(t, sim.WithScenario(two))
	info := func(agent string) []string {
		d := l.desk(t, agent, "DEFAULT")
		d.connect()
		d.send("Login", d.password()+","+d.extension)
		return d.fields("O-011")
	}
	s := info("1005")
	require.Equal(t, []string{"true", "OPTIONAL", "TotalNumberOfTeams:2", "1,Sales|2,Support00101100 EMEA", "1", "Eve Agent"}, s[4:10])
	require.Equal(t, "eve", s[10])
	for _, team := range strings.Split(s[7], "|") {
		require.Len(t, strings.Split(team, ","), 2, "id and name")
	}
	require.Equal(t, []string{"1001", "AgentInfo", "Ada", "Agent", "false", "REQUIRED", "1", "Ada Agent", "agent1001"}, info("1001"))
}

// TestIndexesOfReasonCodes: 3 the codes, 4 the labels.
func TestIndexesOfReasonCodes(t *testing.T) {
	d := textLab(t).signedIn(t, "1001", "DEFAULT")
	for word, want := range map[string][]string{
		"reasoncodenotready": {"Category:NOT_READY", "12,13", "Labels:Lunch,Break"},
		"reasoncodelogout":   {"Category:LOGOUT", "21,22", "Labels:End of shift,System"},
		"wrapupreasoncode":   {"Category:Wrap_Up", "1,2,3", "Labels:Sales,Complaint,Other"},
	} {
		d.send(word, "")
		require.Equal(t, want, at(d.fields("O-016"), 2, 3, 4))
	}
}

// TestIndexesOfNewInboundCall: 2 the caller, 3 the variables, 4 the dialog.
func TestIndexesOfNewInboundCall(t *testing.T) {
	l := textLab(t)
	d := l.signedIn(t, "1001", "DEFAULT")
	d.ready()
	id, err := l.sim.Call("5551000", "2001", callcontrol.Variable{Name: "callVariable1", Value: "gold|#1"})
	require.NoError(t, err)
	f := d.fields("O-009")
	require.Len(t, f, 7)
	require.Equal(t, []string{"1001", "NewInboundCall", "5551000"}, f[:3])
	vars := strings.Split(f[3], "|")
	require.Equal(t, []string{"ani=5551000", "associatedDialogId=", "callVariable1=gold01111100001000111"}, vars[:3])
	require.Equal(t, []string{"DialogID:" + id, "CallType:PREROUTE_ACD_IN"}, f[4:6])
	require.Regexp(t, momentRE, f[6])
}

// TestIndexesOfConsultCall: 3 the consultation's own dialog, 4 the address; its
// variables name the call it is about, first ani, then associatedDialogId.
func TestIndexesOfConsultCall(t *testing.T) {
	l := textLab(t)
	d := l.signedIn(t, "1001", "DEFAULT")
	d.ready()
	d.talk()
	d.send("ConsultCall", "95552000,"+d.dialog)
	f := d.fields(consultCode)
	require.Len(t, f, 8)
	require.Equal(t, []string{"1001", "ConsultCall", "INITIATING", "AssDialogID:" + l.other("1001", d.dialog), "2001"}, f[:5])
	vars := strings.Split(f[5], "|")
	require.Equal(t, []string{"ani=2001", "associatedDialogId=" + d.dialog}, vars[:2])
	require.Equal(t, "Ada Agent", f[7])
}

// TestFieldsOfAParticipant: address, state, device type, cause and time of
// change; a caller whose device type Finesse does not know has the word NULL.
func TestFieldsOfAParticipant(t *testing.T) {
	l := textLab(t)
	d := l.signedIn(t, "1001", "DEFAULT")
	d.ready()
	d.talk()
	d.send("HoldCall", d.dialog)
	f := d.fields(inboundCode)
	require.Len(t, f, 10)
	require.Equal(t, []string{"HELD", "DialogID:" + d.dialog, "5551000"}, f[2:5])
	require.Equal(t, []string{"CallType:PREROUTE_ACD_IN", "ParticipantsCount:2"}, f[7:9])
	list, ok := strings.CutPrefix(f[9], "participants:")
	require.True(t, ok)
	parties := map[string][]string{}
	for _, p := range strings.Split(list, "|") {
		fields := strings.Split(p, ",")
		require.Len(t, fields, 5)
		require.Regexp(t, momentRE, fields[4])
		parties[fields[0]] = fields[1:4]
	}
	require.Equal(t, map[string][]string{"2001": {"HELD", "AGENT_DEVICE", ""}, "5551000": {"ACTIVE", "NULL", ""}}, parties)
}

// TestAniAndAssociatedDialogComeFirst in the variables of every call message,
// whatever the call carries.
func TestAniAndAssociatedDialogComeFirst(t *testing.T) {
	l := textLab(t)
	d := l.signedIn(t, "1001", "DEFAULT")
	d.ready()
	id, err := l.sim.Call("5551000", "2001",
		callcontrol.Variable{Name: "ani", Value: "forged"}, callcontrol.Variable{Name: "user.microapp.locale", Value: "en-us"})
	require.NoError(t, err)
	d.send("AnswerCall", id)
	for code, i := range map[string]int{"O-009": 3, inboundCode: 5} {
		vars := strings.Split(d.fields(code)[i], "|")
		require.Equal(t, []string{"ani=5551000", "associatedDialogId="}, vars[:2], code)
		require.Contains(t, vars, "user.microapp.locale=en-us", code)
	}
}

// keysOf lists the keys of a record, key:value joined by commas.
func keysOf(t *testing.T, record string) []string {
	t.Helper()
	var keys []string
	for _, pair := range strings.Split(record, ",") {
		key, _, ok := strings.Cut(pair, ":")
		require.True(t, ok, pair)
		keys = append(keys, key)
	}
	return keys
}

// TestOrderOfAQueueList: clients read its values by position.
func TestOrderOfAQueueList(t *testing.T) {
	l := textLab(t)
	s := l.signedIn(t, "1005", "DEFAULT")
	l.signedIn(t, "1001", "DEFAULT").ready()
	s.send("getqueuelist", "")
	f := s.fields("O-019")
	require.Equal(t, []string{"1005", "QueueList"}, f[:2])
	require.Equal(t, []string{
		"QueueName", "AgentsNotReady", "AgentsReady", "AgentsTalkingInbound", "AgentsTalkingInternal", "AgentsTalkingOutbound",
		"AgentsWrapUpNotReady", "AgentsWrapUpReady", "CallsInQueue", "StartTimeOfLongestCallInQueue",
	}, keysOf(t, f[2]))
	require.Equal(t, "QueueName:Sales,AgentsNotReady:1,AgentsReady:1,AgentsTalkingInbound:0,AgentsTalkingInternal:0,"+
		"AgentsTalkingOutbound:0,AgentsWrapUpNotReady:0,AgentsWrapUpReady:0,CallsInQueue:0,StartTimeOfLongestCallInQueue:", f[2])
}

// TestTeamUsersOfLoggedOutAgents: they are listed, without extension, medium
// and time, and every record has all its keys.
func TestTeamUsersOfLoggedOutAgents(t *testing.T) {
	l := textLab(t)
	s := l.signedIn(t, "1005", "DEFAULT")
	s.send("getteamusers", "1")
	f := s.fields("O-020")
	require.Equal(t, []string{"1005", "TeamUsersList"}, f[:2])
	require.Len(t, f[2:], 5, "the whole team")
	for _, member := range f[2:] {
		require.Equal(t, []string{"FirstName", "LastName", "Extension", "LoginID", "State", "PendingState", "MediaType", "StateChangeTime", "Label"}, keysOf(t, member))
	}
	require.Contains(t, f[2:], "FirstName:Ada,LastName:Agent,Extension:,LoginID:1001,State:LOGOUT,PendingState:,MediaType:,StateChangeTime:,Label:")
	require.Contains(t, f[6], "FirstName:Eve,LastName:Agent,Extension:2005,LoginID:1005,State:NOT_READY,PendingState:,MediaType:AGENT_DEVICE,StateChangeTime:2")
}

// TestWordsOfEmptyLists: a list of nothing has a word for it, not an empty field.
func TestWordsOfEmptyLists(t *testing.T) {
	const bare = `
teams: [{id: "1", name: Sales}]
agents: [{id: "1001", firstName: Ada, lastName: Agent, extension: "2001", team: "1"}]
queues: []
phoneBooks: []
wrapUpReasons: []
`
	d := textLab(t, sim.WithScenario(bare)).signedIn(t, "1001", "DEFAULT")
	for word, want := range map[string]string{
		"GetPhonebooks":     "1001#Phonebooks#NoPhoneBookFound",
		"GetTeamPhonebooks": "1001#TeamPhoneBooks#NoTeamPhoneBookFound",
		"wrapupreasoncode":  "1001#ReasonCodes#Category:Wrap_Up##Labels:#Ada Agent",
	} {
		require.Equal(t, want, d.answer(d.dest, d.send(word, "")).body)
	}
	require.Equal(t, "1001#DialogStatus###", d.answer(d.dest, d.send("refresh", ""), "DialogStatus").body)
	d = textLab(t).signedIn(t, "1001", "DEFAULT")
	require.Equal(t, "1001#PhonebookContacts#NoContactFound", d.answer(d.dest, d.send("GetPhonebookContacts", "2")).body, "the book is empty")
}
