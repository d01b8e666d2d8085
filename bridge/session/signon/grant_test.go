package signon

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/secret"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// signed is a token as Cisco's identity service makes them.
func signed(t *testing.T, issued, expires time.Time) secret.Secret {
	t.Helper()
	c := jwt.MapClaims{"sub": `{"user_id":"ann"}`}
	if !issued.IsZero() {
		c["iat"] = issued.Unix()
	}
	if !expires.IsZero() {
		c["exp"] = expires.Unix()
	}
	s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString([]byte("key"))
	require.NoError(t, err)
	return secret.New(s)
}

func answer(token secret.Secret, rest string) secret.Secret {
	return secret.New(`{"token":"` + token.Reveal() + `"` + rest + `}`)
}

func TestRead(t *testing.T) {
	token := signed(t, noon.Add(-time.Minute), noon.Add(4*time.Minute))
	for name, tc := range map[string]struct {
		shown           secret.Secret
		access, refresh string
		issued, expires time.Time
		token           bool
	}{
		"a signed token":       {shown: token, access: token.Reveal(), issued: noon.Add(-time.Minute), expires: noon.Add(4 * time.Minute), token: true},
		"the service's answer": {shown: answer(token, `,"refresh_token":"r","expires_in":60`), access: token.Reveal(), refresh: "r", issued: noon.Add(-time.Minute), expires: noon.Add(4 * time.Minute), token: true},
		"an opaque one in it":  {shown: answer(secret.New("o"), `,"refresh_token":"r","expires_in":300`), access: "o", refresh: "r", issued: noon, expires: noon.Add(5 * time.Minute), token: true},
		"no life in it":        {shown: answer(secret.New("o"), ""), access: "o", token: true},
		"an opaque token":      {shown: secret.New("o.p.q"), access: "o.p.q"},
		"an encrypted token":   {shown: secret.New("eyJhbGciOiJkaXIifQ..a.b.c"), access: "eyJhbGciOiJkaXIifQ..a.b.c", token: true},
		"a password":           {shown: secret.New("pw,1001"), access: "pw,1001"},
		"no end":               {shown: signed(t, noon, time.Time{}), access: signed(t, noon, time.Time{}).Reveal(), token: true},
		"no begin":             {shown: signed(t, time.Time{}, noon), access: signed(t, time.Time{}, noon).Reveal(), token: true},
		"ends before it began": {shown: signed(t, noon, noon), access: signed(t, noon, noon).Reveal(), token: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := Read(tc.shown, noon)
			require.Equal(t, tc.access, g.Access.Reveal())
			require.Equal(t, tc.refresh, g.Refresh.Reveal())
			require.True(t, tc.issued.Equal(g.Issued) && tc.expires.Equal(g.Expires), "%s to %s", g.Issued, g.Expires)
			require.Equal(t, tc.token, IsToken(tc.shown))
			require.True(t, g.Shown.Equal(Fingerprint(secret.New(tc.access))))
			require.True(t, g.Password.IsZero())
		})
	}
}

func TestNext(t *testing.T) {
	old := Grant{Access: secret.New("a"), Refresh: secret.New("r"), Password: secret.New("p"), Shown: secret.New("s"), Issued: noon, Expires: noon.Add(time.Minute)}
	abroad := noon.Add(-3 * time.Hour) // the clock of the identity service
	for name, tc := range map[string]struct {
		token   finesse.Token
		refresh string
		expires time.Time
	}{
		"what it says of itself counts from now": {finesse.Token{Access: signed(t, abroad, abroad.Add(5*time.Minute)), Life: time.Hour}, "r", noon.Add(5 * time.Minute)},
		"expires_in, with a new refresh token":   {finesse.Token{Access: secret.New("b"), Refresh: secret.New("r2"), Life: time.Hour}, "r2", noon.Add(time.Hour)},
		"not known":                              {finesse.Token{Access: secret.New("b")}, "r", time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			g := old.Next(tc.token, noon)
			require.True(t, g.Access.Equal(tc.token.Access) && g.Password.Equal(old.Password) && g.Shown.Equal(old.Shown))
			require.Equal(t, tc.refresh, g.Refresh.Reveal())
			require.True(t, tc.expires.Equal(g.Expires), g.Expires)
			require.Equal(t, tc.expires.IsZero(), g.Issued.IsZero())
		})
	}
}

func TestLife(t *testing.T) {
	g := Grant{Issued: noon, Expires: noon.Add(time.Minute)}
	require.Equal(t, noon.Add(45*time.Second), g.Due())
	require.Equal(t, noon.Add(54*time.Second), g.Late())
	require.False(t, g.Ended(noon.Add(time.Minute-1)))
	require.True(t, g.Ended(noon.Add(time.Minute)))
	require.True(t, g.Proven(noon).Known())
	require.False(t, g.Proven(noon.Add(time.Hour)).Known(), "Finesse has taken it: the clocks differ")
	require.False(t, g.Proven(noon.Add(-time.Second)).Known())
	var unknown Grant
	require.True(t, unknown.Due().IsZero() && unknown.Late().IsZero())
	require.False(t, unknown.Ended(noon))
}

func TestEqual(t *testing.T) {
	for _, o := range []Grant{
		{Access: secret.New("a")}, {Refresh: secret.New("a")}, {Password: secret.New("a")}, {Shown: secret.New("a")}, {Issued: noon}, {Expires: noon},
	} {
		require.True(t, o.Equal(o))
		require.False(t, o.Equal(Grant{}))
	}
}
