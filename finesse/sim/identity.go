package sim

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// identity plays Cisco's identity service: it signs access tokens that end, and
// refresh tokens with which new ones are got. Both nodes of a pair believe it.
type identity struct {
	key           []byte
	life, refresh time.Duration
	now           func() time.Time
}

// The kinds of tokens.
const (
	useAccess  = "access"
	useRefresh = "refresh"
)

// claims are what a token says.
type claims struct {
	jwt.RegisteredClaims
	Usage string `json:"usage"`
}

func newIdentity(cfg *Config) *identity {
	return &identity{key: []byte(rand.Text()), life: cmp.Or(cfg.TokenLife, defaultTokenLife), refresh: cfg.RefreshLife, now: cfg.Now}
}

// sign makes a token. It ends with a whole second, as a JWT can say it.
func (i *identity) sign(user, usage string, life time.Duration) string {
	now := i.now()
	ends := now.Add(life + time.Second - 1).Truncate(time.Second)
	c := claims{jwt.RegisteredClaims{
		Issuer: "ids", Subject: user, ID: rand.Text(), IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(ends),
	}, usage}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(i.key)
	if err != nil {
		return "" // an HMAC never fails
	}
	return token
}

// holder is whose token it is, "" if it is none of that usage. A token that has
// ended counts only where the caller says so.
func (i *identity) holder(token, usage string, ended bool) string {
	var c claims
	options := []jwt.ParserOption{jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(i.now)}
	if ended {
		options = append(options, jwt.WithoutClaimsValidation())
	}
	_, err := jwt.NewParser(options...).ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return i.key, nil })
	if err != nil || c.Usage != usage {
		return ""
	}
	return c.Subject
}

// answer is what the token service says: a new access token, and the refresh
// token where it is asked for.
func (i *identity) answer(p *person, refresh bool) ([]byte, error) {
	a := map[string]any{
		"token": i.sign(p.ID, useAccess, i.life), "expires_in": int(i.life / time.Second),
		"user_id": p.ID, "realm": "finesse.com", "user_principal": p.LoginName + "@finesse.com",
	}
	if refresh {
		a["refresh_token"] = i.sign(p.ID, useRefresh, i.refresh)
	}
	return json.Marshal(a)
}

// getToken gives an agent's first token. A real one is got in a browser, from the
// identity provider: here the agent's password stands for all that.
func (s *Server) getToken(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	p := s.dir.people[user]
	if p == nil {
		p = s.dir.names[user]
	}
	if p == nil || s.dir.mode == authPasswords || !s.dir.login(p.ID, password) {
		errUnauthorized(user).write(w)
		return
	}
	refresh, _ := strconv.ParseBool(r.URL.Query().Get("return_refresh_token"))
	s.writeToken(w, p, refresh)
}

// postToken renews an access token, which may have ended, with a refresh token,
// which may not (finesse-api, "SSO").
func (s *Server) postToken(w http.ResponseWriter, r *http.Request) {
	refresh, token := r.PostFormValue("refresh-token"), r.PostFormValue("token")
	if refresh == "" || token == "" || s.dir.mode == authPasswords {
		errBadBody("token and refresh-token are needed").write(w)
		return
	}
	user := s.dir.ids.holder(refresh, useRefresh, false)
	p := s.dir.people[user]
	if p == nil || s.dir.ids.holder(token, useAccess, true) != user {
		errUnauthorized(user).write(w)
		return
	}
	s.writeToken(w, p, false)
}

func (s *Server) writeToken(w http.ResponseWriter, p *person, refresh bool) {
	body, err := s.dir.ids.answer(p, refresh)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // the client is gone, or not
}

// inService lets requests through while the server serves.
func (s *Server) inService(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.outOfService.Load() {
			errOutOfService.write(w)
			return
		}
		next(w, r)
	}
}

// Token is an access token of an agent, "" if there is no such agent; with
// [Config.TokenLife] it is a new one. It is good for [Config.AuthMode] SSO and HYBRID.
func (s *Server) Token(agentID string) string {
	p := s.dir.people[agentID]
	switch {
	case p == nil:
		return ""
	case s.cfg.TokenLife > 0:
		return s.dir.ids.sign(p.ID, useAccess, s.cfg.TokenLife)
	}
	return p.Token
}

// SignOn is the whole answer of the token service when an agent signs on, with
// the refresh token; "" if there is no such agent.
func (s *Server) SignOn(agentID string) string {
	p := s.dir.people[agentID]
	if p == nil {
		return ""
	}
	body, err := s.dir.ids.answer(p, true)
	if err != nil {
		return "" // a map of texts and numbers is always JSON
	}
	return string(body)
}
