package finesse

import (
	"strconv"
	"strings"
	"time"
)

// timeLayout is how Finesse writes times, always UTC. time.Parse takes any
// number of fraction digits for it.
const timeLayout = "2006-01-02T15:04:05Z07:00"

// parseTime reads a Finesse time. Empty (Finesse has had no state event yet)
// and malformed ones are the zero time.
func parseTime(s string) time.Time {
	t, _ := time.Parse(timeLayout, s)
	return t.UTC()
}

func decodeUser(e *element) UserPatch {
	p := UserPatch{
		ID:             e.opt("loginId"),
		LoginName:      e.opt("loginName"),
		FirstName:      e.opt("firstName"),
		LastName:       e.opt("lastName"),
		Extension:      e.opt("extension"),
		State:          optState(e.opt("state")),
		PendingState:   optState(e.opt("pendingState")),
		ReasonCodeID:   e.opt("reasonCodeId"),
		Roles:          e.child("roles").strs("role"),
		WrapUpOnIncome: e.opt("settings", "wrapUpOnIncoming"),
		WrapUpOnOut:    e.opt("settings", "wrapUpOnOutgoing"),
		TeamID:         e.opt("teamId"),
		TeamName:       e.opt("teamName"),
	}
	if p.ID == nil {
		if uri := e.str("uri"); uri != "" {
			id := lastSegment(uri)
			p.ID = &id
		}
	}
	if s := e.opt("stateChangeTime"); s != nil {
		t := parseTime(*s)
		p.StateChangeTime = &t
	}
	if s := e.opt("wrapUpTimer"); s != nil {
		if n, err := strconv.Atoi(*s); err == nil {
			p.WrapUpTimer = &n
		}
	}
	if rc := e.child("reasonCode"); rc != nil && len(rc.kids) > 0 {
		r := decodeReasonCode(rc)
		p.Reason = &r
	}
	if teams := e.child("teams"); teams != nil {
		p.Teams = []TeamRef{}
		for _, t := range teams.all("Team") {
			p.Teams = append(p.Teams, TeamRef{ID: idOf(t), Name: t.str("name")})
		}
	}
	return p
}

func optState(s *string) *AgentState {
	if s == nil {
		return nil
	}
	state := AgentState(*s)
	return &state
}

// idOf is the id element, else the last segment of uri.
func idOf(e *element) string {
	if id := e.str("id"); id != "" {
		return id
	}
	return lastSegment(e.str("uri"))
}

func decodeReasonCode(e *element) ReasonCode {
	return ReasonCode{ID: idOf(e), Code: e.str("code"), Label: e.str("label"), Category: e.str("category")}
}

func decodeDialog(e *element) Dialog {
	media := e.child("mediaProperties")
	d := Dialog{
		ID:               idOf(e),
		SecondaryID:      e.str("secondaryId"),
		AssociatedDialog: lastSegment(e.str("associatedDialogUri")),
		From:             e.str("fromAddress"),
		To:               e.str("toAddress"),
		State:            e.str("state"),
		MediaType:        e.str("mediaType"),
		CallType:         media.str("callType"),
		DNIS:             media.str("DNIS"),
		DialedNumber:     media.str("dialedNumber"),
		QueueNumber:      media.str("queueNumber"),
		QueueName:        media.str("queueName"),
		WrapUpReason:     media.str("wrapUpReason"),
		Classification:   media.str("outboundClassification"),
	}
	for _, v := range media.child("callvariables").all("CallVariable") {
		value := ""
		if e := v.child("value"); e != nil {
			value = string(e.text) // verbatim: blanks belong to the caller's data
		}
		d.Variables = append(d.Variables, Variable{Name: v.str("name"), Value: value})
	}
	for _, p := range e.child("participants").all("Participant") {
		d.Participants = append(d.Participants, Participant{
			Address:         p.str("mediaAddress"),
			AddressType:     p.str("mediaAddressType"),
			State:           p.str("state"),
			StateCause:      p.str("stateCause"),
			Actions:         p.child("actions").strs("action"),
			StartTime:       parseTime(p.str("startTime")),
			StateChangeTime: parseTime(p.str("stateChangeTime")),
		})
	}
	return d
}

func decodeDialogs(e *element) []Dialog {
	list := []Dialog{}
	for _, d := range e.all("Dialog") {
		list = append(list, decodeDialog(d))
	}
	return list
}

func decodeSystemInfo(e *element) SystemInfo {
	s := SystemInfo{
		Deployment:    e.str("deploymentType"),
		Status:        e.str("status"),
		StatusReason:  e.str("statusReason"),
		XMPPDomain:    e.str("xmppDomain"),
		PubSubDomain:  e.str("xmppPubSubDomain"),
		PrimaryHost:   e.str("primaryNode", "host"),
		SecondaryHost: e.str("secondaryNode", "host"),
	}
	s.CTIHeartbeatFailed = strings.EqualFold(strings.TrimSpace(e.str("lastCTIHeartbeatStatus")), "failure")
	// 12.6 and later print the ports of both nodes; ours is the one whose host
	// is the answering server's XMPP domain, else the primary.
	node := e.child("primaryNode")
	if s.SecondaryHost != "" && strings.EqualFold(s.SecondaryHost, s.XMPPDomain) {
		node = e.child("secondaryNode")
	}
	s.XMPPSecurePort, s.XMPPPort = portIn(node, "xmppSecurePort"), portIn(node, "xmppPort")
	return s
}

// portIn is a port number, 0 if it is absent or none.
func portIn(e *element, name string) int {
	port, err := strconv.Atoi(e.str(name))
	if err != nil || port < 0 || port > 65535 {
		return 0
	}
	return port
}

// decodeAPIErrors reads ApiErrors (REST) and apiErrors (XMPP) alike.
func decodeAPIErrors(e *element) []APIError {
	list := []APIError{}
	for _, a := range e.all("apiError") {
		list = append(list, APIError{
			Type:    a.str("errorType"),
			Data:    a.str("errorData"),
			Message: a.str("errorMessage"),
			Code:    a.str("peripheralErrorCode"),
			Text:    a.str("peripheralErrorText"),
		})
	}
	return list
}
