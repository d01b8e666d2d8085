package finesse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// Token is what a token service gives an SSO user (finesse-api 1.2).
type Token struct {
	Access secret.Secret
	// Refresh renews it; empty: the service gave none, and a former one stays good.
	Refresh secret.Secret
	// Life is how long the access token is good from now on; 0: the service did not say.
	Life time.Duration
}

// TokenProof is what a new token is asked for with. A token service is given all
// that is set, Finesse itself never the password.
type TokenProof struct {
	User            string
	Access, Refresh secret.Secret
	Password        secret.Secret
}

// RenewToken asks for the next access token of an SSO user: at the service of
// [ClientConfig.TokenURL], else at Finesse itself (finesse-api, "SSO"). It does
// not follow redirects: where a browser is wanted the answer is a refusal; see
// [TokenRefused].
func (c *Client) RenewToken(ctx context.Context, p TokenProof) (Token, error) {
	target, form := c.tokenURL, url.Values{}
	fields := map[string]secret.Secret{"token": p.Access, "refresh-token": p.Refresh}
	if target == "" {
		target = strings.TrimSuffix(c.base, "/finesse/api") + "/desktop/sso/token?" + url.Values{"cc_username": {p.User}}.Encode()
	} else {
		form.Set("username", p.User)
		fields["password"] = p.Password
	}
	for name, v := range fields {
		if !v.IsZero() {
			form.Set(name, v.Reveal())
		}
	}
	r := request{
		op: "POST token", method: http.MethodPost, url: target, agent: p.User, body: []byte(form.Encode()),
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
	}
	body, status, err := c.exchange(ctx, r)
	if err != nil {
		return Token{}, err
	}
	t, err := DecodeToken(body)
	if err != nil {
		return Token{}, &Error{Op: r.op, Status: status, Err: err, Class: errclass.Upstream}
	}
	return t, nil
}

// DecodeToken reads the JSON answer of a token service. An error wraps
// [ErrPayload] and never holds a part of the answer.
func DecodeToken(body []byte) (Token, error) {
	var in struct {
		Token       string  `json:"token"`
		AccessToken string  `json:"access_token"`
		Refresh     string  `json:"refresh_token"`
		ExpiresIn   float64 `json:"expires_in"` // seconds
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return Token{}, fmt.Errorf("%w: the answer is no JSON object of a token", ErrPayload)
	}
	if in.Token == "" {
		in.Token = in.AccessToken // as RFC 6749 has it
	}
	if in.Token == "" {
		return Token{}, fmt.Errorf("%w: the answer holds no token", ErrPayload)
	}
	const longest = 365 * 24 * 3600
	return Token{
		Access: secret.New(in.Token), Refresh: secret.New(in.Refresh),
		Life: time.Duration(min(max(in.ExpiresIn, 0), longest) * float64(time.Second)),
	}, nil
}

// TokenRefused reports whether a token service has said no, or asks for a
// browser: to ask again the same way is of little use.
func TokenRefused(err error) bool {
	var fe *Error
	return errors.As(err, &fe) && fe.Status >= 300 && fe.Status < 500 &&
		fe.Status != http.StatusRequestTimeout && fe.Status != http.StatusTooManyRequests
}
