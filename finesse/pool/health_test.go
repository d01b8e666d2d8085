package pool

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/defect"
)

func answered(status string) *health { return &health{info: finesse.SystemInfo{Status: status}} }

func failed(err error) *health { return &health{err: &finesse.Error{Op: "GET SystemInfo", Err: err}} }

func TestStatusAndChoice(t *testing.T) {
	up, out := answered("IN_SERVICE"), answered("OUT_OF_SERVICE")
	refused, late := failed(errors.New("connection refused")), failed(context.DeadlineExceeded)
	stale := &health{info: finesse.SystemInfo{Status: "IN_SERVICE"}, err: &defect.Error{}}
	var never *health
	for name, tc := range map[string]struct {
		hs      []*health
		current int
		want    int
		status  protocol.SystemStatus
	}{
		"not probed yet":            {[]*health{never, never}, -1, -1, protocol.OutOfService},
		"both serve":                {[]*health{up, up}, -1, 0, protocol.InService},
		"only the second serves":    {[]*health{out, up}, -1, 1, protocol.InService},
		"the one in use is refused": {[]*health{refused, up}, 0, 1, protocol.InService},
		"the one in use is late":    {[]*health{late, up}, 0, 1, protocol.InService},
		"the second fails":          {[]*health{up, out}, 1, 0, protocol.InService},
		"the first is back":         {[]*health{up, up}, 1, 1, protocol.InService},
		"the first keeps serving":   {[]*health{up, up}, 0, 0, protocol.InService},
		"refused and out":           {[]*health{refused, out}, 1, -1, protocol.OutOfService},
		"one late, one refused":     {[]*health{late, refused}, 0, -1, protocol.OutOfService},
		"one late, one out":         {[]*health{out, late}, 0, -1, protocol.OutOfService},
		"one late, one not probed":  {[]*health{late, never}, 0, -1, protocol.OutOfService},
		"all late":                  {[]*health{late, late}, 0, -1, protocol.NotReachable},
		"the only one late":         {[]*health{late}, 0, -1, protocol.NotReachable},
		"an error beats its answer": {[]*health{stale}, 0, -1, protocol.OutOfService},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want, choose(tc.hs, tc.current))
			require.Equal(t, tc.status, statusOf(tc.hs))
		})
	}
}

func TestOnlyATimeOutIsTriedAgain(t *testing.T) {
	late := fmt.Errorf("wrapped: %w", &finesse.Error{Err: context.DeadlineExceeded})
	for n, want := range map[int]bool{1: true, 2: true, 3: false, 4: false} {
		require.Equal(t, want, again(n, late), "try %d", n)
	}
	for name, err := range map[string]error{
		"success":    nil,
		"refused":    &finesse.Error{Err: errors.New("connection refused")},
		"503":        &finesse.Error{Status: 503},
		"panic":      &defect.Error{},
		"our own":    context.DeadlineExceeded,
		"no message": &finesse.Error{},
	} {
		require.False(t, again(1, err), name)
	}
}

func TestAFailedProbeKeepsTheXMPPDomains(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	first := finesse.SystemInfo{Status: "IN_SERVICE", XMPPDomain: "one", PubSubDomain: "pubsub.one", XMPPSecurePort: 5333}
	failure := errors.New("failure")
	was := after(nil, first, nil, at)
	require.Equal(t, &health{info: first, at: at}, was)

	broken := after(was, finesse.SystemInfo{}, failure, at.Add(time.Second))
	require.Equal(t, &health{
		info: finesse.SystemInfo{XMPPDomain: "one", PubSubDomain: "pubsub.one"}, err: failure, at: at.Add(time.Second),
	}, broken)

	second := finesse.SystemInfo{Status: "IN_SERVICE", XMPPDomain: "two", PubSubDomain: "pubsub.two"}
	require.Equal(t, &health{info: second, at: at}, after(broken, second, nil, at), "an answer replaces all")
	require.Equal(t, &health{err: failure, at: at}, after(nil, finesse.SystemInfo{}, failure, at))
}

func TestOneLinePerOutage(t *testing.T) {
	up, out, refused := answered("IN_SERVICE"), answered("OUT_OF_SERVICE"), failed(errors.New("connection refused"))
	var never *health
	for name, tc := range map[string]struct {
		was, is *health
		want    zerolog.Level
	}{
		"serves from the start":     {never, up, zerolog.InfoLevel},
		"fails from the start":      {never, refused, zerolog.WarnLevel},
		"outage begins":             {up, refused, zerolog.WarnLevel},
		"outage begins in words":    {up, out, zerolog.WarnLevel},
		"outage goes on":            {refused, refused, zerolog.Disabled},
		"outage changes its reason": {refused, out, zerolog.DebugLevel},
		"outage ends":               {out, up, zerolog.InfoLevel},
		"serves on":                 {up, up, zerolog.Disabled},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tc.want, levelOf(tc.was, tc.is)) })
	}
}
