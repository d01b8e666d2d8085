package remote

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim"
)

func TestControl(t *testing.T) {
	fin := sim.Start(t)
	client := &http.Client{}
	t.Cleanup(client.CloseIdleConnections)
	for _, address := range []string{fin.ControlURL(), fin.ControlURL()[:len(fin.ControlURL())-len("/sim")], fin.ControlURL() + "/"} {
		c, err := New(address, client)
		require.NoError(t, err)
		var agent struct{ State string }
		require.NoError(t, c.Ask(t.Context(), http.MethodGet, []string{"agents", "1001"}, nil, &agent))
		require.Equal(t, "LOGOUT", agent.State)
		require.NoError(t, c.Ask(t.Context(), http.MethodPost, []string{"status"}, map[string]string{"status": "OUT_OF_SERVICE"}, nil))
		err = c.Ask(t.Context(), http.MethodPost, []string{"calls"}, map[string]string{"from": "5551000", "to": "2001"}, nil)
		require.ErrorContains(t, err, "nobody is signed in at 2001", "the simulator's own words")
		require.ErrorContains(t, err, "404")
		require.ErrorContains(t, c.Ask(t.Context(), http.MethodGet, []string{"agents", "1001"}, nil, &[]int{}), "cannot unmarshal")
	}
	for _, bad := range []string{"", "127.0.0.1:8445", "ftp://127.0.0.1", "http://", "http://%"} {
		_, err := New(bad, client)
		require.ErrorIs(t, err, ErrAddress, bad)
	}
}
