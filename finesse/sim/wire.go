package sim

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gcbridge/finesse/sim/callcontrol"
)

// The wire structs write XML in the captured element order: alphabetical in
// User, the order of the capture in Dialog.

type userXML struct {
	XMLName      xml.Name
	Dialogs      string         `xml:"dialogs"`
	Extension    string         `xml:"extension"`
	FirstName    string         `xml:"firstName"`
	LastName     string         `xml:"lastName"`
	LoginID      string         `xml:"loginId"`
	LoginName    string         `xml:"loginName"`
	MediaType    string         `xml:"mediaType"`
	MobileAgent  *mobileXML     `xml:"mobileAgent"`
	PendingState string         `xml:"pendingState"`
	ReasonCode   *reasonCodeXML `xml:"reasonCode"`
	ReasonCodeID string         `xml:"reasonCodeId"`
	Roles        *rolesXML      `xml:"roles"`
	Settings     *settingsXML   `xml:"settings"`
	State        string         `xml:"state"`
	Changed      string         `xml:"stateChangeTime"`
	TeamID       string         `xml:"teamId,omitempty"`
	TeamName     string         `xml:"teamName,omitempty"`
	Teams        *teamsXML      `xml:"teams"` // supervisors only
	URI          string         `xml:"uri"`
	WrapUpTimer  int            `xml:"wrapUpTimer"`
}

type mobileXML struct {
	Mode       string `xml:"mode"`
	DialNumber string `xml:"dialNumber"`
}

type rolesXML struct {
	Role []string `xml:"role"`
}

type settingsXML struct {
	Incoming string `xml:"wrapUpOnIncoming"`
	Outgoing string `xml:"wrapUpOnOutgoing"`
}

type teamsXML struct {
	Team []teamXML `xml:"Team"`
}

type teamXML struct {
	ID   string `xml:"id"`
	Name string `xml:"name"`
	URI  string `xml:"uri"`
}

// reasonCodeXML serves events, where it is reasonCode, and lists, where it
// is ReasonCode.
type reasonCodeXML struct {
	XMLName  xml.Name
	Category string `xml:"category"`
	Code     string `xml:"code"`
	ForAll   bool   `xml:"forAll"`
	ID       string `xml:"id"`
	Label    string `xml:"label"`
	System   bool   `xml:"systemCode,omitempty"`
	URI      string `xml:"uri"`
}

type dialogXML struct {
	XMLName      xml.Name
	Associated   string           `xml:"associatedDialogUri"`
	From         string           `xml:"fromAddress"`
	ID           string           `xml:"id"`
	Secondary    string           `xml:"secondaryId"`
	Media        mediaXML         `xml:"mediaProperties"`
	MediaType    string           `xml:"mediaType"`
	Participants []participantXML `xml:"participants>Participant"`
	Callback     *callbackXML     `xml:"scheduledCallbackInfo"`
	State        string           `xml:"state"`
	To           string           `xml:"toAddress"`
	URI          string           `xml:"uri"`
}

type callbackXML struct {
	Time   string `xml:"callbackTime"`
	Number string `xml:"callbackNumber"`
}

type itemsXML struct {
	Item []string `xml:"wrapUpItem"`
}

type mediaXML struct {
	MediaID        string        `xml:"mediaId"`
	DNIS           string        `xml:"DNIS"`
	CallType       string        `xml:"callType"`
	DialedNumber   string        `xml:"dialedNumber"`
	Classification string        `xml:"outboundClassification"`
	QueueNumber    string        `xml:"queueNumber,omitempty"`
	QueueName      string        `xml:"queueName,omitempty"`
	WrapUpReason   string        `xml:"wrapUpReason,omitempty"`
	WrapUpItems    *itemsXML     `xml:"wrapUpItems"`
	Variables      []variableXML `xml:"callvariables>CallVariable"`
}

type variableXML struct {
	Name  string  `xml:"name"`
	Value rawText `xml:"value"`
}

// rawText is a value that goes out as Finesse's Java writes it: what XML forbids
// becomes a reference to it, which XML forbids as well, and broken UTF-8 stays
// broken.
type rawText struct {
	XML string `xml:",innerxml"`
}

func newRawText(s string) rawText {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(s[:1])
		case r < ' ' && !strings.ContainsRune("\t\n\r", r):
			fmt.Fprintf(&b, "&#x%x;", r)
		default:
			b.WriteString(escape(s[:size]))
		}
		s = s[size:]
	}
	return rawText{b.String()}
}

type participantXML struct {
	Actions     actionsXML `xml:"actions"`
	Address     string     `xml:"mediaAddress"`
	AddressType string     `xml:"mediaAddressType"`
	Start       string     `xml:"startTime"`
	State       string     `xml:"state"`
	Cause       string     `xml:"stateCause"`
	Changed     string     `xml:"stateChangeTime"`
}

type actionsXML struct {
	Action []string `xml:"action"`
}

const stamp = "2006-01-02T15:04:05.000Z"

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stamp)
}

