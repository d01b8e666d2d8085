package session

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/session/presence"
	"gcbridge/bridge/session/signon"
	"gcbridge/bridge/telemetry"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// Grant is an SSO user's access token, as another node must know it to renew it.
type Grant = signon.Grant

// signOn makes an SSO user's token of what a Connect shows: the token itself, or a
// password for which the token service is asked. A client that shows again, for
// the same destination, what its session began with gets the token as it is now:
// its own has run out since.
func (s *Session) signOn(ctx context.Context, r *Request, cred finesse.Credentials) (finesse.Credentials, Grant, error) {
	g, err := signon.Read(cred.Password, time.Now()), error(nil)
	switch held := s.signing.token.Grant(); {
	case s.knows(g) && s.client.To == r.Binding.To:
		if g = held; g.Ended(time.Now()) {
			g, err = s.askForToken(ctx, g)
		}
	case s.deps.Options.TokenService && !signon.IsToken(cred.Password):
		g, err = s.askForToken(ctx, Grant{Password: cred.Password, Shown: g.Shown})
	}
	cred.Password = g.Access
	return cred, g, err
}

// knows reports whether what a client shows is what the session's token began with.
func (s *Session) knows(g Grant) bool {
	t := s.signing.token
	return t.Any() && t.Grant().Shown.Equal(g.Shown)
}

// askForToken asks for the token that a Connect needs.
func (s *Session) askForToken(ctx context.Context, g Grant) (Grant, error) {
	srv := s.deps.Finesse.Current()
	if srv == nil {
		return Grant{}, errNoServer()
	}
	t, err := await(s, func() (finesse.Token, error) {
		return srv.RenewToken(ctx, g.Proof(s.agent))
	})
	switch {
	case finesse.TokenRefused(err):
		return Grant{}, refuse(protocol.ErrSubscriptionFailed, errclass.Client, err)
	case err != nil:
		return Grant{}, connectRefusal(err) // never as wrong credentials
	}
	return g.Next(t, time.Now()), nil
}

// signedOn takes note that Finesse has taken the credentials of a Connect or Login.
func (s *Session) signedOn(cred finesse.Credentials, g Grant) {
	t := s.signing.token
	switch {
	case !cred.Bearer:
		t.Drop()
	case !t.Any() || !t.Grant().Equal(g):
		now := time.Now()
		t.Begin(g.Proven(now), now)
	}
	t.Taken()
}

// loginToken makes the credentials of an SSO user's Login: what the Connect showed
// stands for the token as it is now; anything else is a token.
func (s *Session) loginToken(cred finesse.Credentials) (finesse.Credentials, Grant) {
	g := signon.Read(cred.Password, time.Now())
	if s.knows(g) {
		return s.presence.Credentials(), s.signing.token.Grant()
	}
	cred.Password = g.Access
	return cred, g
}

// renewToken asks for the agent's next token, beside everything else.
func (s *Session) renewToken(ctx context.Context) {
	t := s.signing.token
	if !t.Any() || t.Under() {
		return
	}
	srv := s.deps.Finesse.Current()
	if srv == nil {
		s.tokenLater()
		return
	}
	t.Ask(ctx, s.agent, srv.RenewToken, s.deps.Options.CommandTimeout)
}

// tokenLater tries again after a while.
func (s *Session) tokenLater() {
	t := s.signing.token
	t.Later(presence.Delay(t.Attempt(), rand.Float64()), time.Now())
}

// tokenRenewed takes over how a renewal ended. The new token is for the next
// request and the next login; the stream that is up stays. Other nodes hear of it
// by [Session.tell].
func (s *Session) tokenRenewed(ctx context.Context, a signon.Renewed) {
	t := s.signing.token
	now := time.Now()
	current, err := t.Take(a, now)
	switch {
	case !current:
	case err == nil:
		s.deps.Telemetry.Count(telemetry.TokensRenewed)
		s.log.Debug().Time("ends", t.Grant().Expires).Msg("access token renewed")
		cred := s.presence.Credentials()
		cred.Password = t.Grant().Access
		s.presence.Adopt(cred)
		if s.tenure.waits {
			s.dial(ctx) // the first of a take-over, which does not queue
		} else {
			s.redial(ctx)
		}
		if s.sync.due {
			s.sync.soon()
		}
	case finesse.TokenRefused(err):
		s.deps.Telemetry.Count(telemetry.TokensRefused)
		s.tokenRefused(err, now)
	default:
		s.deps.Telemetry.Count(telemetry.TokenRenewalsFailed)
		if t.Attempt() == 0 {
			s.deps.Telemetry.Say(s.deps.Log, zerolog.WarnLevel, s.agent, err, "access token not renewed; it is tried again")
		}
		if late := t.Grant().Late(); !late.IsZero() && !now.Before(late) {
			s.tokenEnds(now)
		}
		s.tokenLater()
	}
}

// slowRetry is the least time between two tries that were refused.
const slowRetry = 5 * time.Second

// tokenRefused follows the word of the token service that it gives no new token.
// Where that is missed already the session waits for the next Connect; else the
// client is told, and the service asked again now and then while the token lasts.
func (s *Session) tokenRefused(err error, now time.Time) {
	t := s.signing.token
	switch g := t.Grant(); {
	case t.Stale(now) && (!s.presence.Up() || s.sync.due):
		s.credentialsRefused(err)
	case g.Known() && now.Before(g.Expires):
		s.deps.Telemetry.Say(s.deps.Log, zerolog.WarnLevel, s.agent, err, "access token cannot be renewed")
		s.tokenEnds(now)
		t.Later(max(g.Expires.Sub(now)/4, slowRetry), now)
	default:
		s.log.Debug().Err(err).Msg("access token cannot be renewed, and when it ends is not known")
	}
}

// tokenEnds tells the client, once per token, that it will end: with a new Connect
// the agent goes on without a gap.
func (s *Session) tokenEnds(now time.Time) {
	t := s.signing.token
	if !t.Tell() {
		return
	}
	left := max(t.Grant().Expires.Sub(now), 0).Round(time.Second)
	text := fmt.Sprintf("Your single sign-on ends in %d seconds and could not be renewed. Please sign in again.", int(left.Seconds()))
	s.countError(protocol.ErrAuthorization)
	s.publish([]protocol.Output{
		protocol.Error{Addressee: s.addressee(), Err: protocol.ErrAuthorization, Message: text},
		protocol.StatusBar{Addressee: s.addressee(), Message: text},
	}, provenance{})
}

// tokenFirst reports whether the token has to be renewed before it is shown to
// Finesse, and makes that due.
func (s *Session) tokenFirst() bool {
	t := s.signing.token
	if !t.Stale(time.Now()) {
		return false
	}
	t.Soon()
	return true
}
