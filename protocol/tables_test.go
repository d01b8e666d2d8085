package protocol_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol"
)

func TestCommandTable(t *testing.T) {
	known := map[protocol.Code]bool{}
	for _, row := range protocol.OutputRows() {
		known[row.Code] = true
	}
	words, clauses := map[string]bool{}, map[string]bool{}
	for _, row := range protocol.CommandRows() {
		for _, w := range append([]string{string(row.Word)}, row.Aliases...) {
			require.False(t, words[strings.ToLower(w)], "word %s twice", w)
			words[strings.ToLower(w)] = true
		}
		require.NotEmpty(t, row.Clauses, row.Word)
		for _, c := range row.Clauses {
			require.Regexp(t, regexp.MustCompile(`^[ASMX]-\d\d$`), c.ID)
			require.NotEmpty(t, c.Name)
			require.False(t, clauses[c.ID], "clause %s twice", c.ID)
			clauses[c.ID] = true
		}
		require.NotEmpty(t, row.Category, row.Word)
		wide := 0
		for i, p := range row.Params {
			last := i == len(row.Params)-1
			require.NotEmpty(t, p.Name, row.Word)
			require.Equal(t, p.Optional, p.Missing == "", "%s %s: a mandatory parameter has a code, an optional one none", row.Word, p.Name)
			require.Equal(t, p.Kind == protocol.KindLiteral, len(p.Literals) > 0, "%s %s", row.Word, p.Name)
			if p.Optional {
				require.True(t, last, "%s %s: only the last parameter may be absent", row.Word, p.Name)
			}
			if p.Commas {
				wide++
				require.True(t, last || i == len(row.Params)-2 && row.Params[i+1].Optional || row.Word == protocol.WrapUp, "%s %s [C2]", row.Word, p.Name)
			}
		}
		require.LessOrEqual(t, wide, 1, "%s: at most one parameter may hold commas", row.Word)
		for _, a := range row.Answers {
			require.True(t, known[a], "%s answers %s, which has no row", row.Word, a)
		}
	}
}

// TestEveryClauseOfThePageHasItsRow counts the rows of the page's tables: 41
// agent, 7 supervisor and 3 admin commands, 10 of later editions, 31 outputs.
func TestEveryClauseOfThePageHasItsRow(t *testing.T) {
	got := map[string]bool{}
	for _, row := range protocol.CommandRows() {
		for _, c := range row.Clauses {
			got[c.ID] = true
		}
	}
	want := map[string]bool{}
	for table, n := range map[string]int{"A": 41, "S": 7, "M": 3, "X": 10} {
		for i := range n {
			want[fmt.Sprintf("%s-%02d", table, i+1)] = true
		}
	}
	require.Equal(t, want, got)

	codes := map[protocol.Code]bool{}
	for _, row := range protocol.OutputRows() {
		require.False(t, codes[row.Code], "%s twice", row.Code)
		codes[row.Code] = true
		require.NotEmpty(t, row.Name, row.Code)
		require.NotEmpty(t, row.Category, row.Code)
	}
	for i := range 31 {
		require.True(t, codes[protocol.Code(fmt.Sprintf("O-%03d", i+1))], "O-%03d", i+1)
	}
	require.Len(t, codes, 31+7)
	require.Equal(t, protocol.Code("O-001"), protocol.OutputRows()[0].Code)
	require.Equal(t, protocol.Code("O-031"), protocol.OutputRows()[30].Code)
}

// TestWhatMustNotRunTwice names the commands that make or move a call.
func TestWhatMustNotRunTwice(t *testing.T) {
	var once []protocol.Word
	for _, row := range protocol.CommandRows() {
		if row.Once {
			once = append(once, row.Word)
		}
	}
	require.ElementsMatch(t, []protocol.Word{
		protocol.MakeCall, protocol.TransferSST, protocol.Consult, protocol.TransferCall, protocol.ConferenceCall,
		protocol.AcceptOutboundPreview, protocol.ScheduleCallback, protocol.UpdateCallback, protocol.CancelCallback,
		protocol.SilentMonitor, protocol.BargeIn,
	}, once)
}

