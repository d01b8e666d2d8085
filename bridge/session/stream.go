package session

import (
	"context"
	"errors"

	"github.com/rs/zerolog"

	"gcbridge/bridge/session/presence"
	"gcbridge/bridge/telemetry"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// connectAs opens a notification stream at the serving Finesse now. On success
// the session owns it; on failure nothing has changed.
func (s *Session) connectAs(ctx context.Context, cred finesse.Credentials) error {
	srv := s.deps.Finesse.Current()
	if srv == nil {
		return errNoServer()
	}
	st, err := await(s, func() (Stream, error) { return srv.Connect(ctx, cred) })
	if err != nil {
		return connectRefusal(err)
	}
	s.presence.Connected(srv, st, cred)
	s.client.refused = ""
	return nil
}

// connectRefusal is why there is no stream, in the words of clients.
func connectRefusal(err error) error {
	if errors.Is(err, finesse.ErrAuth) {
		return refuse(protocol.ErrSubscriptionFailed, errclass.Client, err)
	}
	return refuse(protocol.ErrUnableToSubscribe, errclass.Of(err), err)
}

// streamLost starts the way back after the stream ended by itself.
func (s *Session) streamLost() {
	err := s.presence.Lost()
	if until, displaced := s.presence.Displaced(); displaced {
		s.deps.Finesse.Displaced(until)
	}
	s.deps.Repeats.Say(zerolog.WarnLevel, s.agent, err, "notification stream lost")
	s.deps.Telemetry.Count(telemetry.StreamsLost)
	s.gap()
	s.sync.soon()
	s.deps.Finesse.Report(err)
}

// redial gets in line for the stream to come back: after an outage thousands of
// agents want that at once.
func (s *Session) redial(context.Context) {
	if !s.presence.Wanted() {
		return
	}
	if s.deps.Finesse.Current() == nil {
		s.presence.Later()
		return
	}
	s.queue()
}

// queue asks for a turn to come back. Agents who have calls come first.
func (s *Session) queue() { s.sync.queue(s.deps.Finesse.Turn(len(s.view.Dialogs()) > 0)) }

// comeBack is the agent's turn: the stream is opened, or the agent is read (by
// follow) if it is up.
func (s *Session) comeBack(ctx context.Context) {
	s.sync.leave()
	s.sync.waits = false
	s.dial(ctx)
}

// dial tries to get the stream back. What happened meanwhile is read by the
// re-sync that is due (M8).
func (s *Session) dial(ctx context.Context) {
	if !s.presence.Wanted() {
		return
	}
	srv := s.deps.Finesse.Current()
	if srv == nil {
		s.presence.Later()
		return
	}
	if s.tokenFirst() {
		return // the new token dials
	}
	s.presence.Redial(ctx, srv, s.deps.Options.CommandTimeout)
}

// dialled takes over what a redial has brought.
func (s *Session) dialled(d presence.Dialled[Server]) {
	current, err := s.presence.Take(d)
	switch {
	case !current:
	case err == nil:
		s.deps.Repeats.Say(zerolog.InfoLevel, s.agent, nil, "notification stream is back")
		s.client.refused = ""
		s.sync.soon()
	case errors.Is(err, finesse.ErrAuth) && s.signing.token.Doubt():
		s.log.Debug().Err(err).Msg("access token refused: it is renewed first")
	case errors.Is(err, finesse.ErrAuth):
		s.credentialsRefused(err)
	default:
		s.log.Debug().Err(err).Msg("notification stream not back yet")
		s.presence.Later()
	}
}

// credentialsRefused gives up until the next Connect: Finesse locks an agent
// out after a few wrong passwords.
func (s *Session) credentialsRefused(err error) {
	s.presence.Refuse()
	s.signing.token.Drop()
	s.client.refused, s.tenure.told = protocol.ErrSubscriptionFailed, nil
	s.deps.Cluster.Lost(s.agent)
	s.log.Warn().Err(err).Msg("Finesse refuses the agent's credentials now")
	s.publish([]protocol.Output{s.errorOutput(s.client.refused)}, provenance{})
}

// serverChanged follows the worker to the Finesse that serves now.
func (s *Session) serverChanged(ctx context.Context) {
	cur := s.deps.Finesse.Current()
	if cur == nil || s.presence.Credentials().User == "" {
		return
	}
	s.gap()
	s.sync.soon() // what happened meanwhile was not told
	if srv, _ := s.presence.Server(); s.presence.Up() && srv == cur {
		s.sync.waits = true
		s.queue()
		return
	}
	s.presence.Cut()
	s.presence.Proven() // nothing has failed there yet
	s.redial(ctx)
}

// server is the REST side of the server that the agent is connected to.
func (s *Session) server() (API, error) {
	srv, ok := s.presence.Server()
	if !ok || s.deps.Finesse.Current() == nil {
		return nil, errNoServer()
	}
	return patient{s, srv}, nil
}

// forMe are the credentials and the REST side for a request in the agent's name.
func (s *Session) forMe() (API, finesse.Credentials, error) {
	api, err := s.server()
	return api, s.presence.Credentials(), err
}

// read asks Finesse for the agent and their dialogs.
func (s *Session) read(ctx context.Context) (finesse.User, []finesse.Dialog, error) {
	api, cred, err := s.forMe()
	if err != nil {
		return finesse.User{}, nil, err
	}
	u, err := api.User(ctx, cred, s.agent)
	if err != nil {
		return finesse.User{}, nil, err
	}
	ds, err := api.Dialogs(ctx, cred, s.agent)
	return u, ds, err
}
