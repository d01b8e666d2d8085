package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/outbox"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
)

// transport confirms outputs as it is told.
type transport struct {
	sent   []wire.Output
	panics bool
}

func (*transport) Run(context.Context) error           { return nil }
func (*transport) Up() bool                            { return true }
func (*transport) Named(string) (wire.Address, error)  { return nil, nil } //nolint:nilnil // not asked
func (*transport) Stored(string) (wire.Address, error) { return nil, nil } //nolint:nilnil // not asked
func (t *transport) Send(o wire.Output) {
	t.sent = append(t.sent, o)
	if t.panics {
		panic("defect")
	}
}

func TestSend(t *testing.T) {
	var timed []telemetry.Stage
	tr, tel := &transport{}, telemetry.New(func(s telemetry.Stage, d time.Duration) {
		require.Positive(t, d)
		timed = append(timed, s)
	})
	box := outbox.New(tr, tel, zerolog.Nop())
	var told []error
	confirm := func(err error) { told = append(told, err) }
	box.Send(wire.Output{Agent: "1001", Confirm: confirm, Caused: time.Now().Add(-time.Second)})
	box.Send(wire.Output{Agent: "1002", Confirm: confirm})
	box.Send(wire.Output{Agent: "1003"})
	box.Send(wire.Output{})
	require.Len(t, tr.sent, 4)
	require.Empty(t, told)
	lost := errors.New("lost")
	tr.sent[0].Confirm(nil)
	tr.sent[0].Confirm(lost)
	require.Equal(t, []error{nil}, told, "once")
	require.Equal(t, []telemetry.Stage{telemetry.EventToPublish}, timed)
	tr.sent[1].Confirm(lost)
	tr.sent[2].Confirm(lost)
	tr.sent[3].Confirm(lost)
	require.Equal(t, []error{nil, lost}, told)
	require.Len(t, timed, 1, "what is lost, or no event caused, is not timed")
	require.ElementsMatch(t, []string{"1002", "1003"}, box.TakeLost(), "M8: they are read again")
	require.Empty(t, box.TakeLost(), "once")
	require.EqualValues(t, 3, tel.Counts()["outputs_lost"])
}

func TestDefects(t *testing.T) {
	tr, tel := &transport{panics: true}, telemetry.New(nil)
	box := outbox.New(tr, tel, zerolog.Nop())
	var told []error
	box.Send(wire.Output{Agent: "1001", Confirm: func(err error) { told = append(told, err) }})
	require.Len(t, told, 1)
	require.ErrorContains(t, told[0], "defect")
	require.Equal(t, []string{"1001"}, box.TakeLost())
	require.EqualValues(t, 1, tel.Counts()["panics_publish"])
	tr.panics = false
	box.Send(wire.Output{Agent: "1001", Confirm: func(error) { panic("defect") }})
	tr.sent[1].Confirm(nil)
	require.EqualValues(t, 1, tel.Counts()["panics_confirmation"])
}
