package connectorsync

import (
	"encoding/json"
	"fmt"
	"slices"

	"gcbridge/protocol/secret"
)

// Context is what a node must know of an agent to act for it.
type Context struct {
	LoginID     string        `json:"loginId,omitempty"` // at Finesse, where the client names the agent otherwise
	Password    secret.Secret `json:"-"`                 // written by the codec alone
	Bearer      bool          `json:"bearer,omitempty"`  // the password is an SSO access token
	Token       Token         `json:"token,omitzero"`    // what is known of that
	Extension   string        `json:"extension,omitempty"`
	Destination string        `json:"destination,omitempty"` // broker path; "" = not bound
	Format      string        `json:"format,omitempty"`      // of the dialect [D3]; "" = the node's
	Teams       []string      `json:"teams,omitempty"`       // team subscriptions, by id
	LoggedIn    bool          `json:"loggedIn,omitempty"`
	Leaving     bool          `json:"leaving,omitempty"` // a force_logout waits for the last call to end [C16]
}

func (c Context) equal(o Context) bool {
	return c.LoginID == o.LoginID && c.Password.Equal(o.Password) && c.Bearer == o.Bearer && c.Token.equal(o.Token) && c.Extension == o.Extension && c.Destination == o.Destination &&
		c.Format == o.Format && slices.Equal(c.Teams, o.Teams) && c.LoggedIn == o.LoggedIn && c.Leaving == o.Leaving
}

// Token is what a node must know of an agent's access token to renew it.
type Token struct {
	Refresh  secret.Secret `json:"-"` // like Password of [Context]: written by the codec alone
	Password secret.Secret `json:"-"` // for a token service that wants it
	Shown    secret.Secret `json:"-"` // a fingerprint of what the client showed
	Issued   Millis        `json:"issued,omitempty"`
	Expires  Millis        `json:"expires,omitempty"` // 0 = not known
}

func (t Token) equal(o Token) bool {
	return t.Refresh.Equal(o.Refresh) && t.Password.Equal(o.Password) && t.Shown.Equal(o.Shown) && t.Issued == o.Issued && t.Expires == o.Expires
}

func (t Token) isSound() bool {
	return isSecret(t.Refresh) && isSecret(t.Password) && isSecret(t.Shown) && t.Issued >= 0 && t.Issued < latest && t.Expires >= 0 && t.Expires < latest
}

func (c Context) isSound() bool {
	return isSecret(c.Password) && c.Token.isSound() && isText(c.LoginID) && isText(c.Extension) && isText(c.Destination) && isText(c.Format) &&
		len(c.Teams) <= maxTeams && !slices.ContainsFunc(c.Teams, func(t string) bool { return len(t) > maxName || !isText(t) })
}

// contextPayload and orphanPayload are the only forms in which secrets are
// written; the types themselves leave them out.
type contextPayload struct {
	AgentContext
	clearSecrets
}

type orphanPayload struct {
	Orphan
	clearSecrets
}

// clearSecrets are the secrets of a [Context].
type clearSecrets struct {
	Clear         string `json:"password,omitempty"`
	Refresh       string `json:"refreshToken,omitempty"`
	TokenPassword string `json:"tokenPassword,omitempty"`
	Shown         string `json:"shown,omitempty"`
}

func reveal(c Context) clearSecrets {
	return clearSecrets{c.Password.Reveal(), c.Token.Refresh.Reveal(), c.Token.Password.Reveal(), c.Token.Shown.Reveal()}
}

// fill puts the secrets back.
func (s clearSecrets) fill(c *Context) {
	c.Password = secret.New(s.Clear)
	c.Token.Refresh, c.Token.Password, c.Token.Shown = secret.New(s.Refresh), secret.New(s.TokenPassword), secret.New(s.Shown)
}

func encodeContext(b Body) ([]byte, error) {
	c, ok := b.(AgentContext)
	if !ok {
		return nil, fmt.Errorf("connectorsync: %T is no %s", b, KindContext)
	}
	return json.Marshal(contextPayload{c, reveal(c.Context)})
}

func decodeContext(payload []byte) (Body, error) {
	var p contextPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, err
	}
	p.fill(&p.Context)
	return p.AgentContext, nil
}

func encodeOrphan(b Body) ([]byte, error) {
	o, ok := b.(Orphan)
	if !ok {
		return nil, fmt.Errorf("connectorsync: %T is no %s", b, KindOrphan)
	}
	return json.Marshal(orphanPayload{o, reveal(o.Context)})
}

func decodeOrphan(payload []byte) (Body, error) {
	var p orphanPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, err
	}
	p.fill(&p.Context)
	return p.Orphan, nil
}
