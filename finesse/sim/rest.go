package sim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gcbridge/finesse/sim/callcontrol"
)

// maxBody is the longest request body that is read, in bytes.
const maxBody = 1 << 20

// call is a request on its way through a handler.
type call struct {
	user string // authenticated
	id   string // {id} of the path
	req  *http.Request
	body []byte
	// partial is the Content-Range of an answer that is 206.
	partial string
}

// requestID is echoed in the events that the request causes.
func (c *call) requestID() string { return c.req.Header.Get("requestId") }

// endpoint answers a request with a body for 200, "" for 202, or a refusal.
type endpoint func(s *Server, c *call) (string, *apiError)

// endpoints is the REST API, a row per method and path.
func endpoints() map[string]endpoint {
	return map[string]endpoint{
		"GET /finesse/api/User/{id}":                  (*Server).getUser,
		"PUT /finesse/api/User/{id}":                  (*Server).putUser,
		"GET /finesse/api/User/{id}/Dialogs":          (*Server).getDialogs,
		"POST /finesse/api/User/{id}/Dialogs":         (*Server).postDialog,
		"GET /finesse/api/User/{id}/ReasonCodes":      ofUser((*Server).reasonCodes),
		"GET /finesse/api/User/{id}/ReasonCode/{n}":   (*Server).getReasonCode,
		"GET /finesse/api/User/{id}/WrapUpReasons":    ofUser((*Server).wrapUpReasons),
		"GET /finesse/api/User/{id}/WrapUpReason/{n}": (*Server).getWrapUpReason,
		"GET /finesse/api/User/{id}/Queues":           (*Server).getQueues,
		"GET /finesse/api/User/{id}/PhoneBooks":       (*Server).getUserPhoneBooks,
		"GET /finesse/api/Queue/{id}":                 (*Server).getQueue,
		"GET /finesse/api/Team/{id}":                  (*Server).getTeam,
		"GET /finesse/api/Dialog/{id}":                (*Server).getDialog,
		"PUT /finesse/api/Dialog/{id}":                (*Server).putDialog,

		"GET /finesse/api/TeamResource/{id}/ReasonCodes":            ofTeam((*Server).reasonCodes),
		"GET /finesse/api/TeamResource/{id}/WrapUpReasons":          ofTeam((*Server).wrapUpReasons),
		"GET /finesse/api/TeamResource/{id}/PhoneBooks":             ofTeam((*Server).teamContacts),
		"GET /finesse/api/TeamResource/{id}/MediaPropertiesLayouts": ofTeam(nothing("MediaPropertiesLayouts")),
		"GET /finesse/api/TeamResource/{id}/Workflows":              ofTeam(nothing("Workflows")),

		"GET /finesse/api/Users":                   administrators((*Server).getUsers),
		"GET /finesse/api/PhoneBooks":              configuration((*Server).getPhoneBooks),
		"GET /finesse/api/PhoneBook/{id}":          configuration((*Server).getPhoneBook),
		"GET /finesse/api/PhoneBook/{id}/Contacts": configuration((*Server).getContacts),
		"GET /finesse/api/Team/{id}/PhoneBooks":    configuration((*Server).getTeamPhoneBooks),
		"GET /finesse/api/Team/{id}/ReasonCodes":   configuration(withTeam((*Server).reasonCodes)),
		"GET /finesse/api/Team/{id}/WrapUpReasons": configuration(withTeam((*Server).wrapUpReasons)),
	}
}

// handler is everything on the REST address.
func (s *Server) handler() http.Handler {
	api := http.NewServeMux()
	api.HandleFunc("GET /finesse/api/SystemInfo", func(w http.ResponseWriter, _ *http.Request) {
		writeXML(w, marshal(s.systemInfo("SystemInfo")))
	})
	for pattern, e := range endpoints() {
		api.Handle(pattern, s.authorized(e))
	}
	api.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		apiError{http.StatusNotFound, "Not Found", r.URL.Path, "There is no such resource"}.write(w)
	})
	root := http.NewServeMux()
	s.control(root)
	root.Handle("/ws", s.xmpp) // Cisco's 8445; clients write it both ways
	root.Handle("/ws/", s.xmpp)
	root.Handle("/finesse/api/", s.record(s.faults.through(api)))
	root.Handle("GET /desktop/sso/token", s.record(s.faults.through(s.inService(s.getToken))))
	root.Handle("POST /desktop/sso/token", s.record(s.faults.through(s.inService(s.postToken))))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.begin(false) {
			panic(http.ErrAbortHandler)
		}
		defer s.inFlight.Done()
		root.ServeHTTP(w, r)
	})
}

