package protocol_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"gcbridge/protocol"
)

// These properties read messages as real clients do: by index, splitting at
// the separators. Whatever the data holds, each value is found where its
// index says, with the replacements of [D5] and nothing else.

// text is data with separators, line breaks, quotes and NUL in it.
func text() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.OneOf(
		rapid.SampledFrom([]rune("#|,=:<>&\"'\\\r\n\x00 \t")),
		rapid.SampledFrom([]rune("abcXYZ019_.äß日😀\u2028")),
	), 0, 12, -1)
}

// name is a call variable's name: Finesse allows no '=' in it.
func name() *rapid.Generator[string] {
	return rapid.Map(text(), func(s string) string { return "v" + strings.ReplaceAll(s, "=", "") })
}

func moment() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.Int64Range(0, 4e9), func(s int64) time.Time {
		if s%5 == 0 {
			return time.Time{}
		}
		return time.Unix(s, 0).UTC()
	})
}

func printed(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04:05")
}

// shown is what a client finds of s at a place where seps separate.
func shown(s, seps string) string {
	pairs := []string{"\r", " ", "\n", " ", "\x00", " "}
	for _, sep := range seps {
		pairs = append(pairs, string(sep), map[rune]string{'#': "00100011", '|': "01111100", ',': "00101100"}[sep])
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

func addressee() *rapid.Generator[protocol.Addressee] {
	return rapid.Custom(func(t *rapid.T) protocol.Addressee {
		return protocol.Addressee{Agent: text().Draw(t, "agent"), FullName: text().Draw(t, "full name")}
	})
}

func call() *rapid.Generator[protocol.Call] {
	variable := rapid.Custom(func(t *rapid.T) protocol.Variable {
		return protocol.Variable{Name: name().Draw(t, "name"), Value: text().Draw(t, "value")}
	})
	participant := rapid.Custom(func(t *rapid.T) protocol.Participant {
		return protocol.Participant{
			Address: text().Draw(t, "address"), State: text().Draw(t, "state"),
			AddressType: rapid.SampledFrom([]string{"", "AGENT_DEVICE", "A,B|C"}).Draw(t, "type"),
			StateCause:  text().Draw(t, "cause"), ChangedAt: moment().Draw(t, "changed"),
		}
	})
	return rapid.Custom(func(t *rapid.T) protocol.Call {
		return protocol.Call{
			Addressee: addressee().Draw(t, "addressee"),
			DialogID:  text().Draw(t, "dialog"),
			State:     rapid.SampledFrom([]string{"INITIATED", "ACTIVE", "HELD", "WRAP_UP", "ACCEPTED"}).Draw(t, "state"),
			From:      text().Draw(t, "from"), ANI: text().Draw(t, "ani"), To: text().Draw(t, "to"),
			Variables: rapid.SliceOfN(variable, 0, 4).Draw(t, "variables"), Start: moment().Draw(t, "start"),
			AssociatedDialog: text().Draw(t, "associated"),
			Participants:     rapid.SliceOfN(participant, 0, 3).Draw(t, "participants"),
			CallType:         text().Draw(t, "call type"), QueueName: text().Draw(t, "queue"),
		}
	})
}

// fields splits a text message as a client does.
func fields(t *rapid.T, o protocol.Output, e protocol.Edition) []string {
	d, err := protocol.NewDialect(e, protocol.FormatDefault, "", time.UTC)
	require.NoError(t, err)
	enc, ok := protocol.Encode(o, d)
	require.True(t, ok)
	return strings.Split(enc.Body, "#")
}

// pairs reads a variables field: the names in order, and the values.
func pairs(t *rapid.T, field string) []protocol.Variable {
	var vars []protocol.Variable
	for p := range strings.SplitSeq(field, "|") {
		n, v, ok := strings.Cut(p, "=")
		require.True(t, ok, "no = in %q", p)
		vars = append(vars, protocol.Variable{Name: n, Value: v})
	}
	return vars
}

func wantPairs(c protocol.Call) []protocol.Variable {
	want := []protocol.Variable{{Name: "ani", Value: shown(c.ANI, "#|")}, {Name: "associatedDialogId", Value: shown(c.AssociatedDialog, "#|")}}
	for _, v := range c.Variables {
		want = append(want, protocol.Variable{Name: shown(v.Name, "#|"), Value: shown(v.Value, "#|")})
	}
	return want
}

func editions(t *rapid.T) protocol.Edition {
	return rapid.SampledFrom([]protocol.Edition{protocol.Edition44, protocol.Edition4412}).Draw(t, "edition")
}

func TestStateByIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := protocol.State{
			Addressee: addressee().Draw(t, "addressee"), Member: text().Draw(t, "member"), MemberName: text().Draw(t, "member name"),
			State: text().Draw(t, "state"), ReasonCode: text().Draw(t, "reason"), ReasonLabel: text().Draw(t, "label"),
			Pending: text().Draw(t, "pending"), ChangedAt: moment().Draw(t, "changed"),
			LoginName: text().Draw(t, "login name"), Extension: text().Draw(t, "extension"),
		}
		fullName, login := s.FullName, s.Agent
		if s.MemberName != "" {
			fullName = s.MemberName
		}
		if s.Member != "" {
			login = s.Member
		}
		want := []string{s.Agent, "State", s.State, s.ReasonCode, "", s.Pending, printed(s.ChangedAt), fullName, login, s.Extension, s.ReasonLabel, s.FullName, s.LoginName}
		for i := range want {
			want[i] = shown(want[i], "#")
		}
		require.Equal(t, want, fields(t, s, editions(t)))

		// A client written from the page reads the agent's name at index 4.
		s.Member = ""
		require.Equal(t, []string{shown(s.Agent, "#"), "State", shown(s.State, "#"), shown(s.ReasonCode, "#"), shown(s.FullName, "#")},
			fields(t, s, protocol.EditionPage))
	})
}

func TestInboundCallByIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := call().Draw(t, "call")
		f := fields(t, protocol.InboundCall{Call: c}, editions(t))
		require.Len(t, f, 10)
		require.Equal(t, []string{shown(c.Agent, "#"), "InboundCall", c.State, "DialogID:" + shown(c.DialogID, "#"), shown(c.From, "#")}, f[:5])
		require.Empty(t, cmp.Diff(wantPairs(c), pairs(t, f[5])))
		require.Equal(t, []string{printed(c.Start), "CallType:" + shown(c.CallType, "#"), "ParticipantsCount:" + strconv.Itoa(len(c.Participants))}, f[6:9])
		page := fields(t, protocol.InboundCall{Call: c}, protocol.EditionPage)
		require.Equal(t, append(f[:7:7], shown(c.FullName, "#")), page)
		list, ok := strings.CutPrefix(f[9], "participants:")
		require.True(t, ok)
		if len(c.Participants) == 0 {
			require.Empty(t, list)
			return
		}
		rows := strings.Split(list, "|")
		require.Len(t, rows, len(c.Participants))
		for i, p := range c.Participants {
			kind := p.AddressType
			if kind == "" {
				kind = "NULL"
			}
			want := []string{shown(p.Address, "#|,"), shown(p.State, "#|,"), shown(kind, "#|,"), shown(p.StateCause, "#|,"), printed(p.ChangedAt)}
			require.Equal(t, want, strings.Split(rows[i], ","))
		}
	})
}

func TestNewInboundCallByIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := call().Draw(t, "call")
		f := fields(t, protocol.NewInboundCall{Call: c}, editions(t))
		require.Len(t, f, 7)
		require.Equal(t, shown(c.From, "#"), f[2])
		require.Empty(t, cmp.Diff(wantPairs(c), pairs(t, f[3])))
		require.Equal(t, "DialogID:"+shown(c.DialogID, "#"), f[4])
		require.Equal(t, "CallType:"+shown(c.CallType, "#"), f[5])
		require.Equal(t, printed(c.Start), f[6])

		page := fields(t, protocol.NewInboundCall{Call: c}, protocol.EditionPage)
		require.Len(t, page, 5)
		require.Equal(t, []string{shown(c.From, "#"), "DialogID:" + shown(c.DialogID, "#")}, []string{page[2], page[4]})
		bare, named, _ := strings.Cut(page[3], "|")
		require.Equal(t, shown(c.ANI, "#|"), bare)
		if len(c.Variables) == 0 {
			require.Empty(t, named)
		} else {
			require.Empty(t, cmp.Diff(wantPairs(c)[2:], pairs(t, named)))
		}

		old := fields(t, protocol.NewInboundCall{Call: c}, protocol.Edition3)
		require.Len(t, old, 5)
		want := []string{shown(c.ANI, "#,")}
		for _, v := range c.Variables {
			want = append(want, shown(v.Value, "#,"))
		}
		require.Equal(t, want, strings.Split(old[3], ","))
	})
}

func TestConsultCallByIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := call().Draw(t, "call")
		f := fields(t, protocol.ConsultCall{Call: c}, editions(t))
		require.Len(t, f, 8)
		require.Equal(t, []string{shown(c.Agent, "#"), "ConsultCall", c.State, "AssDialogID:" + shown(c.DialogID, "#"), shown(c.From, "#")}, f[:5])
		require.Empty(t, cmp.Diff(wantPairs(c), pairs(t, f[5])))
		require.Equal(t, []string{printed(c.Start), shown(c.FullName, "#")}, f[6:])
	})
}

func TestReasonCodesByIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := protocol.ReasonCodes{Addressee: addressee().Draw(t, "addressee"), Category: protocol.ReasonNotReady}
		n := rapid.IntRange(1, 4).Draw(t, "n")
		var codes, labels []string
		for range n {
			reason := protocol.Reason{Code: text().Draw(t, "code"), Label: text().Draw(t, "label")}
			r.Reasons = append(r.Reasons, reason)
			codes, labels = append(codes, shown(reason.Code, "#,")), append(labels, shown(reason.Label, "#,"))
		}
		f := fields(t, r, editions(t))
		require.Len(t, f, 6)
		require.Equal(t, codes, strings.Split(f[3], ","))
		require.Equal(t, labels, strings.Split(strings.TrimPrefix(f[4], "Labels:"), ","))
	})
}

func TestAgentInfoByIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := protocol.AgentInfo{
			Addressee: addressee().Draw(t, "addressee"), FirstName: text().Draw(t, "first"), LastName: text().Draw(t, "last"),
			LoginName: text().Draw(t, "login"), Supervisor: rapid.Bool().Draw(t, "supervisor"), WrapUpOnIncoming: "OPTIONAL",
			Team: protocol.Team{ID: text().Draw(t, "team")},
		}
		for range rapid.IntRange(1, 3).Draw(t, "teams") {
			a.Teams = append(a.Teams, protocol.Team{ID: text().Draw(t, "id"), Name: text().Draw(t, "name")})
		}
		f := fields(t, a, editions(t))
		require.Equal(t, []string{shown(a.FirstName, "#"), shown(a.LastName, "#"), strconv.FormatBool(a.Supervisor), "OPTIONAL"}, f[2:6])
		tail := []string{shown(a.Team.ID, "#"), shown(a.FullName, "#"), shown(a.LoginName, "#")}
		if !a.Supervisor {
			require.Equal(t, tail, f[6:])
			return
		}
		require.Equal(t, "TotalNumberOfTeams:"+strconv.Itoa(len(a.Teams)), f[6])
		require.Equal(t, tail, f[8:])
		teams := strings.Split(f[7], "|")
		require.Len(t, teams, len(a.Teams))
		for i, team := range a.Teams {
			require.Equal(t, []string{shown(team.ID, "#|,"), shown(team.Name, "#|,")}, strings.Split(teams[i], ","))
		}
	})
}

// TestJSONCarriesDataVerbatim: what a JSON client decodes is what went in [D5].
func TestJSONCarriesDataVerbatim(t *testing.T) {
	type participant struct{ MediaAddress, State, AddressType, StateCause, StateChangeTime string }
	rapid.Check(t, func(t *rapid.T) {
		c := call().Draw(t, "call")
		d, err := protocol.NewDialect(protocol.Edition4412, protocol.FormatJSON, "", time.UTC)
		require.NoError(t, err)
		e, ok := protocol.Encode(protocol.InboundCall{Call: c}, d)
		require.True(t, ok)
		require.NotContains(t, e.Body, "\x00")
		var got struct {
			Type, DialogID, State, StartTime, FromAddress, CallType, QueueName, AgentID string
			AssociatedDialogID                                                          *string
			CallVariables                                                               []map[string]string
			Participants                                                                []participant
		}
		require.NoError(t, json.Unmarshal([]byte(e.Body), &got))
		require.Equal(t,
			[]string{"InboundCall", c.DialogID, c.State, printed(c.Start), c.From, c.CallType, c.QueueName, c.Agent},
			[]string{got.Type, got.DialogID, got.State, got.StartTime, got.FromAddress, got.CallType, got.QueueName, got.AgentID})
		if c.AssociatedDialog == "" {
			require.Nil(t, got.AssociatedDialogID)
		} else {
			require.Equal(t, c.AssociatedDialog, *got.AssociatedDialogID)
		}
		var vars []map[string]string
		for _, v := range c.Variables {
			vars = append(vars, map[string]string{v.Name: v.Value})
		}
		require.Equal(t, append(vars, map[string]string{"ani": c.ANI}), got.CallVariables)
		require.Len(t, got.Participants, len(c.Participants))
		for i, p := range c.Participants {
			require.Equal(t, participant{p.Address, p.State, p.AddressType, p.StateCause, printed(p.ChangedAt)}, got.Participants[i])
		}
	})
}
