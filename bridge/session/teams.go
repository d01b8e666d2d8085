package session

import (
	"context"
	"errors"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

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
	// After the subscription, so that no change falls between the two; who may
	// not see the team is refused here, and the subscription taken back.
	t, err := api.Team(ctx, cred, team, true)
	if err != nil {
		if subscribe == "true" && !s.teams.roster.Watches(team) {
			s.unsubscribe(ctx, team)
		}
		return err
	}
	t.ID = team
	s.answer(r, s.view.TeamUsers(t, s.deps.Options.ListLoggedOut))
	switch {
	case subscribe == "false":
		s.unwatch(ctx, team)
	case subscribe == "true" || s.teams.roster.Watches(team):
		var changed []finesse.User
		s.teams.roster, changed = s.teams.roster.With(t)
		s.tellMembers(changed, provenance{})
	}
	return nil
}

// subscribe makes the stream deliver the events of a team's members. A stream
// that is new since the other teams were subscribed gets those, too.
func (s *Session) subscribe(ctx context.Context, team string) error {
	st := s.presence.Stream()
	if st == nil {
		return refuse(protocol.ErrUnableToSubscribe, errclass.Unavailable, nil)
	}
	teams := []string{team}
	switch {
	case st != s.teams.stream:
		teams = append(teams, s.teams.roster.Teams()...)
	case s.teams.roster.Watches(team):
		return nil
	}
	for _, t := range teams {
		if err := s.subscribeOn(ctx, st, t); err != nil {
			return err
		}
	}
	s.teams.stream = st
	return nil
}

func (s *Session) subscribeOn(ctx context.Context, st Stream, team string) error {
	err := awaitError(s, func() error { return st.Subscribe(ctx, translate.TeamNode(team)) })
	switch {
	case errors.Is(err, finesse.ErrNodeNotFound):
		return refuse(protocol.ErrNotFound, errclass.Client, err)
	case err != nil:
		return refuse(protocol.ErrUnableToSubscribe, errclass.Of(err), err)
	}
	return nil
}

func (s *Session) unsubscribe(ctx context.Context, team string) {
	st := s.presence.Stream()
	if st == nil || st != s.teams.stream {
		return
	}
	if err := awaitError(s, func() error { return st.Unsubscribe(ctx, translate.TeamNode(team)) }); err != nil {
		s.log.Warn().Str("team", team).Err(err).Msg("team subscription left behind")
	}
}

func (s *Session) unwatch(ctx context.Context, team string) {
	if s.teams.roster.Watches(team) {
		s.unsubscribe(ctx, team)
		s.teams.roster = s.teams.roster.Without(team)
	}
}

// unwatchAll forgets every team: the client that asked for them is gone.
func (s *Session) unwatchAll(ctx context.Context) {
	for _, team := range s.teams.roster.Teams() {
		s.unwatch(ctx, team)
	}
}

// rewatch subscribes again where the stream is a new one, and tells what the
// supervisor missed meanwhile (M8).
func (s *Session) rewatch(ctx context.Context) error {
	st := s.presence.Stream()
	fresh := st != s.teams.stream
	for _, team := range s.teams.roster.Teams() {
		err := s.rewatchTeam(ctx, team, st, fresh)
		switch code := s.codeFor(err, row{team: true}); {
		case err == nil:
		case code == protocol.ErrAuthorization || code == protocol.ErrNotFound:
			s.log.Warn().Str("team", team).Err(err).Msg("team is not watched any more")
			s.teams.roster = s.teams.roster.Without(team)
			s.publish([]protocol.Output{s.errorOutput(code)}, provenance{recovered: true})
		default:
			return err
		}
	}
	s.teams.stream = st
	if s.teams.lost {
		s.teams.lost = false
		s.tellMembers(s.teams.roster.Members(), provenance{recovered: true})
	}
	return nil
}

func (s *Session) rewatchTeam(ctx context.Context, team string, st Stream, fresh bool) error {
	if fresh {
		if err := s.subscribeOn(ctx, st, team); err != nil {
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
	s.teams.roster, changed = s.teams.roster.With(t)
	if !s.teams.lost {
		s.tellMembers(changed, provenance{recovered: true})
	}
	return nil
}

// noticeTeam takes an event of a watched team's node.
func (s *Session) noticeTeam(n finesse.Notification) {
	var changed []finesse.User
	s.teams.roster, changed = s.teams.roster.Apply(n)
	s.tellMembers(changed, provenance{caused: n.Received})
}

// tellMembers tells the states of team members. Supervisors may be members of
// their own team; their own state they are told already.
func (s *Session) tellMembers(us []finesse.User, p provenance) {
	for _, u := range us {
		if u.ID == s.loginID() {
			continue
		}
		own := p
		e, forced := s.asked.Member(u)
		if forced {
			own.correlation, own.ticket = e.Correlation, e.Ticket
		}
		s.publish([]protocol.Output{s.view.MemberState(u)}, own)
		if forced {
			s.over(e, "event")
		}
	}
}
