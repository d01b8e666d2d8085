package protocol

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"gcbridge/protocol/secret"
)

// AgentSync tells the other node of a pair that this one holds an agent
// [O-025]. It goes to topic ConnectorSync, never to a client, and is text in
// every dialect. Encoding it writes the password as given: seal it before,
// unless the pair is with an original connector. A password that holds '#' or
// a control character has no place in the layout and is not encoded.
type AgentSync struct {
	Agent            string
	Password         secret.Secret // sealed, or in clear for an original
	Extension        string
	SubscriptionTime time.Time // milliseconds are kept
}

// Code implements [Output].
func (AgentSync) Code() Code { return "O-025" }

// AgentID implements [Output].
func (s AgentSync) AgentID() string { return s.Agent }

// ErrNotAgentSync is a body that is no O-025: a kind of another first word, or malformed.
var ErrNotAgentSync = errors.New("protocol: not an AgentState sync message")

// ParseAgentSync reads an O-025. The subscription time is milliseconds since
// 1970, or in the printed form of [D6] in loc (nil: local), because no source
// shows what an original writes. On error the result is the zero value; the
// error is [ErrNotAgentSync] and holds nothing of the body.
func ParseAgentSync(body string, loc *time.Location) (AgentSync, error) {
	f := strings.Split(body, "#")
	if len(f) != 5 || f[0] != "AgentState" || f[1] == "" || hasControl(body) {
		return AgentSync{}, ErrNotAgentSync
	}
	s := AgentSync{Agent: f[1], Password: secret.New(f[2]), Extension: f[3]}
	if ms, err := strconv.ParseInt(f[4], 10, 64); err == nil {
		s.SubscriptionTime = time.UnixMilli(ms)
		return s, nil
	}
	if loc == nil {
		loc = time.Local
	}
	at, err := time.ParseInLocation(timeLayout, f[4], loc)
	if err != nil {
		return AgentSync{}, ErrNotAgentSync
	}
	s.SubscriptionTime = at
	return s, nil
}

func syncOutputs() []OutputRow {
	return []OutputRow{
		with(layouts[AgentSync]{old: agentSyncText, text: agentSyncText}, OutputRow{
			Code:       "O-025",
			Name:       "AgentState on Connector Sync",
			Category:   "connector_sync",
			TextAlways: true,
			Text:       "AgentState#<agent>#<password>#<extension>#<subscription_time>",
			Old:        "AgentState#<agent>#<password>#<extension>#<subscription_time>",
			Examples: []OutputExample{
				{"sealed", AgentSync{"1001", secret.New("v1:c2VhbGVk"), "2001", time.UnixMilli(1568724381123)}},
			},
			Note: "On topic ConnectorSync, text in every dialect. The time is milliseconds since 1970.",
		}),
	}
}

func agentSyncText(l *line, s AgentSync) {
	password := s.Password.Reveal()
	if strings.Contains(password, "#") || hasControl(password) {
		l.skip()
		return
	}
	l.add("AgentState", s.Agent, password, s.Extension, strconv.FormatInt(s.SubscriptionTime.UnixMilli(), 10))
}
