package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"gcbridge/bridge/session/presence"
	"gcbridge/bridge/session/tries"
	"gcbridge/bridge/telemetry"
	"gcbridge/finesse"
)

// Trust is whom Finesse has accepted: which passwords it may be asked for, and
// how many sessions there may be of those whom it has not. Make one with
// [NewTrust]; it is safe for concurrent use and nothing in it blocks.
type Trust struct {
	telemetry *telemetry.Telemetry

	mu        sync.Mutex
	tries     *tries.Book
	strangers strangers
	holders   map[string]*Session // who has the agent of a login id
}

// NewTrust trusts nobody yet. It fails only for bounds that are none.
func NewTrust(t *telemetry.Telemetry) (*Trust, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it cannot fail
	book, err := tries.New(key, tries.Remembered)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	strangers, err := newStrangers(maxStrangers)
	if err != nil {
		return nil, err
	}
	return &Trust{telemetry: t, tries: book, strangers: strangers, holders: map[string]*Session{}}, nil
}

// Restart forgets what Finesse has refused: another one serves, or it serves again.
func (t *Trust) Restart() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tries.Restart()
}

// accept notes credentials that another node has found to be right.
func (t *Trust) accept(c finesse.Credentials) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tries.Accept(c.User, c.Password, time.Now())
}

// errNotTried is a password that Finesse is not asked for. Like one that it
// refuses it is [finesse.ErrAuth]; the [*tries.Refusal] in it says why.
func errNotTried(why error) error { return fmt.Errorf("%w: %w", finesse.ErrAuth, why) }

// spent reports that the tries were used up, and not on this very password.
func spent(err error) bool {
	var r *tries.Refusal
	return errors.As(err, &r) && !r.Known
}

// showing lets ask show credentials to Finesse, if that may be, and notes what it said.
func showing[T any](t *Trust, c finesse.Credentials, verdict func(error) tries.Verdict, ask func() (T, error)) (v T, err error) {
	try, err := t.begin(c)
	if err != nil {
		return v, errNotTried(err)
	}
	said := tries.Unknown // a defect in ask leaves it so
	defer func() { t.end(try, said) }()
	v, err = ask()
	said = verdict(err)
	return v, err
}

func (t *Trust) begin(c finesse.Credentials) (tries.Try, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	try, err := t.tries.Begin(c.User, c.Password, time.Now())
	if err != nil {
		t.telemetry.Count(telemetry.PasswordsNotTried)
	}
	return try, err
}

func (t *Trust) end(try tries.Try, said tries.Verdict) {
	if said == tries.Refused {
		t.telemetry.Count(telemetry.PasswordsRefused)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tries.End(try, said, time.Now())
}

// saidLogin is what the end of an XMPP login says of the password.
func saidLogin(err error) tries.Verdict {
	switch {
	case err == nil:
		return tries.Accepted
	case errors.Is(err, finesse.ErrAuth):
		return tries.Refused
	}
	return tries.Unknown
}

// saidREST is what the end of a request says of the password. A 401 to a request
// about somebody else may say as well that they are not the agent's business.
func saidREST(own bool) func(error) tries.Verdict {
	return func(err error) tries.Verdict {
		switch {
		case err == nil:
			return tries.Accepted
		case own && unauthorized(err):
			return tries.Refused
		}
		return tries.Unknown
	}
}

func unauthorized(err error) bool {
	var fe *finesse.Error
	return errors.As(err, &fe) && fe.Status == 401
}

// rest is [showing] for a request about the user id, "" = about none. An access
// token is no password: no lock counts it, and it is checked as often as it is sent.
func rest[T any](t *Trust, c finesse.Credentials, id string, ask func() (T, error)) (T, error) {
	if !c.Bearer {
		return showing(t, c, saidREST(id == c.User), ask)
	}
	v, err := ask()
	if err == nil {
		t.accept(c)
	}
	return v, err
}

// guarded is a server whose notification service is asked for no password too many.
type guarded struct {
	Server
	trust *Trust
}

// Connect implements [presence.Server].
func (g guarded) Connect(ctx context.Context, c finesse.Credentials) (presence.Stream, error) {
	if c.Bearer {
		return g.Server.Connect(ctx, c) // a token that has run out is no guess at a password
	}
	return showing(g.trust, c, saidLogin, func() (presence.Stream, error) { return g.Server.Connect(ctx, c) })
}

// serving is the server that serves now; nil while none does.
func (s *Session) serving() Server {
	srv := s.deps.Finesse.Current()
	if srv == nil {
		return nil
	}
	return guarded{srv, s.deps.Trust}
}

// proven notes that Finesse has accepted the agent's credentials.
func (s *Session) proven() {
	s.shown.proven.Store(true)
	s.deps.Trust.proven(s)
	s.displace()
}

// outdated asks Finesse whether it refuses now the password that it has accepted
// before: then another one may be the agent's new one.
func (s *Session) outdated(ctx context.Context, other finesse.Credentials) bool {
	cred := s.presence.Credentials()
	if !s.shown.proven.Load() || cred.User == "" || cred.Equal(other) {
		return false
	}
	api, err := s.server()
	if err != nil {
		return false
	}
	_, err = api.User(ctx, cred, cred.User)
	return unauthorized(err)
}

// whyNot is what a refusal without showing, or of a login id, says to people,
// "" for others.
func whyNot(err error) string {
	var r *tries.Refusal
	if errors.As(err, &r) {
		return r.Error()
	}
	if errors.Is(err, finesse.ErrLoginID) {
		return "the login id cannot be a user of Finesse's notification service"
	}
	if errors.Is(err, errNobody) {
		return "Finesse knows no agent by this login id or login name"
	}
	return ""
}
