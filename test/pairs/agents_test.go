package pairs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTakeOverTime(t *testing.T) {
	kill := time.Unix(1_000, 0)
	event := func(ms int, agent, node, code string, recovered bool) Event {
		return Event{At: kill.Add(time.Duration(ms) * time.Millisecond), Agent: agent, Node: node, Code: code, Recovered: recovered}
	}
	of1 := event(-50, "1", "gc-1", "O-001", false)
	for name, row := range map[string]struct {
		events []Event
		want   time.Duration
	}{
		"nobody":                      {[]Event{of1}, 0},
		"the last counts":             {[]Event{of1, event(300, "1", "gc-2", "O-024", true), event(400, "2", "gc-2", "O-024", true)}, 400 * time.Millisecond},
		"each agent once":             {[]Event{of1, event(300, "1", "gc-2", "O-024", true), event(900, "1", "gc-2", "O-024", true)}, 300 * time.Millisecond},
		"an agent of the survivor":    {[]Event{event(-50, "1", "gc-2", "O-001", false), event(300, "1", "gc-2", "O-024", true)}, 0},
		"the holder is the latest":    {[]Event{event(-90, "1", "gc-2", "O-001", false), of1, event(300, "1", "gc-2", "O-024", true)}, 300 * time.Millisecond},
		"back on the node that died":  {[]Event{of1, event(300, "1", "gc-1", "O-024", true)}, 0},
		"after the next kill":         {[]Event{of1, event(2000, "1", "gc-2", "O-024", true)}, 0},
		"an answer to getdialogstate": {[]Event{of1, event(300, "1", "gc-2", "O-024", false)}, 0},
		"O-001 alone is not all":      {[]Event{of1, event(300, "1", "gc-2", "O-001", true)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, row.want, takeOver(row.events, "gc-1", kill, kill.Add(2*time.Second)))
		})
	}
}
