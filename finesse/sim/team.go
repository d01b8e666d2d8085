package sim

import (
	"encoding/xml"
	"net/http"
	"slices"

	"gcbridge/finesse/sim/callcontrol"
)

// memberXML is the summary of a user in teams and team events.
type memberXML struct {
	XMLName   xml.Name
	URI       string         `xml:"uri"`
	LoginID   string         `xml:"loginId"`
	FirstName string         `xml:"firstName"`
	LastName  string         `xml:"lastName"`
	Dialogs   string         `xml:"dialogs"`
	Extension string         `xml:"extension"`
	Pending   string         `xml:"pendingState"`
	State     string         `xml:"state"`
	Changed   string         `xml:"stateChangeTime"`
	Reason    *reasonCodeXML `xml:"reasonCode"`
	Media     string         `xml:"mediaState,omitempty"` // CCX
}

type wholeTeamXML struct {
	XMLName xml.Name    `xml:"Team"`
	URI     string      `xml:"uri"`
	ID      string      `xml:"id"`
	Name    string      `xml:"name"`
	Users   []memberXML `xml:"users>User"`
}

// busyStates are those of an agent with a call.
var busyStates = []callcontrol.State{
	callcontrol.Talking, callcontrol.Hold, callcontrol.Reserved, callcontrol.ReservedOutbound, callcontrol.ReservedPreview,
}

func (s *Server) memberXML(name string, u *callcontrol.User) memberXML {
	p := s.dir.people[u.ID]
	x := memberXML{
		XMLName: xml.Name{Local: name}, URI: userPath(u.ID), LoginID: u.ID, FirstName: p.FirstName, LastName: p.LastName,
		Dialogs: userPath(u.ID) + "/Dialogs", Extension: u.Extension, Pending: string(u.Pending), State: string(u.State),
		Changed: timeText(u.Since),
	}
	if s.flavor() == callcontrol.CCX {
		x.Media = "IDLE"
		if slices.Contains(busyStates, u.State) {
			x.Media = "BUSY"
		}
	}
	if u.Reason != nil {
		r := reasonXML("reasonCode", *u.Reason)
		x.Reason = &r
	}
	return x
}

// tellTeam publishes a member's change to those who subscribed to the team,
// in the documented order and with its lower-case put.
func (s *Server) tellTeam(ev *callcontrol.Event) {
	node := "/finesse/api/Team/" + s.dir.people[ev.Agent].Team + "/Users"
	if s.xmpp.Subscribers(node) == 0 {
		return
	}
	s.xmpp.Publish("", node, "<Update><event>put</event><source>"+userPath(ev.Agent)+"</source><requestId></requestId><data>"+
		marshal(s.memberXML("user", ev.User))+"</data></Update>")
}

// team is the team of the path.
func (s *Server) team(c *call) (*team, *apiError) {
	if t := s.dir.teams[c.id]; t != nil {
		return t, nil
	}
	return nil, &apiError{http.StatusNotFound, "TeamId Not Found", c.id, "The team does not exist"}
}

// getTeam shows a team to its supervisors and the administrator.
func (s *Server) getTeam(c *call) (string, *apiError) {
	t, refused := s.team(c)
	if refused != nil {
		return "", refused
	}
	if !s.dir.isAdmin(c.user) && !slices.Contains(s.dir.supervised(c.user), t) {
		e := errUnauthorized(c.user)
		return "", &e
	}
	all := c.req.URL.Query().Get("includeLoggedOutAgents") != "false"
	x := wholeTeamXML{URI: "/finesse/api/Team/" + t.ID, ID: t.ID, Name: t.Name}
	s.centre.read(func(e *callcontrol.Engine) {
		for _, p := range s.scenario.Agents {
			if u, _ := e.User(p.ID); p.Team == t.ID && (all || u.State != callcontrol.Logout) {
				x.Users = append(x.Users, s.memberXML("User", &u))
			}
		}
	})
	return marshal(x), nil
}
