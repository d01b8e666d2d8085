package session

import (
	"context"
	"errors"
	"slices"

	"github.com/rs/zerolog"

	"gcbridge/bridge/session/presence"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// connectAs opens a notification stream at the serving Finesse now. On success
// the session owns it; on failure nothing has changed.
func (s *Session) connectAs(ctx context.Context, cred finesse.Credentials) error {
	srv := s.serving()
	if srv == nil {
		return errNoServer()
	}
	connect := func() (Stream, error) {
		id, err := s.identify(ctx, srv, cred)
		if err != nil {
			return nil, err
		}
		cred.User = id
		return await(s, func() (Stream, error) { return srv.Connect(ctx, cred) })
	}
	st, err := connect()
	if spent(err) && s.outdated(ctx, cred) {
		st, err = connect()
	}
	if err != nil {
		return connectRefusal(err)
	}
	s.presence.Connected(srv, st, cred)
	s.proven()
	s.sync.routine.forget()
	s.client.refused = ""
	return nil
}

// connectRefusal is why there is no stream, in the words of clients [E1]:
// UNABLE_TO_SUBSCRIBE_TO_FINESSE says that credentials are wrong, and only Finesse
// can know that. What cannot be reached is DOWN, what does not answer NOT_REACHABLE.
func connectRefusal(err error) error {
	if unknown := (*refusal)(nil); errors.As(err, &unknown) {
		return err
	}
	code := translate.ErrorForREST(err, true, false)
	if errors.Is(err, context.DeadlineExceeded) {
		code = protocol.ErrNotReachable
	}
	return refuse(code, errclass.Of(err), err)
}

// streamLost starts the way back after the stream ended by itself.
func (s *Session) streamLost() {
	err := s.presence.Lost()
	if until, displaced := s.presence.Displaced(); displaced {
		s.deps.Finesse.Displaced(until)
	}
	s.deps.Telemetry.Say(s.deps.Log, zerolog.WarnLevel, s.agent, err, "notification stream lost")
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
	srv := s.serving()
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
		s.deps.Telemetry.Say(s.deps.Log, zerolog.InfoLevel, s.agent, nil, "notification stream is back")
		s.proven()
		s.sync.routine.forget()
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
	cur := s.serving()
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
	u, err := api.User(ctx, cred, cred.User)
	if err != nil {
		return finesse.User{}, nil, err
	}
	ds, err := api.Dialogs(ctx, cred, cred.User)
	return u, s.readable(ds), err
}

// readable puts what is known of them in the place of dialogs that cannot be
// read: they cost themselves, not the agent. One that is not known yet is told
// when it can be read.
func (s *Session) readable(ds []finesse.Dialog) []finesse.Dialog {
	if !slices.ContainsFunc(ds, func(d finesse.Dialog) bool { return d.Unreadable }) {
		return ds
	}
	list := []finesse.Dialog{}
	for _, d := range ds {
		if d.Unreadable {
			s.deps.Telemetry.Count(telemetry.DialogsUnreadable)
			s.log.Warn().Str("dialog", d.ID).Msg("a dialog cannot be read; it stays as it was known")
			known := s.view.Dialogs()
			i := slices.IndexFunc(known, func(k finesse.Dialog) bool { return k.ID == d.ID })
			if i < 0 {
				continue
			}
			d = known[i]
		}
		list = append(list, d)
	}
	return list
}
