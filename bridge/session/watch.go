package session

import (
	"context"
	"errors"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// watch is the teams whose members' states a supervisor is told.
type watch struct {
	roster translate.Roster
	stream Stream // where the subscriptions are
	lost   bool   // outputs were lost: every member's state is due again
}

// teamUsers answers getteamusers [O-020]; with true the supervisor is told
// the members' states from now on, with false no more.
func (s *Session) teamUsers(ctx context.Context, r *Request) error {
	api, cred, err := s.forMe()
	if err != nil {
		return err
	}
	team, subscribe := r.Command.Arg(protocol.ParamTeam), r.Command.Arg(protocol.ParamSubscribe)
	if subscribe == "true" {
		if err := s.subscribe(ctx, team); err != nil {
			return err
		}
	}
	// After the subscription, so that no change falls between the two; whoever
	// may not see the team is refused here, and his subscription taken back.
	t, err := api.Team(ctx, cred, team, true)
	if err != nil {
		if subscribe == "true" && !s.watch.roster.Watches(team) {
			s.unsubscribe(ctx, team)
		}
		return err
	}
	t.ID = team
	s.answer(r, s.view.TeamUsers(t, s.deps.ListLoggedOut))
	switch {
	case subscribe == "false":
		s.unwatch(ctx, team)
	case subscribe == "true" || s.watch.roster.Watches(team):
		var changed []finesse.User
		s.watch.roster, changed = s.watch.roster.With(t)
		s.tellMembers(changed, provenance{})
	}
	return nil
}

// subscribe makes the stream deliver the events of a team's members. A stream
// that is new since the other teams were subscribed gets those, too.
func (s *Session) subscribe(ctx context.Context, team string) error {
	st := s.link.stream
	if st == nil {
		return refuse(protocol.ErrUnableToSubscribe, errclass.Unavailable, nil)
	}
	teams := []string{team}
	switch {
	case st != s.watch.stream:
		teams = append(teams, s.watch.roster.Teams()...)
	case s.watch.roster.Watches(team):
		return nil
	}
	for _, t := range teams {
		if err := s.subscribeOn(ctx, st, t); err != nil {
			return err
		}
	}
	s.watch.stream = st
	return nil
}

func (s *Session) subscribeOn(ctx context.Context, st Stream, team string) error {
	err := s.whileListening(func() error { return st.Subscribe(ctx, translate.TeamNode(team)) })
	switch {
	case errors.Is(err, finesse.ErrNodeNotFound):
		return refuse(protocol.ErrNotFound, errclass.Client, err)
	case err != nil:
		return refuse(protocol.ErrUnableToSubscribe, errclass.Of(err), err)
	}
	return nil
}

func (s *Session) unsubscribe(ctx context.Context, team string) {
	st := s.link.stream
	if st == nil || st != s.watch.stream {
		return
	}
	if err := s.whileListening(func() error { return st.Unsubscribe(ctx, translate.TeamNode(team)) }); err != nil {
		s.log.Warn().Str("team", team).Err(err).Msg("team subscription left behind")
	}
}

func (s *Session) unwatch(ctx context.Context, team string) {
	if s.watch.roster.Watches(team) {
		s.unsubscribe(ctx, team)
		s.watch.roster = s.watch.roster.Without(team)
	}
}

// unwatchAll forgets every team: the client that asked for them is gone.
func (s *Session) unwatchAll(ctx context.Context) {
	for _, team := range s.watch.roster.Teams() {
		s.unwatch(ctx, team)
	}
}

// rewatch subscribes again where the stream is a new one, and tells what the
// supervisor missed meanwhile (M8).
func (s *Session) rewatch(ctx context.Context) error {
	fresh := s.link.stream != s.watch.stream
	for _, team := range s.watch.roster.Teams() {
		err := s.rewatchTeam(ctx, team, fresh)
		switch code := s.codeFor(err, row{team: true}); {
		case err == nil:
		case code == protocol.ErrAuthorization || code == protocol.ErrNotFound:
			s.log.Warn().Str("team", team).Err(err).Msg("team is not watched any more")
			s.watch.roster = s.watch.roster.Without(team)
			s.publish([]protocol.Output{s.errorOutput(code)}, provenance{recovered: true})
		default:
			return err
		}
	}
	s.watch.stream = s.link.stream
	if s.watch.lost {
		s.watch.lost = false
		s.tellMembers(s.watch.roster.Members(), provenance{recovered: true})
	}
	return nil
}

func (s *Session) rewatchTeam(ctx context.Context, team string, fresh bool) error {
	if fresh {
		if err := s.subscribeOn(ctx, s.link.stream, team); err != nil {
			return err
		}
	}
	api, cred, err := s.forMe()
	if err != nil {
		return err
	}
	t, err := api.Team(ctx, cred, team, true)
	if err != nil {
		return err
	}
	t.ID = team
	var changed []finesse.User
	s.watch.roster, changed = s.watch.roster.With(t)
	if !s.watch.lost {
		s.tellMembers(changed, provenance{recovered: true})
	}
	return nil
}

// noticeTeam takes an event of a watched team's node. The supervisor may be a
// member of his own team; his own state he is told already.
func (s *Session) noticeTeam(n finesse.Notification, p provenance) {
	var changed []finesse.User
	s.watch.roster, changed = s.watch.roster.Apply(n)
	s.tellMembers(changed, p)
}

func (s *Session) tellMembers(us []finesse.User, p provenance) {
	for _, u := range us {
		if u.ID == s.agent {
			continue
		}
		own := p
		if corr, ok := s.forcedShown(u); ok {
			own.correlation = corr
		}
		s.publish([]protocol.Output{s.view.MemberState(u)}, own)
	}
}

// whileListening runs ask, which waits for an answer on the notification
// stream, and keeps reading the stream meanwhile: an answer behind unread
// notifications would never be read.
func (s *Session) whileListening(ask func() error) error {
	events := s.link.events()
	answer := make(chan error, 1)
	go func() { answer <- ask() }()
	for {
		select {
		case err := <-answer:
			return err
		case n, ok := <-events:
			if !ok {
				events = nil // Run sees it, too
				continue
			}
			s.backlog = append(s.backlog, n)
		}
	}
}
