package sim

import (
	"net/http"
	"path"
	"slices"

	"gcbridge/finesse/sim/callcontrol"
)

// newCall is a POST on a user's Dialogs, read and ready to be judged.
type newCall struct {
	request   *dialogRequest
	user      *person
	extension string // where the agent is signed in, "" if not
	state     callcontrol.State
}

// newCallRule judges a request; what may be goes on as a command.
type newCallRule func(s *Server, n *newCall) (callcontrol.Command, *apiError)

// newCallRules are the actions that make a dialog.
func newCallRules() map[string]newCallRule {
	return map[string]newCallRule{
		"MAKE_CALL":      (*Server).makeCall,
		"SILENT_MONITOR": (*Server).silentMonitor,
		"BARGE_CALL":     (*Server).bargeCall,
	}
}

func (s *Server) postDialog(c *call) (string, *apiError) {
	p, refused := s.person(c)
	if refused != nil {
		return "", refused
	}
	if p.ID != c.user {
		e := errOtherUser(c.user)
		return "", &e
	}
	var r dialogRequest
	if refused := c.parse("Dialog", &r); refused != nil {
		return "", refused
	}
	n := newCall{request: &r, user: p}
	s.centre.read(func(e *callcontrol.Engine) {
		u, _ := e.User(p.ID)
		n.extension, n.state = u.Extension, u.State
	})
	rule, ok := newCallRules()[r.Action]
	if !ok {
		e := errInvalid("requestedAction", "Invalid requestedAction")
		if r.Action == "" {
			e = errMissing("requestedAction")
		}
		return "", &e
	}
	cmd, refused := rule(s, &n)
	if refused != nil {
		return "", refused
	}
	s.centre.submit("User/"+p.ID+"/Dialogs", c.requestID(), cmd)
	return "", nil
}

// checkAddresses is what all new calls have in common.
func (n *newCall) checkAddresses() *apiError {
	r := n.request
	var e apiError
	switch {
	case r.From == "":
		e = errMissing("fromAddress")
	case r.To == "":
		e = errMissing("toAddress")
	case r.From == r.To:
		e = errDestination(r.To, "The caller and the called are the same")
	case r.From != n.extension:
		e = errInvalid("fromAddress", "The fromAddress is not the user's extension")
	default:
		return nil
	}
	return &e
}

func (s *Server) makeCall(n *newCall) (callcontrol.Command, *apiError) {
	if e := n.checkAddresses(); e != nil {
		return nil, e
	}
	if s.flavor() == callcontrol.CCX && n.request.Media != nil {
		e := errInvalid("mediaProperties", "mediaProperties are not supported")
		return nil, &e
	}
	vars, refused := variables(n.request)
	if refused != nil {
		return nil, refused
	}
	return callcontrol.MakeCall{Agent: n.user.ID, To: n.request.To, Variables: vars}, nil
}

// checkSupervision: a supervisor asks, about an agent of one of the supervisor's teams.
func (s *Server) checkSupervision(n *newCall) *apiError {
	if len(s.dir.supervised(n.user.ID)) == 0 {
		e := errUnauthorized(n.user.ID)
		return &e
	}
	if e := n.checkAddresses(); e != nil {
		return e
	}
	var agent string
	var there bool
	s.centre.read(func(e *callcontrol.Engine) { agent, there = e.AgentAt(n.request.To) })
	if !there {
		e := errDestination(n.request.To, "No agent is signed in there")
		return &e
	}
	if !s.dir.supervises(n.user.ID, agent) {
		e := errNotSupervisor(n.user.ID)
		return &e
	}
	return nil
}

func (s *Server) silentMonitor(n *newCall) (callcontrol.Command, *apiError) {
	if e := s.checkSupervision(n); e != nil {
		return nil, e
	}
	if n.state != callcontrol.NotReady {
		return nil, &apiError{http.StatusBadRequest, "Invalid State", string(n.state), "The supervisor must be NOT_READY and without a call"}
	}
	return callcontrol.SilentMonitor{Agent: n.user.ID, To: n.request.To}, nil
}

func (s *Server) bargeCall(n *newCall) (callcontrol.Command, *apiError) {
	if e := s.checkSupervision(n); e != nil {
		return nil, e
	}
	if n.request.Associated == "" {
		e := errMissing("associatedDialogUri")
		return nil, &e
	}
	cmd := callcontrol.Barge{Agent: n.user.ID, To: n.request.To, Monitor: path.Base(n.request.Associated)}
	var f *callcontrol.Failure
	s.centre.read(func(e *callcontrol.Engine) { f = e.CheckBarge(cmd) })
	if f != nil {
		return nil, &apiError{http.StatusBadRequest, f.Type, f.Data, f.Message}
	}
	return cmd, nil
}

// mayDropOthers reports whether enableDropParticipantFor lets user drop
// somebody out of d.
func (s *Server) mayDropOthers(user, extension string, d *callcontrol.Dialog) bool {
	supervisor := len(s.dir.supervised(user)) > 0
	return supervisor || s.cfg.DropParticipantFor == dropByAll ||
		s.cfg.DropParticipantFor == dropByController && d.Controller == extension
}

// The values of enableDropParticipantFor.
const (
	dropBySupervisor = "supervisor_only"
	dropByController = "conference_controller_and_supervisor"
	dropByAll        = "all"
)

// isAgentIn reports whether address is an agent's in d.
func isAgentIn(d *callcontrol.Dialog, address string) bool {
	return slices.ContainsFunc(d.Parties, func(p callcontrol.Party) bool { return p.Address == address && p.Agent != "" })
}