func (s *Server) userXML(name string, u *callcontrol.User) userXML {
	p := s.dir.people[u.ID]
	x := userXML{
		XMLName: xml.Name{Local: name}, Dialogs: userPath(u.ID) + "/Dialogs", Extension: u.Extension,
		FirstName: p.FirstName, LastName: p.LastName, LoginID: u.ID, LoginName: p.LoginName, MediaType: "1",
		PendingState: string(u.Pending), ReasonCodeID: u.ReasonID, Roles: &rolesXML{[]string{"Agent"}},
		Settings: &settingsXML{p.WrapUpIncoming, p.WrapUpOutgoing}, State: string(u.State), Changed: timeText(u.Since),
		TeamID: p.Team, TeamName: s.dir.teams[p.Team].Name, URI: userPath(u.ID), WrapUpTimer: *p.WrapUpTimer,
	}
	if u.Reason != nil {
		r := reasonXML("reasonCode", *u.Reason)
		x.ReasonCode = &r
	}
	if u.MobileMode != "" {
		x.MobileAgent = &mobileXML{u.MobileMode, u.MobileNumber}
	}
	if teams := s.dir.supervised(u.ID); len(teams) > 0 {
		x.Roles.Role = append(x.Roles.Role, "Supervisor")
		x.Teams = &teamsXML{}
		for _, t := range teams {
			x.Teams.Team = append(x.Teams.Team, teamXML{t.ID, t.Name, "/finesse/api/Team/" + t.ID})
		}
	}
	return x
}

// partial takes out what older releases leave out of the event of a RESERVED
// agent.
func (x userXML) partial() userXML {
	x.MediaType, x.Roles, x.Settings, x.TeamID, x.TeamName, x.Teams = "", nil, nil, "", "", nil
	return x
}

func reasonXML(name string, r callcontrol.Reason) reasonCodeXML {
	return reasonCodeXML{
		XMLName: xml.Name{Local: name}, Category: string(r.Category), Code: strconv.Itoa(r.Code), ForAll: true,
		ID: r.ID, Label: r.Label, System: r.System, URI: "/finesse/api/ReasonCode/" + r.ID,
	}
}

func newDialogXML(name string, d *callcontrol.Dialog) dialogXML {
	x := dialogXML{
		XMLName: xml.Name{Local: name}, From: d.From, ID: d.ID, Secondary: d.SecondaryID,
		Media: mediaXML{
			MediaID: "1", DNIS: d.DNIS, CallType: d.CallType, DialedNumber: d.DialedNumber, Classification: d.Classification,
			QueueNumber: d.QueueNumber, QueueName: d.QueueName, WrapUpReason: d.WrapUpReason,
		},
		MediaType: "Voice", State: string(d.State), To: d.To, URI: dialogPath(d.ID),
	}
	if d.WrapUpItems != nil {
		x.Media.WrapUpItems = &itemsXML{d.WrapUpItems}
	}
	if d.CallbackTime != "" || d.CallbackNumber != "" {
		x.Callback = &callbackXML{d.CallbackTime, d.CallbackNumber}
	}
	if d.AssociatedID != "" {
		x.Associated = dialogPath(d.AssociatedID)
	}
	for _, v := range d.Variables {
		x.Media.Variables = append(x.Media.Variables, variableXML{v.Name, newRawText(v.Value)})
	}
	for _, p := range d.Parties {
		y := participantXML{
			Actions: actionsXML{p.Actions}, Address: p.Address, Start: timeText(p.Start), State: string(p.State),
			Cause: p.Cause, Changed: timeText(p.Changed),
		}
		if p.Agent != "" {
			y.AddressType = "AGENT_DEVICE"
		}
		x.Participants = append(x.Participants, y)
	}
	return x
}

func userPath(id string) string   { return "/finesse/api/User/" + id }
func dialogPath(id string) string { return "/finesse/api/Dialog/" + id }

// systemInfoXML is the 12.6 form.
type systemInfoXML struct {
	XMLName     xml.Name
	Now         string   `xml:"currentTimestamp"`
	Deployment  string   `xml:"deploymentType"`
	Heartbeat   string   `xml:"lastCTIHeartbeatStatus"`
	LastSuccess string   `xml:"lastSuccessCTIHeartbeatTime"`
	CTIVersion  string   `xml:"ctiVersion"`
	Interval    string   `xml:"ctiHeartbeatInterval"`
	License     string   `xml:"license"`
	Peripheral  string   `xml:"peripheralId"`
	Primary     nodeXML  `xml:"primaryNode"`
	Secondary   *nodeXML `xml:"secondaryNode"`
	Status      string   `xml:"status"`
	Reason      string   `xml:"statusReason"`
	AuthMode    string   `xml:"systemAuthMode"`
	Offset      string   `xml:"timezoneOffset"`
	URI         string   `xml:"uri"`
	Domain      string   `xml:"xmppDomain"`
	PubSub      string   `xml:"xmppPubSubDomain"`
}

type nodeXML struct {
	Host       string `xml:"host"`
	HTTPS      string `xml:"httpsPort,omitempty"`
	XMPP       string `xml:"xmppPort,omitempty"`
	XMPPSecure string `xml:"xmppSecurePort,omitempty"`
}
