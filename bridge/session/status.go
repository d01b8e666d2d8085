package session

import (
	"time"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// Snapshot is a session as the status page sees it. It holds no secret.
type Snapshot struct {
	Agent       string   `json:"agent"`
	Phase       Phase    `json:"phase"`
	Destination string   `json:"destination"`
	State       string   `json:"state"`
	Extension   string   `json:"extension"`
	Dialogs     int      `json:"dialogs"`
	Supervisor  bool     `json:"supervisor,omitempty"`
	Teams       []string `json:"teams,omitempty"` // whose members they watch
	Server      string   `json:"server,omitempty"`
	Suspect     string   `json:"suspect,omitempty"` // why events of theirs are believed to go to somebody else
	Load
	Changed   time.Time `json:"changed"`
	TokenEnds time.Time `json:"tokenEnds,omitzero"` // of an SSO user, if that is known
}

// Load is what a session has to do, and what went wrong.
type Load struct {
	Waiting int    `json:"waiting"`        // commands in the mailbox
	Open    int    `json:"open,omitempty"` // commands that Finesse has accepted and whose outcome has not come
	Refused uint64 `json:"refused"`        // commands refused because the mailbox was full
	Panics  uint64 `json:"panics"`
}

// Phase is where a session is in its life.
type Phase string

// The phases.
const (
	PhaseNew       Phase = "new"       // no Connect served yet
	PhaseConnected Phase = "connected" // notifications flow, not logged in
	PhaseLoggedIn  Phase = "logged_in"
	PhaseBroken    Phase = "reconnecting" // the notification stream is down
	PhaseRefused   Phase = "refused"      // Finesse refused the credentials
)

// Snapshot returns the session as of its last step.
func (s *Session) Snapshot() Snapshot {
	sn := *s.shown.snapshot.Load()
	sn.Waiting, sn.Refused, sn.Panics = len(s.inbox.mail), s.inbox.full.Load(), s.shown.panics.Load()
	return sn
}

// State is the agent's O-001 as of the last step; ok is false as long as
// Finesse has not told their state.
func (s *Session) State() (st protocol.State, ok bool) {
	if p := s.shown.state.Load(); p != nil {
		return *p, true
	}
	return st, false
}

// show makes the session as it is now visible.
func (s *Session) show() {
	u := s.view.User()
	sn := Snapshot{
		Agent: s.agent, Phase: s.phase(), Destination: s.client.path(),
		State: string(u.State), Extension: u.Extension, Dialogs: s.view.Calls(),
		Supervisor: u.Supervisor(), Teams: s.teams.roster.Teams(), Load: Load{Open: s.asked.Len()}, Suspect: s.sync.routine.suspect,
		Server: s.presence.Name(), Changed: u.StateChangeTime, TokenEnds: s.signing.token.Grant().Expires,
	}
	s.shown.snapshot.Store(&sn)
	if u.State != "" {
		st := s.view.State()
		s.shown.state.Store(&st)
	}
}

func (s *Session) phase() Phase {
	switch {
	case s.client.refused != "":
		return PhaseRefused
	case s.presence.Credentials().User == "":
		return PhaseNew
	case !s.presence.Up():
		return PhaseBroken
	case loggedIn(s.view.User()):
		return PhaseLoggedIn
	}
	return PhaseConnected
}

func loggedIn(u finesse.User) bool {
	return u.State != "" && u.State != finesse.StateLogout && u.State != finesse.StateUnknown
}
