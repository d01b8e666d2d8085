package sim

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"

	"gcbridge/finesse/sim/callcontrol"
)

func (s *Server) getUser(c *call) (string, *apiError) {
	p, refused := s.mayRead(c)
	if refused != nil {
		return "", refused
	}
	var u callcontrol.User
	s.centre.read(func(e *callcontrol.Engine) { u, _ = e.User(p.ID) })
	return marshal(s.userXML("User", &u)), nil
}

type userRequest struct {
	State     string `xml:"state"`
	Extension string `xml:"extension"`
	ReasonID  string `xml:"reasonCodeId"`
	Mobile    *struct {
		Mode       string `xml:"mode"`
		DialNumber string `xml:"dialNumber"`
	} `xml:"mobileAgent"`
}

// requestable are the states that a request may name; WORK and WORK_READY
// are refused later, by an event.
var requestable = []string{"LOGIN", "READY", "NOT_READY", "LOGOUT", "WORK", "WORK_READY"}

func (s *Server) putUser(c *call) (string, *apiError) {
	p, refused := s.person(c)
	if refused != nil {
		return "", refused
	}
	var r userRequest
	if refused := c.parse("User", &r); refused != nil {
		return "", refused
	}
	forced := c.user != p.ID
	if forced && !s.dir.supervises(c.user, p.ID) {
		e := errOtherUser(c.user)
		if len(s.dir.supervised(c.user)) > 0 {
			e = errNotSupervisor(c.user)
		}
		return "", &e
	}
	if e := s.checkState(&r, forced); e != nil {
		return "", e
	}
	cmd := callcontrol.SetState{
		Agent: p.ID, State: callcontrol.State(r.State), Extension: r.Extension, ReasonID: r.ReasonID, Forced: forced,
	}
	if r.Mobile != nil {
		cmd.MobileMode, cmd.MobileNumber = r.Mobile.Mode, r.Mobile.DialNumber
	}
	s.centre.submit("User/"+p.ID, c.requestID(), cmd)
	return "", nil
}

// checkState is Finesse's own check, before the CTI side is asked.
func (s *Server) checkState(r *userRequest, forced bool) *apiError {
	var e apiError
	switch {
	case r.State == "":
		e = errMissing("state")
	case !slices.Contains(requestable, r.State):
		e = errInvalid("state", "Invalid State specified for user")
	case forced && !slices.Contains([]string{"READY", "NOT_READY", "LOGOUT"}, r.State):
		e = errInvalid("state", "A supervisor may set READY, NOT_READY and LOGOUT only")
	case forced && r.ReasonID != "":
		e = errInvalid("reasonCodeId", "A supervisor may not send a reason code")
	case r.State == "LOGIN" && r.Extension == "":
		e = errMissing("extension")
	case r.State == "LOGIN" && strings.Trim(r.Extension, "0123456789") != "":
		e = apiError{http.StatusBadRequest, "Bad Request", r.Extension, "Invalid extension"}
	case r.ReasonID != "" && !s.knownReason(r.ReasonID, r.State):
		e = errInvalid("reasonCodeId", "Invalid reason code")
	case r.Mobile != nil:
		return s.checkMobile(r)
	default:
		return nil
	}
	return &e
}

func (s *Server) checkMobile(r *userRequest) *apiError {
	var e apiError
	switch {
	case s.flavor() == callcontrol.CCX:
		e = errInvalid("mobileAgent", "Mobile agents are not supported")
	case r.Mobile.Mode == "":
		e = errMissing("mode")
	case r.Mobile.Mode != "CALL_BY_CALL" && r.Mobile.Mode != "NAILED_CONNECTION":
		e = errInvalid("mode", "Invalid mode")
	case r.Mobile.DialNumber == "":
		e = errMissing("dialNumber")
	default:
		return nil
	}
	return &e
}

func (s *Server) knownReason(id, category string) bool {
	return slices.ContainsFunc(s.scenario.ReasonCodes, func(r reasonCode) bool { return r.ID == id && r.Category == category })
}

func (r reasonCode) reason() callcontrol.Reason {
	return callcontrol.Reason{ID: r.ID, Code: r.Code, Label: r.Label, Category: callcontrol.State(r.Category)}
}

// reasonCodes are the same for everybody.
func (s *Server) reasonCodes(c *call, _ string) (string, *apiError) {
	category := c.req.URL.Query().Get("category")
	var e apiError
	switch category {
	case "":
		e = errMissing("category")
		return "", &e
	case "NOT_READY", "LOGOUT":
	default:
		e = errInvalid("category", "Invalid category")
		return "", &e
	}
	var b strings.Builder
	b.WriteString(`<ReasonCodes category="` + category + `">`)
	for _, r := range s.scenario.ReasonCodes {
		if r.Category == category {
			b.WriteString(marshal(reasonXML("ReasonCode", r.reason())))
		}
	}
	b.WriteString("</ReasonCodes>")
	return b.String(), nil
}

func (s *Server) getReasonCode(c *call) (string, *apiError) {
	if _, refused := s.mayRead(c); refused != nil {
		return "", refused
	}
	id := c.req.PathValue("n")
	for _, r := range s.scenario.ReasonCodes {
		if r.ID == id {
			return marshal(reasonXML("ReasonCode", r.reason())), nil
		}
	}
	return "", &apiError{http.StatusNotFound, "Not Found", id, "The reason code does not exist"}
}

type wrapUpReasonXML struct {
	XMLName xml.Name `xml:"WrapUpReason"`
	URI     string   `xml:"uri"`
	Label   string   `xml:"label"`
	ForAll  bool     `xml:"forAll"`
}

// wrapUpReasons are the same for everybody, under the owner's path.
func (s *Server) wrapUpReasons(_ *call, owner string) (string, *apiError) {
	if len(s.scenario.WrapUpReasons) == 0 {
		return "<WrapUpReasons/>", nil
	}
	var b strings.Builder
	b.WriteString("<WrapUpReasons>")
	for i, label := range s.scenario.WrapUpReasons {
		b.WriteString(marshal(wrapUpReasonXML{URI: owner + "/WrapUpReason/" + itoa(i+1), Label: label, ForAll: true}))
	}
	b.WriteString("</WrapUpReasons>")
	return b.String(), nil
}

func (s *Server) getWrapUpReason(c *call) (string, *apiError) {
	p, refused := s.mayRead(c)
	if refused != nil {
		return "", refused
	}
	id := c.req.PathValue("n")
	for i, label := range s.scenario.WrapUpReasons {
		if itoa(i+1) == id {
			return marshal(wrapUpReasonXML{URI: userPath(p.ID) + "/WrapUpReason/" + id, Label: label, ForAll: true}), nil
		}
	}
	return "", &apiError{http.StatusNotFound, "Not Found", id, "The wrap-up reason does not exist"}
}

func (s *Server) getUsers(*call) (string, *apiError) {
	var b strings.Builder
	b.WriteString("<Users>")
	s.centre.read(func(e *callcontrol.Engine) {
		for i := range s.scenario.Agents {
			u, _ := e.User(s.scenario.Agents[i].ID)
			b.WriteString(marshal(s.userXML("User", &u)))
		}
	})
	b.WriteString("</Users>")
	return b.String(), nil
}
