package sim

import "slices"

// list answers with what belongs to owner, the path of a user or a team.
type list func(s *Server, c *call, owner string) (string, *apiError)

// ofUser shows a user's list to the user, the user's supervisors and the administrator.
func ofUser(l list) endpoint {
	return func(s *Server, c *call) (string, *apiError) {
		p, refused := s.mayRead(c)
		if refused != nil {
			return "", refused
		}
		return l(s, c, userPath(p.ID))
	}
}

// ofTeam shows a team's list to its members, its supervisors and the
// administrator.
func ofTeam(l list) endpoint {
	return func(s *Server, c *call) (string, *apiError) {
		t, refused := s.team(c)
		if refused != nil {
			return "", refused
		}
		p := s.dir.people[c.user]
		if !s.dir.isAdmin(c.user) && (p == nil || p.Team != t.ID) && !slices.Contains(t.Supervisors, c.user) {
			e := errUnauthorized(c.user)
			return "", &e
		}
		return l(s, c, "/finesse/api/TeamResource/"+t.ID)
	}
}

// withTeam is a team's list for those who may see every team.
func withTeam(l list) endpoint {
	return func(s *Server, c *call) (string, *apiError) {
		t, refused := s.team(c)
		if refused != nil {
			return "", refused
		}
		return l(s, c, "/finesse/api/Team/"+t.ID)
	}
}

// nothing is a list that is always empty.
func nothing(root string) list {
	return func(*Server, *call, string) (string, *apiError) { return "<" + root + "/>", nil }
}

// administrators refuses everybody else.
func administrators(e endpoint) endpoint {
	return func(s *Server, c *call) (string, *apiError) {
		if !s.dir.isAdmin(c.user) {
			e := errUnauthorized(c.user)
			return "", &e
		}
		return e(s, c)
	}
}

// configuration is for administrators, and on the primary node alone: the
// second node of a pair answers 403.
func configuration(e endpoint) endpoint {
	return administrators(func(s *Server, c *call) (string, *apiError) {
		if s.cfg.Peer != nil {
			e := errSecondary()
			return "", &e
		}
		return e(s, c)
	})
}
