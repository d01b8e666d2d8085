package client

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

// scriptMistakes are lines that must be refused before anything runs.
func scriptMistakes() map[string]string {
	return map[string]string{
		"dance":                   "no such command",
		"call":                    "usage: call NUMBER",
		"answer 1 2":              "usage: answer [DIALOG]",
		"hello you":               "usage: hello",
		"quit now":                "takes no argument",
		`raw "MakeReady`:          "a quote is not closed",
		"expect":                  "usage: expect",
		"expect O-001 within 5":   "not a duration",
		"expect O-001 within -1s": "not a duration",
		"expect O-001 colour=red": "headers are",
		"sim call 1":              "usage: sim call",
		"sim drop 1 2 3":          "usage: sim call",
		"sim fly 1 2":             "usage: sim call",
	}
}

func TestScriptMistakes(t *testing.T) {
	for line, want := range scriptMistakes() {
		t.Run(line, func(t *testing.T) {
			_, err := readScript(strings.NewReader("hello\n\n" + line + "\n"))
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "line 3: ")
		})
	}
}

func TestScriptTellsAllMistakes(t *testing.T) {
	_, err := readScript(strings.NewReader("dance\nhello\nfly\n"))
	require.ErrorContains(t, err, "line 1: dance")
	require.ErrorContains(t, err, "line 3: fly")
}

func TestDayIsAScript(t *testing.T) {
	statements, err := readScript(strings.NewReader(Day))
	require.NoError(t, err)
	var commands []string
	for _, s := range statements {
		word, _, _ := strings.Cut(s.text, " ")
		if word != "#" && word != "expect" {
			commands = append(commands, word)
		}
	}
	want := []string{
		"hello", "connect", "login", "reasons", "ready", "sim", "answer", "hold", "retrieve",
		"sim", "notready", "call", "release", "logout",
	}
	require.Empty(t, cmp.Diff(want, commands))
}

func TestTokens(t *testing.T) {
	got, err := tokens(`raw  "Make Ready#7"	 a,  b `)
	require.NoError(t, err)
	want := []token{
		{text: "raw", rest: `"Make Ready#7"	 a,  b`},
		{text: "Make Ready#7", quoted: true, rest: "a,  b"},
		{text: "a,", rest: "b"},
		{text: "b"},
	}
	require.Empty(t, cmp.Diff(want, got, cmp.AllowUnexported(token{})))
}

func TestRequests(t *testing.T) {
	cfg := Config{Agent: "1001", Password: secret.New("pw1001"), Extension: "2001", Destination: "desk"}
	s := scene{cfg: cfg, dialog: "77"}
	tests := []struct {
		name string
		args []string
		want request
	}{
		{"hello", nil, request{jmsType: "Hello#desk"}},
		{"beat", nil, request{jmsType: "Beat#desk"}},
		{"connect", nil, request{jmsType: "Connect#1001", body: "desk,pw1001", shown: "desk,[redacted]"}},
		{"login", nil, request{jmsType: "Login#1001", body: "pw1001,2001", shown: "[redacted],2001"}},
		{"ready", nil, request{jmsType: "MakeReady#1001"}},
		{"notready", nil, request{jmsType: "MakeNotReady#1001"}},
		{"notready", []string{"12"}, request{jmsType: "MakeNotReadyWithReason#1001", body: "12"}},
		{"answer", nil, request{jmsType: "AnswerCall#1001", body: "77"}},
		{"hold", []string{"8"}, request{jmsType: "HoldCall#1001", body: "8"}},
		{"retrieve", nil, request{jmsType: "RetrieveCall#1001", body: "77"}},
		{"release", nil, request{jmsType: "ReleaseCall#1001", body: "77"}},
		{"call", []string{"555"}, request{jmsType: "MakeCall#1001", body: "555"}},
		{"state", nil, request{jmsType: "GetState#1001"}},
		{"dialog", nil, request{jmsType: "getdialogstate#1001", body: "77"}},
		{"reasons", []string{"notready"}, request{jmsType: "reasoncodenotready#1001"}},
		{"reasons", []string{"Logout"}, request{jmsType: "reasoncodelogout#1001"}},
		{"reasons", []string{"wrapup"}, request{jmsType: "wrapupreasoncode#1001"}},
		{"logout", nil, request{jmsType: "Logout#1001"}},
		{"logout", []string{"21"}, request{jmsType: "logoutwithreason#1001", body: "21"}},
		{"refresh", nil, request{jmsType: "refresh#1001"}},
		{"force_logout", nil, request{jmsType: "force_logout#1001"}},
		{"raw", []string{"Zoom"}, request{jmsType: "Zoom#1001"}},
		{"raw", []string{"Login#9", "pw1001,x"}, request{jmsType: "Login#9", body: "pw1001,x", shown: "[redacted],x"}},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		t.Run(strings.Join(append([]string{tt.name}, tt.args...), " "), func(t *testing.T) {
			v, ok := findVerb(tt.name)
			require.True(t, ok)
			got, err := v.make(s, tt.args)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(tt.want, got, cmp.AllowUnexported(request{})))
		})
		seen[tt.name] = true
	}
	for _, v := range verbs() {
		require.True(t, seen[v.name], "no test of %s", v.name)
	}
}

func TestRequestsRefused(t *testing.T) {
	answer, _ := findVerb("answer")
	_, err := answer.make(scene{}, nil)
	require.ErrorIs(t, err, errNoDialog)
	reasons, _ := findVerb("reasons")
	_, err = reasons.make(scene{}, []string{"why"})
	require.ErrorContains(t, err, "want notready, logout or wrapup")
}

// FuzzParse holds that no line breaks the parser and that what it accepts is
// something to run, or nothing.
func FuzzParse(f *testing.F) {
	for line := range strings.Lines(Day) {
		f.Add(line)
	}
	for line := range scriptMistakes() {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		s, err := parse(1, line)
		if err != nil && s.run != nil {
			t.Fatalf("%q: both an error and something to run", line)
		}
		if err == nil && (s.run == nil) != (strings.TrimSpace(line) == "") {
			t.Fatalf("%q: run is there: %t", line, s.run != nil)
		}
	})
}

func TestConfig(t *testing.T) {
	_, err := Config{}.prepared()
	require.ErrorContains(t, err, "no agent id")
	_, err = Config{Agent: "1", Format: "XML"}.prepared()
	require.ErrorContains(t, err, `format "XML"`)
	got, err := Config{Agent: "1", Format: protocol.FormatJSON}.prepared()
	require.NoError(t, err)
	require.Equal(t, "agent-1", got.Destination)
	require.Equal(t, "Connector1", got.Queue)
	require.Positive(t, got.Timeout)
}
