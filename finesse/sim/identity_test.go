package sim_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/finesse/sim"
	"gcbridge/protocol/secret"
)

// clock is a clock that a test sets.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time       { return time.Unix(1_700_000_000, c.at.Load()) }
func (c *clock) pass(d time.Duration) { c.at.Add(int64(d)) }
func (c *clock) config(cfg *sim.Config) {
	cfg.AuthMode, cfg.TokenLife, cfg.Now = "SSO", time.Minute, c.now
}

func bearer(id, token string) finesse.Credentials {
	return finesse.Credentials{User: id, Password: secret.New(token), Bearer: true}
}

// lets reports whether a token is taken by REST and by XMPP.
func lets(t *testing.T, s *sim.Server, id, token string) (rest, xmpp bool) {
	t.Helper()
	_, err := newClient(t, s).User(t.Context(), bearer(id, token), id)
	st, xerr := finesse.Connect(t.Context(), finesse.StreamConfig{
		Addr: s.XMPPAddr(), Domain: s.Domain(), PubSub: s.PubSub(), TLSMode: "none", Cred: bearer(id, token), Resource: "r", Log: zerolog.Nop(),
	})
	if xerr == nil {
		require.NoError(t, st.Close())
	}
	return err == nil, xerr == nil
}

func TestTokensEnd(t *testing.T) {
	var c clock
	s := sim.Start(t, sim.WithConfig(c.config))
	second := sim.Start(t, sim.WithPeer(s), sim.WithConfig(c.config))
	on, err := finesse.DecodeToken([]byte(s.SignOn("1001")))
	require.NoError(t, err)
	require.Equal(t, time.Minute, on.Life)
	require.Empty(t, s.SignOn("7"))
	require.Empty(t, s.Token("7"))
	for _, server := range []*sim.Server{s, second} {
		rest, xmpp := lets(t, server, "1001", on.Access.Reveal())
		require.True(t, rest && xmpp, "both nodes believe the identity service")
	}
	rest, xmpp := lets(t, s, "1002", on.Access.Reveal())
	require.False(t, rest || xmpp, "another agent")
	rest, xmpp = lets(t, s, "1001", on.Refresh.Reveal())
	require.False(t, rest || xmpp, "a refresh token opens nothing")
	rest, xmpp = lets(t, s, "1001", "token1001")
	require.False(t, rest || xmpp, "the token that never ends")

	c.pass(time.Minute - 1)
	rest, xmpp = lets(t, s, "1001", on.Access.Reveal())
	require.True(t, rest && xmpp)
	c.pass(1)
	rest, xmpp = lets(t, s, "1001", on.Access.Reveal())
	require.False(t, rest || xmpp)
	next, err := newClient(t, s).RenewToken(t.Context(), finesse.TokenProof{User: "1001", Access: on.Access, Refresh: on.Refresh})
	require.NoError(t, err, "the refresh token lives on")
	require.True(t, next.Refresh.IsZero())
	rest, xmpp = lets(t, second, "1001", next.Access.Reveal())
	require.True(t, rest && xmpp)
	for _, r := range s.Requests() {
		require.NotContains(t, r.Body+r.Path, on.Refresh.Reveal())
		require.NotContains(t, r.Body+r.Path, on.Access.Reveal())
	}
	c.pass(10 * time.Hour)
	_, err = newClient(t, s).RenewToken(t.Context(), finesse.TokenProof{User: "1001", Access: on.Access, Refresh: on.Refresh})
	require.True(t, finesse.TokenRefused(err), "the refresh token has ended: %v", err)
}

func TestTokenServiceRefuses(t *testing.T) {
	var c clock
	s := sim.Start(t, sim.WithConfig(c.config))
	ann, err := finesse.DecodeToken([]byte(s.SignOn("1001")))
	require.NoError(t, err)
	bob := s.Token("1002")
	at := strings.TrimSuffix(s.RESTURL(), "/finesse/api") + "/desktop/sso/token"
	post := func(form url.Values) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+"?cc_username=1001", strings.NewReader(form.Encode()))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		return resp.StatusCode
	}
	form := func(token, refresh string) url.Values {
		return url.Values{"token": {token}, "refresh-token": {refresh}}
	}
	require.Equal(t, 200, post(form(ann.Access.Reveal(), ann.Refresh.Reveal())))
	require.Equal(t, 400, post(form(ann.Access.Reveal(), "")))
	require.Equal(t, 400, post(form("", ann.Refresh.Reveal())))
	require.Equal(t, 401, post(form(bob, ann.Refresh.Reveal())))
	require.Equal(t, 401, post(form(ann.Access.Reveal(), ann.Access.Reveal())))
	require.Equal(t, 401, post(form(ann.Access.Reveal(), ann.Refresh.Reveal()+"x")))
	require.NoError(t, s.SetStatus("OUT_OF_SERVICE"))
	require.Equal(t, 503, post(form(ann.Access.Reveal(), ann.Refresh.Reveal())))
}

func TestFirstToken(t *testing.T) {
	var c clock
	s := sim.Start(t, sim.WithConfig(c.config))
	get := func(user, password string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			strings.TrimSuffix(s.RESTURL(), "/finesse/api")+"/desktop/sso/token?return_refresh_token=true&cc_username="+user, http.NoBody)
		require.NoError(t, err)
		req.SetBasicAuth(user, password)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}
	status, body := get("1001", "pw1001")
	require.Equal(t, 200, status)
	token, err := finesse.DecodeToken([]byte(body))
	require.NoError(t, err)
	require.False(t, token.Refresh.IsZero())
	rest, xmpp := lets(t, s, "1001", token.Access.Reveal())
	require.True(t, rest && xmpp)
	status, _ = get("1001", "wrong")
	require.Equal(t, 401, status)
}
