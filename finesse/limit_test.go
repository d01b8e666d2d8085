package finesse_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// turnstile notes who asks for a place, and how the requests end.
type turnstile struct {
	refuse error
	asked  []string
	ended  []error
}

func (s *turnstile) Acquire(_ context.Context, agent string) (func(error), error) {
	s.asked = append(s.asked, agent)
	if s.refuse != nil {
		return nil, s.refuse
	}
	return func(err error) { s.ended = append(s.ended, err) }, nil
}

// TestLimit: every request in somebody's name needs a place and gives it back;
// the probe of the server needs none.
func TestLimit(t *testing.T) {
	sent := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent++
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer srv.Close()
	limit := &turnstile{}
	c, err := finesse.NewClient(finesse.ClientConfig{BaseURL: srv.URL, Limit: limit})
	require.NoError(t, err)
	defer c.Close()
	cred := finesse.Credentials{User: "1001", Password: secret.New("pw")}

	require.NoError(t, c.SetState(t.Context(), cred, "1001", finesse.StateChange{State: finesse.StateReady}, "1"))
	_, err = c.User(finesse.WithAgent(t.Context(), "1002"), cred, "1001")
	require.Error(t, err)
	require.Equal(t, []string{"1001", "1002"}, limit.asked)
	require.Equal(t, []error{nil, err}, limit.ended)
	_, err = c.SystemInfo(t.Context())
	require.Error(t, err)
	require.Len(t, limit.asked, 2, "how the server is can always be asked")
	require.Equal(t, 3, sent)

	limit.refuse = context.DeadlineExceeded
	err = c.SetState(t.Context(), cred, "1001", finesse.StateChange{State: finesse.StateReady}, "2")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, errclass.Unavailable, errclass.Of(err), "nothing was sent, so it may be sent again")
	var fe *finesse.Error
	require.True(t, errors.As(err, &fe))
	require.ErrorContains(t, err, "no place for the request")
	require.Equal(t, 3, sent)
}