// record reads the body and keeps the request in the log.
func (s *Server) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			errBadBody("unreadable or too long").write(w)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		user := s.dir.claimed(r)
		s.requests.add(Request{
			Method: r.Method, Path: r.URL.RequestURI(), User: user, Body: redact(string(body)),
			RequestID: r.Header.Get("requestId"), Time: time.Now(),
		})
		next.ServeHTTP(w, r)
	})
}

// authorized guards an endpoint: in service, then a known user.
func (s *Server) authorized(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.outOfService.Load() {
			errOutOfService.write(w)
			return
		}
		user, ok := s.dir.authenticate(r)
		if !ok {
			s.dir.refused(user, false)
			errUnauthorized(user).write(w)
			return
		}
		body, _ := io.ReadAll(r.Body) // in memory since record
		c := &call{user: user, id: r.PathValue("id"), req: r, body: body}
		out, refused := e(s, c)
		if refused != nil {
			if id := c.requestID(); id != "" {
				w.Header().Set("requestid", id)
			}
			refused.write(w)
			return
		}
		if out == "" {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", "application/xml;charset=UTF-8")
		if c.partial != "" {
			w.Header().Set("Content-Range", c.partial)
			w.WriteHeader(http.StatusPartialContent)
		}
		_, _ = io.WriteString(w, out) // the client is gone, or not
	})
}

func writeXML(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/xml;charset=UTF-8")
	_, _ = io.WriteString(w, body) // the client is gone, or not
}

// parse reads the request body into v, whose root is named root.
func (c *call) parse(root string, v any) *apiError {
	dec := xml.NewDecoder(bytes.NewReader(c.body))
	for {
		t, err := dec.Token()
		if err != nil {
			e := errBadBody("The body is no " + root)
			return &e
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local != root {
			e := errBadBody("The body is no " + root)
			return &e
		}
		if err := dec.DecodeElement(v, &start); err != nil && !errors.Is(err, io.EOF) {
			e := errBadBody("The body is not well formed")
			return &e
		}
		return nil
	}
}

// person resolves {id}: the login id. The login name is one on CCX, and on CCE
// where the user alone is read.
func (s *Server) person(c *call) (*person, *apiError) {
	if p := s.dir.people[c.id]; p != nil {
		return p, nil
	}
	if p := s.dir.names[c.id]; p != nil && s.dir.takesName(c.req, c.id) {
		return p, nil
	}
	e := errNoUser(c.id)
	return nil, &e
}

// mayRead lets agents see themselves, supervisors their teams, the
// administrator all.
func (s *Server) mayRead(c *call) (*person, *apiError) {
	p, refused := s.person(c)
	if refused != nil {
		return nil, refused
	}
	if c.user != p.ID && !s.dir.isAdmin(c.user) && !s.dir.supervises(c.user, p.ID) {
		e := errOtherUser(c.user)
		return nil, &e
	}
	return p, nil
}

func (s *Server) flavor() callcontrol.Flavor { return callcontrol.Flavor(s.scenario.Flavor) }

func (s *Server) systemInfo(name string) systemInfoXML {
	now := time.Now()
	beat := "success"
	if s.outOfService.Load() {
		beat = "failure"
	}
	x := systemInfoXML{
		XMLName: xml.Name{Local: name}, Now: timeText(now), Deployment: strings.ToUpper(s.scenario.Flavor),
		Heartbeat: beat, LastSuccess: strconv.FormatInt(now.UnixMilli(), 10), CTIVersion: "23", Interval: "2",
		Peripheral: "5000", Primary: nodeXML{Host: s.cfg.Domain}, Status: s.status(), AuthMode: s.cfg.AuthMode, Offset: "0",
		URI: systemInfoNode, Domain: s.cfg.Domain, PubSub: s.pubSub(),
	}
	if s.cfg.TLS {
		x.Primary.HTTPS = portOf(s.restL)
	}
	if s.cfg.XMPPTLS == "direct" {
		x.Primary.XMPPSecure = portOf(s.xmppL)
	} else {
		x.Primary.XMPP = portOf(s.xmppL)
	}
	if s.cfg.SecondaryHost != "" {
		x.Secondary = &nodeXML{Host: s.cfg.SecondaryHost}
	}
	return x
}
