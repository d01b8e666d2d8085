package sim

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim/callcontrol"
)

func TestPairSharesTheContactCentre(t *testing.T) {
	first, err := New(Config{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- first.Run(ctx) }()
	second := Start(t, WithPeer(first))
	here, there := connectMellium(t, first, "1001", "a"), connectMellium(t, second, "1001", "b")

	signIn(t, first, "1001")
	for _, c := range []listener{here, there} {
		require.Contains(t, brief(c.next(t)), "NOT_READY")
		require.Contains(t, brief(c.next(t)), "READY")
	}
	require.NoError(t, first.SetStatus("OUT_OF_SERVICE"))
	require.Contains(t, brief(here.next(t)), "OUT_OF_SERVICE")
	status, _ := do(t, first, "1001", "GET", "/finesse/api/User/1001", "")
	require.Equal(t, http.StatusServiceUnavailable, status)
	id, err := second.Call("0551", "2001")
	require.NoError(t, err)
	require.Contains(t, brief(there.next(t)), "RESERVED")

	cancel() // the first node dies; the second keeps the centre going
	require.NoError(t, <-done)
	require.Contains(t, brief(there.next(t)), "POST")
	status, body := do(t, second, "1001", "PUT", "/finesse/api/Dialog/"+id,
		"<Dialog><targetMediaAddress>2001</targetMediaAddress><requestedAction>ANSWER</requestedAction></Dialog>")
	require.Equal(t, http.StatusAccepted, status, body)
	waitFor(t, func() bool { a, _ := second.Agent("1001"); return a.State == callcontrol.Talking })
}
