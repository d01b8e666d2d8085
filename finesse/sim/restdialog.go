package sim

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gcbridge/finesse/sim/callcontrol"
)

func itoa(n int) string { return strconv.Itoa(n) }

func (s *Server) getDialogs(c *call) (string, *apiError) {
	p, refused := s.mayRead(c)
	if refused != nil {
		return "", refused
	}
	var list []*callcontrol.Dialog
	s.centre.read(func(e *callcontrol.Engine) { list = e.Dialogs(p.ID) })
	if len(list) == 0 {
		return "<Dialogs/>", nil
	}
	var b strings.Builder
	b.WriteString("<Dialogs>")
	for _, d := range list {
		b.WriteString(marshal(newDialogXML("Dialog", d)))
	}
	b.WriteString("</Dialogs>")
	return b.String(), nil
}

func (s *Server) getDialog(c *call) (string, *apiError) {
	d, _, refused := s.findDialog(c)
	if refused != nil {
		return "", refused
	}
	if !s.concerns(d, c.user) {
		e := errOtherUser(c.user)
		return "", &e
	}
	return marshal(newDialogXML("Dialog", d)), nil
}

// findDialog is the dialog of the path and the caller's own extension.
func (s *Server) findDialog(c *call) (d *callcontrol.Dialog, extension string, refused *apiError) {
	found := false
	s.centre.read(func(e *callcontrol.Engine) {
		d, found = e.Dialog(c.id)
		u, _ := e.User(c.user)
		extension = u.Extension
	})
	if !found {
		e := errNoDialog(c.id)
		return nil, "", &e
	}
	return d, extension, nil
}

func (s *Server) concerns(d *callcontrol.Dialog, user string) bool {
	return s.dir.isAdmin(user) || slices.ContainsFunc(d.Parties, func(p callcontrol.Party) bool {
		return p.Agent == user || p.Agent != "" && s.dir.supervises(user, p.Agent)
	})
}

type dialogRequest struct {
	Action string `xml:"requestedAction"`
	From   string `xml:"fromAddress"`
	To     string `xml:"toAddress"`
	Target string `xml:"targetMediaAddress"`
	Media  *struct {
		WrapUpReason *string `xml:"wrapUpReason"`
		Variables    []struct {
			Name  string `xml:"name"`
			Value string `xml:"value"`
		} `xml:"callvariables>CallVariable"`
	} `xml:"mediaProperties"`
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
	var u callcontrol.User
	s.centre.read(func(e *callcontrol.Engine) { u, _ = e.User(p.ID) })
	if refused := s.checkNewCall(&r, u.Extension); refused != nil {
		return "", refused
	}
	vars, refused := variables(&r)
	if refused != nil {
		return "", refused
	}
	s.centre.submit("User/"+p.ID+"/Dialogs", c.requestID(), callcontrol.MakeCall{Agent: p.ID, To: r.To, Variables: vars})
	return "", nil
}

func (s *Server) checkNewCall(r *dialogRequest, extension string) *apiError {
	var e apiError
	switch {
	case r.Action == "":
		e = errMissing("requestedAction")
	case r.Action == "SILENT_MONITOR" || r.Action == "BARGE_CALL":
		e = apiError{http.StatusNotImplemented, "Not Implemented", r.Action, "The simulator does not play this yet"}
	case r.Action != "MAKE_CALL":
		e = errInvalid("requestedAction", "Invalid requestedAction")
	case r.From == "":
		e = errMissing("fromAddress")
	case r.To == "":
		e = errMissing("toAddress")
	case r.From == r.To:
		e = apiError{http.StatusBadRequest, "Invalid Destination", r.To, "The caller and the called are the same"}
	case r.From != extension:
		e = errInvalid("fromAddress", "The fromAddress is not the user's extension")
	case s.flavor() == callcontrol.CCX && r.Media != nil:
		e = errInvalid("mediaProperties", "mediaProperties are not supported")
	default:
		return nil
	}
	return &e
}

func (s *Server) putDialog(c *call) (string, *apiError) {
	d, extension, refused := s.findDialog(c)
	if refused != nil {
		return "", refused
	}
	var r dialogRequest
	if refused := c.parse("Dialog", &r); refused != nil {
		return "", refused
	}
	if !slices.ContainsFunc(d.Parties, func(p callcontrol.Party) bool { return p.Agent == c.user }) {
		e := errOtherUser(c.user)
		return "", &e
	}
	if refused := checkAction(&r, extension); refused != nil {
		return "", refused
	}
	vars, refused := variables(&r)
	if refused != nil {
		return "", refused
	}
	cmd := callcontrol.Act{
		Agent: c.user, Dialog: d.ID, Action: r.Action, Target: or(r.Target, extension), To: r.To, Variables: vars,
	}
	if r.Media != nil {
		cmd.WrapUpReason = r.Media.WrapUpReason
	}
	s.centre.submit("Dialog/"+d.ID, c.requestID(), cmd)
	return "", nil
}

// needsTo are the actions that dial; needsNoTarget those that may leave the
// acting extension out.
var (
	needsTo       = []string{"CONSULT_CALL", "TRANSFER_SST"}
	needsNoTarget = []string{"UPDATE_CALL_DATA"}
)

func checkAction(r *dialogRequest, extension string) *apiError {
	var e apiError
	switch {
	case r.Action == "":
		e = errMissing("requestedAction")
	case slices.Contains([]string{"ACCEPT", "CLOSE", "REJECT", "PARTICIPANT_DROP"}, r.Action):
		e = apiError{http.StatusNotImplemented, "Not Implemented", r.Action, "The simulator does not play this yet"}
	case !slices.Contains(callcontrol.Actions(), r.Action):
		e = errInvalid("requestedAction", "Invalid requestedAction")
	case r.Target == "" && !slices.Contains(needsNoTarget, r.Action):
		e = errMissing("targetMediaAddress")
	case r.Target != "" && r.Target != extension:
		e = apiError{http.StatusBadRequest, "Invalid Destination", r.Target, "The targetMediaAddress is not the user's extension"}
	case r.To == "" && slices.Contains(needsTo, r.Action):
		e = errMissing("toAddress")
	case r.To == extension && slices.Contains(needsTo, r.Action):
		e = apiError{http.StatusBadRequest, "Invalid Destination", r.To, "The caller and the called are the same"}
	default:
		return nil
	}
	return &e
}

// variableName is callVariable1 to 10, or an ECC variable.
var variableName = regexp.MustCompile(`^(callVariable([1-9]|10)|user\.[A-Za-z0-9_.\-]+(\[\d+\])?)$`)

func variables(r *dialogRequest) ([]callcontrol.Variable, *apiError) {
	if r.Media == nil {
		return nil, nil
	}
	var out []callcontrol.Variable
	for _, v := range r.Media.Variables {
		dup := slices.ContainsFunc(out, func(x callcontrol.Variable) bool { return x.Name == v.Name })
		if dup || !variableName.MatchString(v.Name) { // BA variables among them
			e := errInvalid(v.Name, "Invalid call variable")
			return nil, &e
		}
		out = append(out, callcontrol.Variable{Name: v.Name, Value: v.Value})
	}
	return out, nil
}