func TestTablesAreHandedOutAsCopies(t *testing.T) {
	rows := protocol.CommandRows()
	rows[2].Params[0].Name, rows[2].Params[2].Literals[0].Word, rows[2].Clauses[0].ID = "x", "x", "x"
	rows[2].Answers[0], rows[2].Examples[0].Body = "x", "x"
	require.Equal(t, protocol.ParamDestination, protocol.CommandRows()[2].Params[0].Name)
	require.Equal(t, "SSO", protocol.CommandRows()[2].Params[2].Literals[0].Word)
	require.Equal(t, "A-03", protocol.CommandRows()[2].Clauses[0].ID)
	require.NotEqual(t, "x", protocol.CommandRows()[2].Answers[0])
	require.NotEqual(t, "x", protocol.CommandRows()[2].Examples[0].Body)

	protocol.OutputRows()[0].Examples[0].Name = "x"
	require.NotEqual(t, "x", protocol.OutputRows()[0].Examples[0].Name)
	protocol.ErrorRows()[0].Code = "x"
	require.NotEqual(t, protocol.ErrorCode("x"), protocol.ErrorRows()[0].Code)
	protocol.UserMessages()[0].Text = "x"
	require.NotEqual(t, "x", protocol.UserMessages()[0].Text)
}

func TestErrorTable(t *testing.T) {
	seen, byClause := map[protocol.ErrorCode]protocol.ErrorRow{}, map[string]int{}
	for _, row := range protocol.ErrorRows() {
		require.NotContains(t, seen, row.Code)
		seen[row.Code] = row
		byClause[row.Clause]++
		require.Contains(t, []string{"Finesse", "GC"}, row.Origin, row.Code)
		if row.Clause != protocol.ClauseCTI {
			require.NotEmpty(t, row.Description, row.Code)
		}
		if row.Number != 0 {
			require.True(t, protocol.IsErrorConstant(string(row.Code)), row.Code)
		}
	}
	require.Equal(t, 30, byClause[protocol.ClausePage], "rows of the page's table Errors")
	require.Equal(t, 2, byClause[protocol.ClauseUserMessages])
	require.Equal(t, protocol.ErrorCode("CF_INVALID_CALLED_DEVICE"), protocol.ErrorRows()[0].Code)
	require.Equal(t, "Phone extension is already in use", seen["CF_RESOURCE_BUSY"].UserMessage)
	require.Equal(t, 260, seen["CF_INVALID_LOGON_DEVICE_SPECIFIED"].Number)
	require.Equal(t, 13, seen["E_CTI_INVALID_CALLID"].Number)
	for _, m := range protocol.UserMessages() {
		if m.Event == "Error" {
			require.Equal(t, m.Text, seen[protocol.ErrorCode(m.Value)].UserMessage, m.Value)
		}
	}
}

func TestUserMessageTable(t *testing.T) {
	page := 0
	for _, m := range protocol.UserMessages() {
		require.Contains(t, []string{"Error", "State", "InboundCall", "ConsultCall"}, m.Event)
		if m.Clause == protocol.ClausePage {
			page++
		}
	}
	require.Equal(t, 35, page, "rows of the page's table User Messages")
}

func TestErrorByNumber(t *testing.T) {
	for n, want := range map[int]protocol.ErrorCode{
		0: "CF_GENERIC_UNSPECIFIED", 8: "CF_PRIVILEGE_VIOLATION_ON_SPECIFIED_DEVICE", 10: "CF_PRIVILEGE_VIOLATION_ON_CALLING_DEVICE",
		13: "CF_INVALID_CSTA_CONNECTION_IDENTIFIER", // and not E_CTI_INVALID_CALLID
		16: "E_CTI_TIMEOUT", 22: "CF_INVALID_OBJECT_STATE", 34: "CF_RESOURCE_OUT_OF_SERVICE", 94: "E_CTI_JTAPI_CCM_PROBLEM",
		260: "CF_INVALID_LOGON_DEVICE_SPECIFIED", 293: "CF_EXTENSION_NOT_UNIQUE", 1010: "CF_INVALID_PARAMETER",
	} {
		got, ok := protocol.ErrorByNumber(n)
		require.True(t, ok, n)
		require.Equal(t, want, got, n)
	}
	for _, n := range []int{-1, 20, 30, 93, 20999, 2001} {
		_, ok := protocol.ErrorByNumber(n)
		require.False(t, ok, n)
	}
	for _, row := range protocol.ErrorRows() {
		if strings.HasPrefix(string(row.Code), "CF_") && row.Number != 0 {
			got, _ := protocol.ErrorByNumber(row.Number)
			require.Equal(t, row.Code, got)
		}
	}
}

