package callcontrol

// RefuseNext lets the next request of an agent fail with Failure, whatever it
// is: what a CTI server may answer at any time. Several are used up in order.
// OnUser and DialogID are those of the request. Errors are a *Refusal.
type RefuseNext struct {
	Agent   string
	Failure Failure
}

func (c RefuseNext) apply(e *Engine) error {
	if e.agents[c.Agent] == nil {
		return notFound("no agent %s", c.Agent)
	}
	e.ordered[c.Agent] = append(e.ordered[c.Agent], c.Failure)
	return nil
}

// begin notes whose request is being applied, for the requestId, and reports
// whether it may go on.
func (e *Engine) begin(a *agent, onUser bool, dialogID string) bool {
	e.reqBy, e.onUser = a.profile.ID, onUser
	waiting := e.ordered[a.profile.ID]
	if len(waiting) == 0 {
		return true
	}
	e.ordered[a.profile.ID] = waiting[1:]
	f := waiting[0]
	f.OnUser, f.DialogID = onUser, dialogID
	e.fail(a, f)
	return false
}
