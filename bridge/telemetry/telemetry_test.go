package telemetry_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCounts(t *testing.T) {
	tel := telemetry.New(nil)
	require.Empty(t, tel.Counts(), "what has not counted is not shown")
	tel.Count(telemetry.Commands)
	tel.Count(telemetry.Commands)
	tel.CountBy(telemetry.Answers, "O-004")
	tel.CountBy(telemetry.Answers, "O-005")
	tel.CountBy(telemetry.Answers, "O-005")
	require.Equal(t, map[string]uint64{"commands": 2, "answers_O-004": 1, "answers_O-005": 2}, tel.Counts())
}

// TestEveryCounterHasARow: a name and a help text of its own.
func TestEveryCounterHasARow(t *testing.T) {
	rows := telemetry.Rows()
	names := map[string]bool{}
	for _, r := range rows {
		require.NotEmpty(t, r.Name)
		require.NotEmpty(t, r.Help, r.Name)
		require.False(t, names[r.Name], r.Name)
		names[r.Name] = true
	}
	require.Len(t, rows, int(telemetry.SignedInAgain)+1)
}

func TestRegistryIsASink(t *testing.T) {
	tel := telemetry.New(nil)
	tel.Count(telemetry.Commands)
	families, err := tel.Registry().Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	require.Equal(t, "gcbridge_commands_total", families[0].GetName())
	require.Equal(t, 1.0, families[0].GetMetric()[0].GetCounter().GetValue())
	require.NotEmpty(t, families[0].GetHelp())
}

func TestTime(t *testing.T) {
	var stage telemetry.Stage
	var took time.Duration
	tel := telemetry.New(func(s telemetry.Stage, d time.Duration) { stage, took = s, d })
	tel.Time(telemetry.EventToPublish, time.Second)
	require.Equal(t, telemetry.EventToPublish, stage)
	require.Equal(t, time.Second, took)
	telemetry.New(nil).Time(telemetry.EventToPublish, time.Second)
}

func TestNilCountsNothing(t *testing.T) {
	var tel *telemetry.Telemetry
	tel.Count(telemetry.Commands)
	tel.CountBy(telemetry.Answers, "O-004")
	tel.Time(telemetry.CommandToRequest, time.Second)
	require.Empty(t, tel.Counts())
	tel.Contain(zerolog.Nop(), "here", func() { panic("defect") }, nil)
}

func TestContain(t *testing.T) {
	var out bytes.Buffer
	tel, failed := telemetry.New(nil), 0
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
