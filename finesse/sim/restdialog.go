package sim

import (
	"cmp"
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
	Action     string         `xml:"requestedAction"`
	From       string         `xml:"fromAddress"`
	To         string         `xml:"toAddress"`
	Target     string         `xml:"targetMediaAddress"`
	Associated string         `xml:"associatedDialogUri"`
	Params     []nameAndValue `xml:"actionParams>ActionParam"`
	Media      *struct {
		WrapUpReason *string        `xml:"wrapUpReason"`
		WrapUpItems  []string       `xml:"wrapUpItems>wrapUpItem"`
		Variables    []nameAndValue `xml:"callvariables>CallVariable"`
	} `xml:"mediaProperties"`
}

type nameAndValue struct {
	Name  string `xml:"name"`
	Value string `xml:"value"`
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
	if refused := s.checkAction(&actionCall{request: &r, dialog: d, user: c.user, extension: extension}); refused != nil {
		return "", refused
	}
	vars, refused := variables(&r)
	if refused != nil {
		return "", refused
	}
	cmd := callcontrol.Act{
		Agent: c.user, Dialog: d.ID, Action: r.Action, Target: cmp.Or(r.Target, extension), To: r.To, Variables: vars,
		Params: r.params(),
	}
	if r.Media != nil {
		cmd.WrapUpReason, cmd.WrapUpItems = r.Media.WrapUpReason, r.Media.WrapUpItems
	}
	s.centre.submit("Dialog/"+d.ID, c.requestID(), cmd)
	return "", nil
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
