package finesse_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

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

// TestRenewToken: what Finesse's own token service and another one are asked, and
// which answers are a token.
func TestRenewToken(t *testing.T) {
	proof := finesse.TokenProof{User: "10 01", Access: secret.New("old"), Refresh: secret.New("r&1"), Password: secret.New("pw")}
	for name, tc := range map[string]struct {
		service string // path of another service
		proof   finesse.TokenProof
		status  int
		answer  string
		asked   string
		want    finesse.Token
		err     string
		refused bool
	}{
		"Finesse": {
			proof: proof, status: 200, answer: `{"token":"new","refresh_token":"r2","expires_in":300,"user_id":"ann"}`,
			asked: "/desktop/sso/token?cc_username=10+01 refresh-token=r%261&token=old",
			want:  finesse.Token{Access: secret.New("new"), Refresh: secret.New("r2"), Life: 5 * time.Minute},
		},
		"without a refresh token": {
			proof: finesse.TokenProof{User: "1", Access: secret.New("old")}, status: 200, answer: `{"token":"new"}`,
			asked: "/desktop/sso/token?cc_username=1 token=old", want: finesse.Token{Access: secret.New("new")},
		},
		"another service": {
			service: "/getaccesstoken", proof: proof, status: 200, answer: `{"access_token":"new","expires_in":2.5}`,
			asked: "/getaccesstoken password=pw&refresh-token=r%261&token=old&username=10+01",
			want:  finesse.Token{Access: secret.New("new"), Life: 2500 * time.Millisecond},
		},
		"refused":         {proof: proof, status: 401, answer: "no", err: "finesse: POST token: HTTP 401", refused: true},
		"asks a browser":  {proof: proof, status: 302, err: "finesse: POST token: HTTP 302", refused: true},
		"overloaded":      {proof: proof, status: 429, err: "finesse: POST token: HTTP 429"},
		"out of service":  {proof: proof, status: 503, err: "finesse: POST token: HTTP 503"},
		"a page":          {proof: proof, status: 200, answer: "<html>old</html>", err: "finesse: POST token: HTTP 200: finesse: unusable payload: the answer is no JSON object of a token"},
		"no token in it":  {proof: proof, status: 200, answer: `{"expires_in":1}`, err: "finesse: POST token: HTTP 200: finesse: unusable payload: the answer holds no token"},
		"an endless life": {proof: proof, status: 200, answer: `{"token":"n","expires_in":1e300}`, want: finesse.Token{Access: secret.New("n"), Life: 365 * 24 * time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			var asked string
			f := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				asked = r.URL.RequestURI() + " " + string(body)
				if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.Header.Get("Authorization") != "" {
					w.WriteHeader(http.StatusTeapot)
					return
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.answer)
			}))
			t.Cleanup(f.Close)
			limit := &countingLimiter{}
			cfg := finesse.ClientConfig{BaseURL: f.URL + "/finesse/api", Limit: limit}
			if tc.service != "" {
				cfg.TokenURL = f.URL + tc.service
			}
			got, err := newClient(t, cfg).RenewToken(t.Context(), tc.proof)
			require.Equal(t, []string{tc.proof.User}, limit.agents, "it waits its turn like any request for the agent")
			require.Equal(t, tc.refused, finesse.TokenRefused(err))
			if tc.err != "" {
				require.EqualError(t, err, tc.err)
				return
			}
			require.NoError(t, err)
			require.True(t, tc.want.Access.Equal(got.Access) && tc.want.Refresh.Equal(got.Refresh))
			require.Equal(t, tc.want.Life, got.Life)
			if tc.asked != "" {
				require.Equal(t, tc.asked, asked)
			}
		})
	}
}

// countingLimiter lets everything through and notes for whom it was.
type countingLimiter struct{ agents []string }

func (l *countingLimiter) Acquire(_ context.Context, agent string) (func(error), error) {
	l.agents = append(l.agents, agent)
	return func(error) {}, nil
}
