package client

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
)

func TestExpectationMatches(t *testing.T) {
	state := Event{
		Code: "O-001", Category: "agent_state", Type: "O-001", CorrelationID: "desk-2",
		Body: `{"type":"State","agentId":"1001","state":"NOT_READY","reasonCode":"12","label":"Lunch break"}`,
	}
	tests := []struct {
		line string
		want bool
	}{
		{"O-001", true},
		{"O-002", false},
		{"O-001 NOT_READY", true},
		{"O-001 READY", false}, // part of a word
		{"O-001 READY|NOT_READY", true},
		{"O-001 READY|WORK", false},
		{"O-001 12 1001", true},
		{"O-001 1", false},
		{`O-001 "Lunch b"`, true},
		{`O-001 "READY"`, true}, // quoted: any part of the text
		{`O-001 "lunch"`, false},
		{`O-001 "within" 5s`, false},
		{"O-001 {agent}", true},
		{"O-001 {dialog}", false}, // none seen: an empty word is nowhere
		{"O-001 type=O-001 category=agent_state", true},
		{"O-001 type=O-008", false},
		{"O-001 corr=last", true},
		{"O-001 corr=desk-1", false},
		{"O-001 recovered=true", false},
		{"O-001 recovered=false", true},
	}
	expand := scene{cfg: Config{Agent: "1001"}}.expand
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			words, err := tokens(tt.line)
			require.NoError(t, err)
			x := expectation{code: words[0].text, items: words[1:]}
			require.Equal(t, tt.want, x.matches(state, Command{CorrelationID: "desk-2"}, expand))
		})
	}
}

func TestHasWord(t *testing.T) {
	tests := []struct {
		body, word string
		want       bool
	}{
		{"1001#State#READY#", "READY", true},
		{"READY", "READY", true},
		{"NOT_READY", "READY", false},
		{"READY2", "READY", false},
		{"NOT_READY READY", "READY", true}, // the second place counts too
		{"grüREADY", "READY", false},
		{"", "READY", false},
		{"READY", "", false},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, hasWord(tt.body, tt.word), "%q in %q", tt.word, tt.body)
	}
}

func TestEvent(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	got := newEvent(&broker.Delivery{
		Type: "O-008", CorrelationID: "c", Body: []byte(`{"type":"InboundCall","dialogId":"5"}`), Received: at,
		Properties: map[string]string{"gcCode": "O-008", "gcCategory": "agent_call", "gcAgent": "1001", "gcNode": "n", "gcRecovered": "true"},
	})
	require.Equal(t, Event{
		At: at, Code: "O-008", Category: "agent_call", Agent: "1001", Node: "n", Recovered: true,
		Type: "O-008", CorrelationID: "c", Body: `{"type":"InboundCall","dialogId":"5"}`, Dialog: "5",
	}, got)
	bare := newEvent(&broker.Delivery{Body: []byte("x")})
	require.Equal(t, "?", bare.Code)
	require.False(t, bare.At.IsZero())
}

func TestPrinter(t *testing.T) {
	var out strings.Builder
	p := &printer{out: &out}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	p.command(Command{At: at, Type: "Login#1001", Body: "[redacted],2001", CorrelationID: "desk-1"})
	p.event(Event{At: at, Code: "O-001", Category: "agent_state", Type: "O-001", CorrelationID: "desk-1", Body: "1001#State#\x1b[2J\x00", Recovered: true})
	p.event(Event{At: at, Code: "O-004", Category: "system", Body: "System#IN_SERVICE"})
	want := strings.Join([]string{
		"03:04:05.006 → Login#1001                  corr=desk-1                          [redacted],2001",
		`03:04:05.006 ← O-001   agent_state         type=O-001 corr=desk-1 recovered     1001#State#\u001b[2J\u0000`,
		"03:04:05.006 ← O-004   system              type=-                               System#IN_SERVICE",
		"",
	}, "\n")
	require.Equal(t, want, out.String())

	out.Reset()
	p.colour = true
	p.event(Event{At: at, Code: "O-002", Body: "1001#Error#\x1b[2J"})
	require.Contains(t, out.String(), red+"←")
	require.NotContains(t, out.String(), "\x1b[2J", "a body must not steer the terminal")
}
