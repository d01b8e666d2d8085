package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// An agent may sign in with their login name, but on CCE nothing else of Finesse
// takes it: REST and the notification service want the login id, and only
// GET User/{loginName} tells it (finesse-api 1.2, 2.2). It is asked for once, before
// the first connection; from then on the credentials name the login id, here and at
// the node that takes over. The client goes on with its own spelling: it is told of,
// and addresses, the agent whom its Connect named.

// loginID is the agent's at Finesse; the client's own word for them, as long as
// Finesse has not said another.
func (s *Session) loginID() string { return cmp.Or(s.presence.Credentials().User, s.agent) }

// spelt is the login id where the client's word for the agent is another one, else "".
func (s *Session) spelt(cred finesse.Credentials) string {
	if cred.User == s.agent {
		return ""
	}
	return cred.User
}

// identify is the login id of the user whom credentials name. An id of digits alone
// is one: on CCE it is the peripheral number; any other may be a login name. What is
// known already is not asked for again.
func (s *Session) identify(ctx context.Context, srv Server, cred finesse.Credentials) (string, error) {
	if cred.User != s.agent || isNumber(cred.User) || s.shown.proven.Load() && s.presence.Credentials().User == s.agent {
		return cred.User, nil
	}
	u, err := patient{s, srv}.User(ctx, cred, cred.User)
	var fe *finesse.Error
	switch {
	case errors.As(err, &fe) && fe.Status == http.StatusNotFound:
		return "", refuse(protocol.ErrUserNotFound, errclass.Client, fmt.Errorf("%w: %w", errNobody, err))
	case err != nil:
		return "", err
	case u.ID != "" && u.ID != cred.User:
		s.log.Info().Str("login_id", u.ID).Msg("the agent signs in with their login name")
	}
	return cmp.Or(u.ID, cred.User), nil
}

// errNobody: Finesse has no user of that login id or login name.
var errNobody = errors.New("session: neither a login id nor a login name")

func isNumber(id string) bool { return strings.Trim(id, "0123456789") == "" }

// displace ends a session that has the same agent of Finesse under another
// spelling: the two would push each other out of the notification service.
func (s *Session) displace() {
	if other := s.deps.Trust.claim(s.loginID(), s); other != nil {
		other.inbox.signal(sigDisplaced)
	}
}

// claim notes that a session has the agent of a login id, and returns the other
// one that had them so far, nil if there is none.
func (t *Trust) claim(loginID string, s *Session) *Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	other := t.holders[loginID]
	t.holders[loginID] = s
	if other == nil || other.agent == s.agent {
		return nil // the same spelling: what is left of an earlier session
	}
	return other
}

// gone notes that a session has ended.
func (t *Trust) gone(s *Session) {
	t.proven(s) // no stranger's any more
	t.mu.Lock()
	defer t.mu.Unlock()
	if id := s.loginID(); t.holders[id] == s {
		delete(t.holders, id)
	}
}

// displaced obeys another session of this node that has the agent under another
// spelling: for the client it is as if they had connected elsewhere [C9].
func (s *Session) displaced(ctx context.Context) {
	s.log.Warn().Str("login_id", s.loginID()).Msg("the agent has connected under another spelling of their id; the session ends")
	s.invalidate(ctx)
	s.presence.Refuse()
	s.lose()
	s.life.ended = true
}
