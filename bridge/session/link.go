package session

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// link is the agent's connection to one Finesse: his credentials, the server
// and the notification stream.
type link struct {
	server  Server
	stream  Stream
	cred    finesse.Credentials
	refused protocol.ErrorCode // why there is no stream and will be none before the next Connect
	attempt int
	timer   *time.Timer
}

func (l *link) up() bool { return l.stream != nil }

// events is nil, which never delivers, while there is no stream.
func (l *link) events() <-chan finesse.Notification {
	if l.stream == nil {
		return nil
	}
	return l.stream.C()
}

func (l *link) err() error {
	if l.stream == nil {
		return nil
	}
	return l.stream.Err()
}

func (l *link) name() string {
	if l.server == nil {
		return ""
	}
	return l.server.Name()
}

// replace takes over a new stream; the old one is cut without a farewell,
// because its unavailable presence must not follow the new one's.
func (l *link) replace(srv Server, st Stream, cred finesse.Credentials) {
	if l.stream != nil {
		l.stream.Abort()
	}
	l.server, l.stream, l.cred = srv, st, cred
	l.refused, l.attempt = "", 0
	l.timer.Stop()
}

func (l *link) close(log zerolog.Logger) {
	if l.stream == nil {
		return
	}
	if err := l.stream.Close(); err != nil {
		log.Debug().Err(err).Msg("closing the notification stream")
	}
	l.stream = nil
}

// Backoff bounds of a lost notification stream. Finesse logs an agent out 60 s
// after his presence went (finesse-api 1.10), so the tries stay close.
const (
	relinkFirst   = 100 * time.Millisecond
	relinkLongest = 5 * time.Second
)

// relinkDelay is the wait before try n (0, 1, ...), with up to half of it as
// jitter so that thousands of agents do not return in one instant.
func relinkDelay(n int, jitter float64) time.Duration {
	d := relinkLongest
	if n < 6 {
		d = min(relinkFirst<<n, relinkLongest)
	}
	return d/2 + time.Duration(jitter*float64(d)/2)
}

// dial connects cred to the serving Finesse. On success the session owns the
// new stream; on failure nothing has changed.
func (s *Session) dial(ctx context.Context, cred finesse.Credentials) error {
	srv := s.deps.Servers.Current()
	if srv == nil {
		return errNoServer()
	}
	st, err := srv.Connect(ctx, cred)
	switch {
	case errors.Is(err, finesse.ErrAuth):
		return refuse(protocol.ErrSubscriptionFailed, errclass.Client, err)
	case err != nil:
		return refuse(protocol.ErrUnableToSubscribe, errclass.Of(err), err)
	}
	s.link.replace(srv, st, cred)
	return nil
}

// linkLost starts the way back after the stream ended by itself.
func (s *Session) linkLost(err error) {
	s.log.Warn().Err(err).Msg("notification stream lost")
	s.deps.Count("streams_lost")
	s.link.stream.Abort()
	s.link.stream = nil
	s.wantSync = true
	s.gap()
	s.deps.Servers.Report(err)
	s.scheduleRelink()
}

func (s *Session) scheduleRelink() {
	s.link.timer.Reset(relinkDelay(s.link.attempt, rand.Float64()))
	s.link.attempt++
}

// relink tries to get the stream back. What happened meanwhile is read by the
// re-sync that wantSync asks for (M8).
func (s *Session) relink(ctx context.Context) {
	if s.link.up() || s.link.refused != "" || s.link.cred.User == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.deps.CommandTimeout)
	defer cancel()
	err := s.dial(ctx, s.link.cred)
	var r *refusal
	switch {
	case err == nil:
		s.log.Info().Str("server", s.link.name()).Msg("notification stream is back")
		s.wantSync = true
	case errors.As(err, &r) && r.code == protocol.ErrSubscriptionFailed:
		s.credentialsRefused(err)
	default:
		s.log.Debug().Err(err).Int("attempt", s.link.attempt).Msg("notification stream not back yet")
		s.scheduleRelink()
	}
}

// credentialsRefused gives up until the next Connect: Finesse locks an agent
// out after a few wrong passwords.
func (s *Session) credentialsRefused(err error) {
	s.link.refused, s.told = protocol.ErrSubscriptionFailed, nil
	s.deps.Lost(s.agent)
	s.log.Warn().Err(err).Msg("Finesse refuses the agent's credentials now")
	s.publish([]protocol.Output{s.errorOutput(s.link.refused)}, provenance{})
}

// serverChanged follows the worker to the Finesse that serves now.
func (s *Session) serverChanged(ctx context.Context) {
	cur := s.deps.Servers.Current()
	if cur == nil || s.link.cred.User == "" {
		return
	}
	s.gap()
	if s.link.up() && s.link.server == cur {
		s.wantSync = true // it serves again: what happened meanwhile was not told
		return
	}
	if s.link.up() {
		s.link.stream.Abort()
		s.link.stream = nil
		s.wantSync = true
	}
	s.link.attempt = 0
	s.relink(ctx)
}

// api is the REST side of the server that the agent is connected to.
func (s *Session) api() (API, error) {
	if s.deps.Servers.Current() == nil {
		return nil, errNoServer()
	}
	if s.link.server == nil {
		return nil, errNoServer()
	}
	return s.link.server, nil
}
