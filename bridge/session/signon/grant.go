// Package signon is an SSO user's access token: how long it is good, when it is
// due to be renewed, and the renewal itself, beside the session that owns it.
package signon

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"gcbridge/finesse"
	"gcbridge/protocol/secret"
)

// Grant is an access token and what is known of it. The zero Grant is no token.
type Grant struct {
	Access  secret.Secret
	Refresh secret.Secret // renews it; empty: none is known
	// Password is the agent's, for a token service that wants it ([finesse.TokenProof]).
	Password secret.Secret
	// Shown is a fingerprint of the token, or password, that the client's Connect
	// carried: one that shows the same again does not know that it was renewed since.
	Shown secret.Secret
	// Issued and Expires are the token's life by this node's clock; zero: unknown.
	Issued, Expires time.Time
}

// Read makes a Grant of what a client showed as its access token, at now. That is
// the token, or the whole JSON answer of a token service, which brings the refresh
// token with it. How long the token is good is what it says of itself as a JWT, else
// expires_in of the answer, else unknown.
func Read(shown secret.Secret, now time.Time) Grant {
	g := Grant{Access: shown}
	t, err := finesse.DecodeToken([]byte(shown.Reveal()))
	if err == nil {
		g.Access, g.Refresh = t.Access, t.Refresh
	}
	g.Shown = Fingerprint(g.Access)
	if issued, expires, ok := claims(g.Access); ok {
		g.Issued, g.Expires = issued, expires
	} else if t.Life > 0 {
		g.Issued, g.Expires = now, now.Add(t.Life)
	}
	return g
}

// Proof is what a new token is asked for with.
func (g Grant) Proof(user string) finesse.TokenProof {
	return finesse.TokenProof{User: user, Access: g.Access, Refresh: g.Refresh, Password: g.Password}
}

// Next is the Grant after a renewal at now. What the token, as a JWT, and the
// service say of its length counts from now on, the shorter of the two: the clock
// of the service need not be this node's.
func (g Grant) Next(t finesse.Token, now time.Time) Grant {
	g.Access = t.Access
	if !t.Refresh.IsZero() {
		g.Refresh = t.Refresh
	}
	life := t.Life
	if issued, expires, ok := claims(t.Access); ok && (life == 0 || expires.Sub(issued) < life) {
		life = expires.Sub(issued) // in whole seconds
	}
	g.Issued, g.Expires = time.Time{}, time.Time{}
	if life > 0 {
		g.Issued, g.Expires = now, now.Add(life)
	}
	return g
}

// Proven is the Grant of which Finesse has just taken the token: one that has
// ended by this node's clock, or not begun, has a life that is not known here.
func (g Grant) Proven(now time.Time) Grant {
	if g.Ended(now) || g.Issued.After(now) {
		g.Issued, g.Expires = time.Time{}, time.Time{}
	}
	return g
}

// Known reports whether the length of the token's life is known.
func (g Grant) Known() bool { return !g.Expires.IsZero() }

// Ended reports whether the token is known to have run out.
func (g Grant) Ended(now time.Time) bool { return g.Known() && !now.Before(g.Expires) }

// Due is when the token is to be renewed: at 75 % of its life, as Cisco asks;
// zero: its life is not known.
func (g Grant) Due() time.Time { return g.part(0.75) }

// Late is when a token that could not be renewed is as good as lost: at 90 %.
func (g Grant) Late() time.Time { return g.part(0.90) }

func (g Grant) part(share float64) time.Time {
	if !g.Known() {
		return time.Time{}
	}
	return g.Issued.Add(time.Duration(share * float64(g.Expires.Sub(g.Issued))))
}

// Equal reports whether g and o are the same token with the same life.
func (g Grant) Equal(o Grant) bool {
	return g.Access.Equal(o.Access) && g.Refresh.Equal(o.Refresh) && g.Password.Equal(o.Password) && g.Shown.Equal(o.Shown) &&
		g.Issued.Equal(o.Issued) && g.Expires.Equal(o.Expires)
}

// Fingerprint tells two secrets apart. It is one itself: a short password could
// be guessed from it.
func Fingerprint(s secret.Secret) secret.Secret {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return secret.New(hex.EncodeToString(sum[:]))
}

// IsToken reports whether a client shows a token, and no password: a JWT, signed
// or encrypted, or the JSON answer of a token service.
func IsToken(shown secret.Secret) bool {
	v := shown.Reveal()
	if _, err := finesse.DecodeToken([]byte(v)); err == nil {
		return true
	}
	header, rest, _ := strings.Cut(v, ".")
	raw, err := base64.RawURLEncoding.DecodeString(header)
	return err == nil && strings.Contains(rest, ".") && strings.HasPrefix(string(raw), "{")
}

// claims are the life of a token that is a signed JWT. Nothing is verified: who
// believes a token is Finesse.
func claims(access secret.Secret) (issued, expires time.Time, ok bool) {
	var c jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(access.Reveal(), &c); err != nil || c.ExpiresAt == nil || c.IssuedAt == nil {
		return issued, expires, false
	}
	issued, expires = c.IssuedAt.Time, c.ExpiresAt.Time
	return issued, expires, issued.Before(expires)
}
