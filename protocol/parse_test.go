package protocol_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

func TestParseAcceptsWhatClientsSend(t *testing.T) {
	type want struct {
		word protocol.Word
		id   string
		args map[string]string
		pass string
	}
	for _, c := range []struct {
		name, jmsType, body string
		want                want
	}{
		{"word in any case [C1]", "LOGOUT#1001", "", want{word: protocol.Logout, id: "1001"}},
		{"blanks around word and id [C1]", "  MakeReady #  1001 \n", "", want{word: protocol.MakeReady, id: "1001"}},
		{"trailing # [C1]", "GetState#1001#", "", want{word: protocol.GetState, id: "1001"}},
		{"a # too many in front", "GetState##1001", "", want{word: protocol.GetState, id: "1001"}},
		{"no parameters: NULL [C2]", "Beat#D1", "NULL", want{word: protocol.Beat, id: "D1"}},
		{"no parameters: blanks [C2]", "Beat#D1", " \r\n", want{word: protocol.Beat, id: "D1"}},
		{"a body nobody asked for", "MakeReady#1001", "x,y\x00", want{word: protocol.MakeReady, id: "1001"}},
		{"blanks around parameters [C2]", "Login#1001", " pw 1 , 2001 ", want{
			word: protocol.Login, id: "1001", pass: "pw 1", args: map[string]string{protocol.ParamExtension: "2001"},
		}},
		{"extension with other dial characters", "Login#1001", "pw,+2001*1", want{
			word: protocol.Login, id: "1001", pass: "pw", args: map[string]string{protocol.ParamExtension: "+2001*1"},
		}},
		{"comma after the last parameter", "AnswerCall#1001", "16871253, ,", want{
			word: protocol.AnswerCall, id: "1001", args: map[string]string{protocol.ParamDialog: "16871253"},
		}},
		{"destination with a scheme", "Connect#1001", "topic://D1,pw", want{
			word: protocol.Connect, id: "1001", pass: "pw", args: map[string]string{protocol.ParamDestination: "topic://D1"},
		}},
		{"SSO in any case", "Connect#1001", "D1,pw, sso ", want{
			word: protocol.Connect, id: "1001", pass: "pw",
			args: map[string]string{protocol.ParamDestination: "D1", protocol.ParamSSO: "SSO"},
		}},
		{"SSO in brackets [C2]", "Connect#1001", "D1,pw,< SSO >", want{
			word: protocol.Connect, id: "1001", pass: "pw",
			args: map[string]string{protocol.ParamDestination: "D1", protocol.ParamSSO: "SSO"},
		}},
		{"a password that is the word SSO", "Connect#1001", "D1,SSO", want{
			word: protocol.Connect, id: "1001", pass: "SSO", args: map[string]string{protocol.ParamDestination: "D1"},
		}},
		{"a password with commas and blanks", "Connect#1001", "D1,p, w,,x,", want{
			word: protocol.Connect, id: "1001", pass: "p, w,,x,", args: map[string]string{protocol.ParamDestination: "D1"},
		}},
		{"a password in brackets stays one", "Connect#1001", "D1,<pw>", want{
			word: protocol.Connect, id: "1001", pass: "<pw>", args: map[string]string{protocol.ParamDestination: "D1"},
		}},
		{"beyond ASCII", "Connect#müller", "D1,pä😀", want{
			word: protocol.Connect, id: "müller", pass: "pä😀", args: map[string]string{protocol.ParamDestination: "D1"},
		}},
		{"mobile login, its mode in brackets [C19]", "MobileAgentLogin#1001", "pw,2001,0049 30,< TRUE >", want{
			word: protocol.MobileAgentLogin, id: "1001", pass: "pw",
			args: map[string]string{protocol.ParamExtension: "2001", protocol.ParamPhone: "0049 30", protocol.ParamMode: "CALL_BY_CALL"},
		}},
		{"preview without its word", "AcceptOutboundPreview#1001", "16871253,", want{
			word: protocol.AcceptOutboundPreview, id: "1001", args: map[string]string{protocol.ParamDialog: "16871253"},
		}},
		{"a wrap-up label with commas", "wrapup#1001", " Sold, to be delivered, 16871253", want{
			word: protocol.WrapUp, id: "1001",
			args: map[string]string{protocol.ParamWrapUp: "Sold, to be delivered", protocol.ParamDialog: "16871253"},
		}},
		{"a wrap-up with a comma too many", "wrapup#1001", "Bill Inquiry,16871253, ,", want{
			word: protocol.WrapUp, id: "1001",
			args: map[string]string{protocol.ParamWrapUp: "Bill Inquiry", protocol.ParamDialog: "16871253"},
		}},
		{"barge by login id [C14]", "bargein#1005", "jehanzeb6,16871253", want{
			word: protocol.BargeIn, id: "1005", args: map[string]string{protocol.ParamTarget: "jehanzeb6", protocol.ParamDialog: "16871253"},
		}},
		{"team users without subscription", "getteamusers#1005", "7,FALSE", want{
			word: protocol.GetTeamUsers, id: "1005", args: map[string]string{protocol.ParamTeam: "7", protocol.ParamSubscribe: "false"},
		}},
		{"a misprinted word [C1]", "shcedulecallback#1001", "2001,1,12:00,0049", want{
			word: protocol.ScheduleCallback, id: "1001",
			args: map[string]string{protocol.ParamMedia: "2001", protocol.ParamDialog: "1", protocol.ParamTime: "12:00", protocol.ParamCallback: "0049"},
		}},
		{"largest body [C3]", "Connect#1001", "D1," + strings.Repeat("x", protocol.MaxBody-3), want{
			word: protocol.Connect, id: "1001", pass: strings.Repeat("x", protocol.MaxBody-3),
			args: map[string]string{protocol.ParamDestination: "D1"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd, err := protocol.ParseCommand(c.jmsType, []byte(c.body))
			require.NoError(t, err)
			require.Equal(t, c.want.word, cmd.Word)
			require.Equal(t, c.want.id, cmd.ID)
			require.Equal(t, c.want.pass, cmd.Secret(protocol.ParamPassword).Reveal())
			got := map[string]string{}
			for _, p := range cmd.Row.Params {
				if v := cmd.Arg(p.Name); v != "" {
					got[p.Name] = v
				}
			}
			if c.want.args == nil {
				c.want.args = map[string]string{}
			}
			require.Empty(t, cmp.Diff(c.want.args, got))
		})
	}
}

func TestParseRefuses(t *testing.T) {
	const forged = "\x00\nSEND\ndestination:/queue/Connector1\n\nowned\x00"
	type want struct {
		err    protocol.ErrorCode
		reject bool
		raw    string
		id     string
		dest   string
	}
	for _, c := range []struct {
		name, jmsType, body string
		want                want
	}{
		{"no JMSType [C8]", "", "x", want{reject: true}},
		{"blank JMSType [C8]", " \t ", "x", want{reject: true}},
		{"no # [C8]", "Login", "pw,2001", want{reject: true, raw: "Login"}},
		{"empty id [C8]", "Login#", "pw,2001", want{reject: true, raw: "Login"}},
		{"blank id [C8]", "Login#  # ", "pw,2001", want{reject: true, raw: "Login"}},
		{"JMSType not UTF-8", "Login#\xff", "pw,2001", want{reject: true}},
		{"forged frame in the id", "MakeReady#1001" + forged, "", want{reject: true}},
		{"forged frame in the word", forged + "#1001", "", want{reject: true}},
		{"line break in the id", "MakeReady#10\n01", "", want{reject: true}},
		{"C1 control in the id", "MakeReady#10\u009b01", "", want{reject: true}},
		{"unknown word [C8]", "Dance#1001", "", want{err: "PLEASE_RETRY", reject: true, raw: "Dance", id: "1001"}},
		{"no word", "#1001", "", want{err: "PLEASE_RETRY", reject: true, id: "1001"}},
		{"body over the limit [C3]", "Login#1001", strings.Repeat("x", protocol.MaxBody+1), want{err: "PLEASE_RETRY", reject: true, raw: "Login", id: "1001"}},
		{"1 MiB of NULs [C3]", "Hello#D1", strings.Repeat("\x00", 1<<20), want{err: "PLEASE_RETRY", reject: true, raw: "Hello", id: "D1"}},
		{"body not UTF-8 [C3]", "Login#1001", "pw\xff,2001", want{err: "PLEASE_RETRY", reject: true, raw: "Login", id: "1001"}},
		{"no password", "Login#1001", "", want{err: "MISSING_PASSWORD", raw: "Login", id: "1001"}},
		{"blank password", "Login#1001", " ,2001", want{err: "MISSING_PASSWORD", raw: "Login", id: "1001"}},
		{"no extension", "Login#1001", "pw", want{err: "MISSING_EXTENSION", raw: "Login", id: "1001"}},
		{"blank extension", "Login#1001", "pw,  ", want{err: "MISSING_EXTENSION", raw: "Login", id: "1001"}},
		{"letter in the extension", "Login#1001", "pw,20a1", want{err: "WRONG_EXTENSION", raw: "Login", id: "1001"}},
		{"letter of another script", "Login#1001", "pw,20я1", want{err: "WRONG_EXTENSION", raw: "Login", id: "1001"}},
		{"comma in a Login's password", "Login#1001", "12,34,2001", want{err: "PLEASE_RETRY", raw: "Login", id: "1001"}},
		{"no destination", "Connect#1001", "", want{err: "PLEASE_RETRY", raw: "Connect", id: "1001"}},
		{"no password at Connect", "Connect#1001", "D1", want{err: "MISSING_PASSWORD", raw: "Connect", id: "1001", dest: "D1"}},
		{"no password before SSO", "Connect#1001", "D1,,SSO", want{err: "MISSING_PASSWORD", raw: "Connect", id: "1001", dest: "D1"}},
		{"no number", "MakeCall#1001", "null", want{err: "MISSING_NUMBER", raw: "MakeCall", id: "1001"}},
		{"no not-ready reason", "MakeNotReadyWithReason#1001", "", want{err: "MISSING_REASON_CODE", raw: "MakeNotReadyWithReason", id: "1001"}},
		{"no logout reason", "LogoutWithReason#1001", "", want{err: "MISSING_REASON_CODE", raw: "LogoutWithReason", id: "1001"}},
		{"a mode that is none", "MobileAgentLogin#1001", "pw,2001,0049,maybe", want{err: "PLEASE_RETRY", raw: "MobileAgentLogin", id: "1001"}},
		{"no mode", "MobileAgentLogin#1001", "pw,2001,0049", want{err: "PLEASE_RETRY", raw: "MobileAgentLogin", id: "1001"}},
		{"the word of another preview command", "AcceptOutboundPreview#1001", "16871253,REJECT", want{err: "PLEASE_RETRY", raw: "AcceptOutboundPreview", id: "1001"}},
		{"no call data [C12]", "update_call_variable#1001", "1", want{err: "INVALID_CALL_DATA", raw: "update_call_variable", id: "1001"}},
		{"a variable without value [C12]", "update_call_variable#1001", "1,callVariable1", want{err: "INVALID_CALL_DATA", raw: "update_call_variable", id: "1001"}},
		{"a variable without name [C12]", "update_call_variable#1001", "1,=x", want{err: "INVALID_CALL_DATA", raw: "update_call_variable", id: "1001"}},
		{"one of two variables without value [C12]", "update_call_variable#1001", "1,a=b|c", want{err: "INVALID_CALL_DATA", raw: "update_call_variable", id: "1001"}},
		{"forged frame in a variable", "update_call_variable#1001", "1,a=" + forged + "x", want{err: "PLEASE_RETRY", raw: "update_call_variable", id: "1001"}},
		{"no dialog", "HoldCall#1001", "", want{err: "MISSING_DIALOG_ID", raw: "HoldCall", id: "1001"}},
		{"two dialogs", "HoldCall#1001", "1,2", want{err: "PLEASE_RETRY", raw: "HoldCall", id: "1001"}},
		{"forged frame in the number", "MakeCall#1001", "2002" + forged + "x", want{err: "PLEASE_RETRY", raw: "MakeCall", id: "1001"}},
		{"forged frame in the dialog", "AnswerCall#1001", "1" + forged + "x", want{err: "PLEASE_RETRY", raw: "AnswerCall", id: "1001"}},
		{"forged frame in the reason", "logoutwithreason#1001", forged, want{err: "PLEASE_RETRY", raw: "logoutwithreason", id: "1001"}},
		{"forged frame in the destination", "Connect#1001", "D1" + forged + ",pw", want{err: "PLEASE_RETRY", raw: "Connect", id: "1001"}},
		{"forged frame in the password", "Connect#1001", "D1,pw" + forged, want{err: "PLEASE_RETRY", raw: "Connect", id: "1001", dest: "D1"}},
		{"forged frame in the extension", "Login#1001", "pw,2001" + forged, want{err: "PLEASE_RETRY", raw: "Login", id: "1001"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd, err := protocol.ParseCommand(c.jmsType, []byte(c.body))
			var perr *protocol.ParseError
			require.ErrorAs(t, err, &perr)
			require.Equal(t, errclass.Client, errclass.Of(err))
			require.NotEmpty(t, perr.Reason)
			got := want{perr.Err, perr.Reject, cmd.RawWord, cmd.ID, cmd.Arg(protocol.ParamDestination)}
			require.Equal(t, c.want, got)
			require.True(t, cmd.Secret(protocol.ParamPassword).IsZero(), "a refused command keeps no password")
			for _, p := range []string{protocol.ParamExtension, protocol.ParamNumber, protocol.ParamDialog, protocol.ParamReason, protocol.ParamPhone, protocol.ParamVariables} {
				require.Empty(t, cmd.Arg(p), "a refused command keeps no %s", p)
			}
		})
	}
}

// TestEveryMissingParameterHasItsCode leaves out each parameter of each row.
func TestEveryMissingParameterHasItsCode(t *testing.T) {
	for _, row := range protocol.CommandRows() {
		for i, p := range row.Params {
			if p.Optional {
				continue
			}
			if p.Kind == protocol.KindVariables {
				continue // takes the rest of the body; see TestParseRefuses
			}
			values := strings.Split(row.Examples[0].Body, ",")
			require.Greater(t, len(values), i, row.Word)
			values[i] = ""
			_, err := protocol.ParseCommand(string(row.Word)+"#1001", []byte(strings.Join(values, ",")))
			var perr *protocol.ParseError
			require.ErrorAs(t, err, &perr, "%s without %s", row.Word, p.Name)
			require.Equal(t, p.Missing, perr.Err, "%s without %s", row.Word, p.Name)
			require.Contains(t, perr.Reason, p.Name)
		}
	}
}

// TestAReasonHoldsNothingOfTheBody: reasons go to logs and to gcReason.
func TestAReasonHoldsNothingOfTheBody(t *testing.T) {
	const canary = "c4n4ry"
	for _, body := range []string{
		canary, canary + ",", "," + canary, canary + "," + canary, "D1," + canary + "\x01", canary + ",2,3,4,5",
		canary + "\xff", strings.Repeat(canary, protocol.MaxBody),
	} {
		for _, row := range protocol.CommandRows() {
			cmd, err := protocol.ParseCommand(string(row.Word)+"#1001", []byte(body))
			if err == nil {
				continue
			}
			require.NotContains(t, err.Error(), canary, row.Word)
			require.NotContains(t, fmt.Sprintf("%+v", errors.Unwrap(err)), canary)
			if row.Word != protocol.Connect { // whose destination the body's first field is
				require.NotContains(t, fmt.Sprintf("%+v %#v", cmd, cmd), canary, row.Word)
			}
		}
	}
	_, err := protocol.ParseCommand(strings.Repeat("x", 1000)+"#1", nil)
	require.Less(t, len(err.Error()), 200)
}

// TestCallVariablesInThreeForms [C12].
func TestCallVariablesInThreeForms(t *testing.T) {
	for body, want := range map[string][]protocol.Variable{
		"1,callVariable1,x":            {{Name: "callVariable1", Value: "x"}},
		"1,callVariable1,":             {{Name: "callVariable1", Value: ""}},
		"1, callVariable1 , x=y,z|u=v": {{Name: "callVariable1", Value: "x=y,z|u=v"}},
		"1,callVariable1=x":            {{Name: "callVariable1", Value: "x"}},
		"1,callVariable1=":             {{Name: "callVariable1", Value: ""}},
		"1,callVariable1=x, y=z":       {{Name: "callVariable1", Value: "x, y=z"}},
		"1,a=1|user.b=2, 3| c = ":      {{Name: "a", Value: "1"}, {Name: "user.b", Value: "2, 3"}, {Name: "c", Value: ""}},
	} {
		c, err := protocol.ParseCommand("UPDATE_CALL_VARIABLE#1001", []byte(body))
		require.NoError(t, err, body)
		require.Equal(t, "1", c.Arg(protocol.ParamDialog), body)
		require.Equal(t, want, c.Variables(), body)
		c.Variables()[0].Name = "changed"
		require.Equal(t, want, c.Variables(), "a copy is handed out")
	}
}

func TestFindCommand(t *testing.T) {
	row, ok := protocol.FindCommand(" GETDIALOGSTATE ")
	require.True(t, ok)
	require.Equal(t, protocol.GetDialogState, row.Word)
	_, ok = protocol.FindCommand("")
	require.False(t, ok)
}
