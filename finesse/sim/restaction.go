package sim

import (
	"net/http"
	"regexp"
	"slices"

	"gcbridge/finesse/sim/callcontrol"
)

// actionCall is a PUT on a dialog, read and ready to be judged.
type actionCall struct {
	request   *dialogRequest
	dialog    *callcontrol.Dialog
	user      string
	extension string
}

// actionCheck is Finesse's own check of one action; nil passes it on.
type actionCheck func(s *Server, a *actionCall) *apiError

// actionChecks are the checks beyond those of all actions.
func actionChecks() map[string][]actionCheck {
	return map[string][]actionCheck{
		"UPDATE_CALL_DATA":          {ownTargetIfAny},
		"CONSULT_CALL":              {ownTarget, dials},
		"TRANSFER_SST":              {ownTarget, dials},
		"SEND_DTMF":                 {ownTarget, needsParam("dtmfString")},
		"ACCEPT":                    {ownTarget, onPreview},
		"REJECT":                    {ownTarget, onPreview},
		"CLOSE":                     {ownTarget, onPreview},
		"PARTICIPANT_DROP":          {notOnCCX, targetGiven, dropsAgent},
		"RECLASSIFY":                {ownTarget, needsParam(callcontrol.ParamClassification)},
		"UPDATE_SCHEDULED_CALLBACK": {ownTarget, needsCallback},
	}
}

// paramForms are the forms of action parameters.
var paramForms = map[string]*regexp.Regexp{
	"dtmfString":                    regexp.MustCompile(`^[0-9A-D*#]+$`),
	callcontrol.ParamCallbackTime:   regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$`),
	callcontrol.ParamCallbackNumber: regexp.MustCompile(`^\+?\d+$`),
	// With REX_ it is CCE's spelling.
	callcontrol.ParamClassification: regexp.MustCompile(`^((REX_)?(VOICE|FAX|ANS_MACHINE|INVALID)|BUSY)$`),
}

func (s *Server) checkAction(a *actionCall) *apiError {
	var e apiError
	switch name := a.request.Action; {
	case name == "":
		e = errMissing("requestedAction")
		return &e
	case !slices.Contains(callcontrol.Actions(), name):
		e = errInvalid("requestedAction", "Invalid requestedAction")
		return &e
	default:
		checks, ok := actionChecks()[name]
		if !ok {
			checks = []actionCheck{ownTarget}
		}
		for _, check := range append(checks, paramsWellFormed) {
			if e := check(s, a); e != nil {
				return e
			}
		}
	}
	return nil
}

func targetGiven(_ *Server, a *actionCall) *apiError {
	if a.request.Target == "" {
		e := errMissing("targetMediaAddress")
		return &e
	}
	return nil
}

func ownTargetIfAny(_ *Server, a *actionCall) *apiError {
	if a.request.Target != "" && a.request.Target != a.extension {
		e := errDestination(a.request.Target, "The targetMediaAddress is not the user's extension")
		return &e
	}
	return nil
}

func ownTarget(s *Server, a *actionCall) *apiError {
	if e := targetGiven(s, a); e != nil {
		return e
	}
	return ownTargetIfAny(s, a)
}

func dials(_ *Server, a *actionCall) *apiError {
	var e apiError
	switch a.request.To {
	case "":
		e = errMissing("toAddress")
	case a.extension:
		e = errDestination(a.request.To, "The caller and the called are the same")
	default:
		return nil
	}
	return &e
}

func errNotImplemented(action string) *apiError {
	return &apiError{http.StatusNotImplemented, "Not Implemented", action, "Not supported on this platform"}
}

const directPreview = "OUTBOUND_DIRECT_PREVIEW"

// onPreview: CCX answers for direct previews alone, CCE for all others.
func onPreview(s *Server, a *actionCall) *apiError {
	if (s.flavor() == callcontrol.CCX) != (a.dialog.CallType == directPreview) {
		return errNotImplemented(a.request.Action)
	}
	return nil
}

func notOnCCX(s *Server, a *actionCall) *apiError {
	if s.flavor() == callcontrol.CCX {
		return errNotImplemented(a.request.Action)
	}
	return nil
}

func dropsAgent(s *Server, a *actionCall) *apiError {
	if !s.mayDropOthers(a.user, a.extension, a.dialog) {
		e := errUnauthorized(a.user)
		return &e
	}
	if !isAgentIn(a.dialog, a.request.Target) {
		e := errDestination(a.request.Target, "The targetMediaAddress is no agent in the call")
		return &e
	}
	return nil
}

func needsParam(name string) actionCheck {
	return func(_ *Server, a *actionCall) *apiError {
		if a.request.params()[name] == "" {
			e := errMissing(name)
			return &e
		}
		return nil
	}
}

func needsCallback(_ *Server, a *actionCall) *apiError {
	p := a.request.params()
	if p[callcontrol.ParamCallbackTime] == "" && p[callcontrol.ParamCallbackNumber] == "" {
		e := errMissing(callcontrol.ParamCallbackTime)
		return &e
	}
	return nil
}

func paramsWellFormed(_ *Server, a *actionCall) *apiError {
	for _, p := range a.request.Params {
		if form, known := paramForms[p.Name]; known && p.Value != "" && !form.MatchString(p.Value) {
			e := errInvalid(p.Name, "Invalid value")
			return &e
		}
	}
	return nil
}

// params are the action parameters by name.
func (r *dialogRequest) params() map[string]string {
	m := make(map[string]string, len(r.Params))
	for _, p := range r.Params {
		m[p.Name] = p.Value
	}
	return m
}
