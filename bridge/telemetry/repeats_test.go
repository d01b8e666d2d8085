package telemetry_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/telemetry"
)

func TestRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := zerolog.New(zerolog.SyncWriter(&out)).Level(zerolog.InfoLevel)
		r := telemetry.New(nil)
		lines := func() []string {
			time.Sleep(telemetry.RepeatWindow)
			synctest.Wait()
			list := strings.Split(strings.TrimSpace(out.String()), "\n")
			out.Reset()
			return list
		}
		for _, agent := range []string{"1001", "1002", "1003"} {
			r.Say(log, zerolog.WarnLevel, agent, errors.New("cut"), "lost")
			r.Say(log, zerolog.InfoLevel, agent, nil, "back")
		}
		require.Equal(t, []string{
			`{"level":"warn","agent":"1001","error":"cut","message":"lost"}`,
			`{"level":"info","agent":"1001","message":"back"}`,
			`{"level":"warn","more_agents":2,"within":10000,"message":"lost"}`,
			`{"level":"info","more_agents":2,"within":10000,"message":"back"}`,
		}, sorted(lines()))
		r.Say(log, zerolog.WarnLevel, "1004", nil, "lost")
		require.Equal(t, []string{`{"level":"warn","agent":"1004","message":"lost"}`}, lines(), "one is one line")
		r.Say(log, zerolog.WarnLevel, "1005", nil, "lost")
		r.Say(log, zerolog.WarnLevel, "1006", nil, "lost")
		require.Equal(t, []string{
			`{"level":"warn","agent":"1005","message":"lost"}`,
			`{"level":"warn","more_agents":1,"within":10000,"message":"lost"}`,
		}, lines(), "two are told of")
	})
}

// sorted puts the lines of the ends, which come at the same time, in one order.
func sorted(lines []string) []string {
	if len(lines) == 4 && strings.Contains(lines[2], "back") {
		lines[2], lines[3] = lines[3], lines[2]
	}
	return lines
}
