package finesse_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/secret"
)

func TestSSOUsersSendTheirTokenAsBearer(t *testing.T) {
	var got []string
	f := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(f.Close)
	c := newClient(t, finesse.ClientConfig{BaseURL: f.URL + "/finesse/api"})
	cred := finesse.Credentials{User: "1001", Password: secret.New("tok.en-1"), Bearer: true}
	require.NoError(t, c.SetState(t.Context(), cred, "1001", finesse.StateChange{State: finesse.StateReady}, ""))
	cred.Bearer = false
	require.NoError(t, c.SetState(t.Context(), cred, "1001", finesse.StateChange{State: finesse.StateReady}, ""))
	require.Equal(t, []string{"Bearer tok.en-1", "Basic MTAwMTp0b2suZW4tMQ=="}, got)
}

func TestCredentialsEqual(t *testing.T) {
	a := finesse.Credentials{User: "1001", Password: secret.New("x")}
	require.True(t, a.Equal(finesse.Credentials{User: "1001", Password: secret.New("x")}))
	for _, b := range []finesse.Credentials{
		{User: "1002", Password: secret.New("x")},
		{User: "1001", Password: secret.New("y")},
		{User: "1001", Password: secret.New("x"), Bearer: true},
	} {
		require.False(t, a.Equal(b), "%v", b)
	}
}