func TestIsErrorConstant(t *testing.T) {
	for _, s := range []string{"CF_RESOURCE_BUSY", "E_CTI_INVALID_CALLID", "CF_NOT_IN_ANY_TABLE_2"} {
		require.True(t, protocol.IsErrorConstant(s), s)
	}
	for _, s := range []string{"", "CF_", "E_CTI_", "cf_resource_busy", "CF_RESOURCE BUSY", "CF_A#B", "INVALID_ACTION x", "USER_NOT_FOUND", "E_ARM_STAT_X"} {
		require.False(t, protocol.IsErrorConstant(s), s)
	}
}

func TestErrorMessage(t *testing.T) {
	require.Equal(t, "Invalid LoginId / Password.", protocol.ErrSubscriptionFailed.Message())
	require.Equal(t, "Dialog id is missing in request", protocol.ErrMissingDialogID.Message())
	require.Equal(t, "CF_NOT_IN_ANY_TABLE", protocol.ErrorCode("CF_NOT_IN_ANY_TABLE").Message())
}

func TestNewDialect(t *testing.T) {
	for _, c := range []struct {
		edition, format, hash, wantErr string
	}{
		{"3", "DEFAULT", "", ""},
		{"page", "DEFAULT", "", ""},
		{"4.4", "JSON", "", ""},
		{"4.4", "json", "", ""},
		{"4.4.12", "DEFAULT", "%23", ""},
		{"3", "JSON", "", "edition 3 has no JSON messages: set GC_MESSAGE_FORMAT=DEFAULT"},
		{"page", "JSON", "", "edition page has no JSON messages: set GC_MESSAGE_FORMAT=DEFAULT, or GC_EDITION to 4.4 or 4.4.12"},
		{"4.4", "XML", "", "no published source shows"},
		{"4.4", "xml", "", "GC_MESSAGE_FORMAT"},
		{"4.4", "", "", "GC_MESSAGE_FORMAT"},
		{"", "JSON", "", "GC_EDITION"},
		{"4.5", "JSON", "", "GC_EDITION"},
		{"4.4", "JSON", "#", "GC_HASH_REPLACEMENT"},
		{"4.4", "JSON", "a|b", "GC_HASH_REPLACEMENT"},
		{"4.4", "JSON", "\x00", "GC_HASH_REPLACEMENT"},
	} {
		d, err := protocol.NewDialect(protocol.Edition(c.edition), protocol.Format(c.format), c.hash, nil)
		if c.wantErr != "" {
			require.ErrorContains(t, err, c.wantErr)
			require.Zero(t, d)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, time.Local, d.Location)
		require.NotEmpty(t, d.HashReplacement)
		require.Equal(t, strings.ToUpper(c.format), string(d.Format))
	}
}

func TestWithFormatChangesOnlyTheFormat(t *testing.T) {
	d, err := protocol.NewDialect(protocol.Edition4412, protocol.FormatJSON, "%23", time.UTC)
	require.NoError(t, err)
	text, err := d.WithFormat(protocol.FormatDefault)
	require.NoError(t, err)
	require.Equal(t, protocol.Dialect{Edition: protocol.Edition4412, Format: protocol.FormatDefault, HashReplacement: "%23", Location: time.UTC}, text)
	old, err := protocol.NewDialect(protocol.Edition3, protocol.FormatDefault, "", time.UTC)
	require.NoError(t, err)
	_, err = old.WithFormat(protocol.FormatJSON)
	require.Error(t, err)
	page, err := protocol.NewDialect(protocol.EditionPage, protocol.FormatDefault, "", time.UTC)
	require.NoError(t, err)
	_, err = page.WithFormat(protocol.FormatJSON)
	require.Error(t, err)
}
