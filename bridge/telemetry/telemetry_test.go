package telemetry

import (
	"bytes"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCounts(t *testing.T) {
	tel := New(nil)
	require.Empty(t, tel.Counts(), "what has not counted is not shown")
	tel.Count(Commands)
	tel.Count(Commands)
	tel.CountBy(Answers, "O-004")
	tel.CountBy(Answers, "O-005")
	tel.CountBy(Answers, "O-005")
	require.Equal(t, map[string]uint64{"commands": 2, "answers_O-004": 1, "answers_O-005": 2}, tel.Counts())
}

// TestEveryCounterHasARow: a name and a help text of its own.
func TestEveryCounterHasARow(t *testing.T) {
	names := map[string]bool{}
	for _, r := range rows {
		require.NotEmpty(t, r.name)
		require.NotEmpty(t, r.help, r.name)
		require.False(t, names[r.name], r.name)
		names[r.name] = true
	}
}

// TestNamesAreAnInterface: /status, dashboards and alarms go by them.
func TestNamesAreAnInterface(t *testing.T) {
	labels := map[string]string{}
	for _, r := range rows {
		if r.label != "" {
			labels[r.name] = r.label
		}
	}
	for name, label := range map[string]string{
		"answers": "code", "errors": "code", "outcomes": "by", "take_overs": "why", "sync_refused": "reason", "sync_ignored": "reason",
		"panics": "where",
	} {
		require.Equal(t, label, labels[name], name)
	}
	require.Equal(t, "command_to_request", string(CommandToRequest))
	require.Equal(t, "stanza_to_publish", string(EventToPublish))
}

func TestRegistryIsASink(t *testing.T) {
	tel := New(nil)
	tel.Count(Commands)
	families, err := tel.Registry().Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	require.Equal(t, "gcbridge_commands_total", families[0].GetName())
	require.Equal(t, 1.0, families[0].GetMetric()[0].GetCounter().GetValue())
	require.NotEmpty(t, families[0].GetHelp())
}

func TestTime(t *testing.T) {
	var stage Stage
	var took time.Duration
	tel := New(func(s Stage, d time.Duration) { stage, took = s, d })
	tel.Time(EventToPublish, time.Second)
	require.Equal(t, EventToPublish, stage)
	require.Equal(t, time.Second, took)
	New(nil).Time(EventToPublish, time.Second)
}

func TestNilCountsNothing(t *testing.T) {
	var tel *Telemetry
	tel.Count(Commands)
	tel.CountBy(Answers, "O-004")
	tel.Time(CommandToRequest, time.Second)
	require.Empty(t, tel.Counts())
	tel.Contain(zerolog.Nop(), "here", func() { panic("defect") }, nil)
}

func TestContain(t *testing.T) {
	var out bytes.Buffer
	tel, failed := New(nil), 0
	tel.Contain(zerolog.New(&out), "here", func() {}, func() { failed++ })
	require.Zero(t, failed)
	require.Empty(t, out.String())
	tel.Contain(zerolog.New(&out), "here", func() { panic("a defect") }, func() { failed++ })
	require.Equal(t, 1, failed)
	require.EqualValues(t, 1, tel.Counts()["panics_here"])
	require.Contains(t, out.String(), `"panic":"a defect"`)
	require.Contains(t, out.String(), "telemetry_test.go", "where it was")
	tel.Contain(zerolog.Nop(), "here", func() { panic("a defect") }, nil)
}
