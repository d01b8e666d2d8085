package session

import (
	"context"
	"slices"
	"strings"

	"gcbridge/bridge/session/ledger"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

func (s *Session) queueList(ctx context.Context, r *Request) error {
	api, cred, err := s.forMe()
	if err != nil {
		return err
	}
	queues, err := api.Queues(ctx, cred, cred.User)
	if err != nil {
		return err
	}
	s.answer(r, s.view.QueueList(queues))
	return nil
}

func (s *Session) silentMonitor(ctx context.Context, r *Request) error {
	from, to := s.view.User().Extension, r.Command.Arg(protocol.ParamExtension)
	return s.ask(r, ledger.Entry{Expect: joins(protocol.ParamExtension)(s, r)}, func(api API, cred finesse.Credentials, id string) error {
		return api.Monitor(ctx, cred, cred.User, from, to, id)
	})
}

// dropParticipant removes a party from a call; when it has left, the client
// is told which.
func (s *Session) dropParticipant(ctx context.Context, r *Request) error {
	address := r.Command.Arg(protocol.ParamExtension)
	return s.actFor(ctx, r, r.Command.Arg(protocol.ParamDialog), finesse.Action{Name: finesse.ActionParticipantDrop, Target: address},
		protocol.ParticipantDropped{Addressee: s.addressee(), Extension: address})
}

// bargeIn joins the call that the supervisor listens to. Its target is the
// agent's extension; a login id of a team member is one too [C14].
func (s *Session) bargeIn(ctx context.Context, r *Request) error {
	monitor, ok := s.view.Monitoring(r.Command.Arg(protocol.ParamDialog))
	if !ok {
		return errNoDialog()
	}
	target := r.Command.Arg(protocol.ParamTarget)
	if _, in := monitor.Participant(target); !in {
		u, _, found, err := s.findMember(ctx, target)
		if err != nil {
			return err
		}
		if found && u.Extension != "" {
			target = u.Extension
		}
	}
	expect := joins(protocol.ParamTarget)(s, r)
	expect.Target = target
	return s.ask(r, ledger.Entry{Expect: expect}, func(api API, cred finesse.Credentials, id string) error {
		return api.Barge(ctx, cred, cred.User, s.view.User().Extension, target, monitor.ID, id)
	})
}

// teamUserState answers with O-021, and with the O-001 that live connectors
// send in its place.
func (s *Session) teamUserState(ctx context.Context, r *Request) error {
	u, team, found, err := s.findMember(ctx, r.Command.Arg(protocol.ParamMember))
	switch {
	case err != nil:
		return err
	case !found:
		return refuse(protocol.ErrUserNotFound, errclass.Client, nil)
	}
	s.answer(r, protocol.TeamMemberState{Addressee: s.addressee(), TeamID: team, State: string(u.State)}, s.view.MemberState(u))
	return nil
}

// findMember finds an agent by login id or login name in the supervised teams.
func (s *Session) findMember(ctx context.Context, id string) (u finesse.User, team string, found bool, err error) {
	api, cred, err := s.forMe()
	if err != nil {
		return u, "", false, err
	}
	for _, ref := range s.view.User().Teams {
		t, err := api.Team(ctx, cred, ref.ID, true)
		if err != nil {
			return u, "", false, err
		}
		named := func(u finesse.User) bool {
			return u.ID == id || u.LoginName != "" && strings.EqualFold(u.LoginName, id)
		}
		if i := slices.IndexFunc(t.Users, named); i >= 0 {
			return t.Users[i], ref.ID, true, nil
		}
	}
	return u, "", false, nil
}

// allAgents answers with all agents who are logged in; without an
// administrator, with those of the sender's teams [C21].
func (s *Session) allAgents(ctx context.Context, r *Request) error {
	api, cred, err := s.forMe()
	if err != nil {
		return err
	}
	if s.hasAdmin() {
		us, err := api.Users(ctx, s.deps.Options.Admin)
		if err != nil {
			return err
		}
		s.answer(r, s.view.AgentsList(us, ""))
		return nil
	}
	teams := s.view.User().Teams
	if len(teams) == 0 {
		return refuse(protocol.ErrAuthorization, errclass.Client, nil)
	}
	var all protocol.AgentsList
	for _, ref := range teams {
		t, err := api.Team(ctx, cred, ref.ID, false)
		if err != nil {
			return err
		}
		list := s.view.AgentsList(t.Users, ref.Name)
		list.Agents = append(all.Agents, list.Agents...)
		all = list
	}
	s.answer(r, all)
	return nil
}
