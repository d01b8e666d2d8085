package sim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"

	"gcbridge/finesse/sim/callcontrol"
)

// controlHandler returns the status and the JSON body, nil for none.
type controlHandler func(r *http.Request) (status int, body any, err error)

// forget is the handler of the DELETEs.
func forget(clear func()) controlHandler {
	return func(*http.Request) (status int, body any, err error) {
		clear()
		return http.StatusNoContent, body, err
	}
}

// control adds the control API to mux.
func (s *Server) control(mux *http.ServeMux) {
	routes := map[string]controlHandler{
		"POST /sim/calls":           s.controlCall,
		"POST /sim/calls/{id}/drop": s.controlDrop,
		"POST /sim/outbound":        s.controlOutbound,
		"POST /sim/refusals":        s.controlRefusal,
		"POST /sim/status":          s.controlStatus,
		"POST /sim/xmpp/drop":       s.controlXMPPDrop,
		"POST /sim/xmpp/service":    s.controlXMPPService,
		"GET /sim/xmpp/service":     s.controlXMPPTries,
		"POST /sim/faults":          s.controlFault,
		"DELETE /sim/faults":        forget(s.ClearFaults),
		"GET /sim/requests":         s.controlRequests,
		"DELETE /sim/requests":      forget(s.ClearRequests),
		"GET /sim/agents/{id}":      s.controlAgent,
	}
	for pattern, h := range routes {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			status, body, err := h(r)
			if err != nil {
				status, body = controlStatusOf(err), map[string]string{"error": err.Error()}
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			if body != nil {
				_ = json.NewEncoder(w).Encode(body) // the client is gone, or not
			}
		})
	}
	mux.HandleFunc("/sim/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "no " + r.Method + " " + r.URL.Path + " in the control API"})
	})
}

// controlStatusOf: unknown things 404, impossible ones 409, the rest 400.
func controlStatusOf(err error) int {
	var r *callcontrol.Refusal
	if !errors.As(err, &r) {
		return http.StatusBadRequest
	}
	if r.NotFound {
		return http.StatusNotFound
	}
	return http.StatusConflict
}

// decode reads a JSON body strictly; an empty one is an empty object.
func decode(r *http.Request, v any) error {
	dec := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func (s *Server) controlCall(r *http.Request) (int, any, error) {
	var in struct {
		From        string            `json:"from"`
		To          string            `json:"to"`
		Variables   map[string]string `json:"callVariables"`
		CallType    string            `json:"callType"`
		Dialed      string            `json:"dialedNumber"`
		QueueNumber string            `json:"queueNumber"`
		QueueName   string            `json:"queueName"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	if in.From == "" || in.To == "" {
		return 0, nil, errors.New("from and to are needed")
	}
	call := CallSpec{
		From: in.From, To: in.To, CallType: in.CallType, Dialed: in.Dialed, QueueNumber: in.QueueNumber, QueueName: in.QueueName,
	}
	call.Variables = sortedVariables(in.Variables)
	id, err := s.PlaceCall(call)
	return http.StatusCreated, map[string]string{"dialogId": id}, err
}

// sortedVariables puts callVariable10 behind callVariable9.
func sortedVariables(in map[string]string) []callcontrol.Variable {
	var out []callcontrol.Variable
	for name, value := range in {
		out = append(out, callcontrol.Variable{Name: name, Value: value})
	}
	slices.SortFunc(out, func(a, b callcontrol.Variable) int { return compareIDs(a.Name, b.Name) })
	return out
}

func (s *Server) controlOutbound(r *http.Request) (int, any, error) {
	var in struct {
		Agent     string               `json:"agent"`
		Number    string               `json:"number"`
		Mode      callcontrol.DialMode `json:"mode"`
		Campaign  string               `json:"campaign"`
		Variables map[string]string    `json:"variables"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	id, err := s.Outbound(OutboundSpec{
		Agent: in.Agent, Number: in.Number, Mode: in.Mode, Campaign: in.Campaign, Variables: sortedVariables(in.Variables),
	})
	return http.StatusCreated, map[string]string{"dialogId": id}, err
}

func (s *Server) controlRefusal(r *http.Request) (int, any, error) {
	var in struct {
		Agent   string `json:"agent"`
		Type    string `json:"type"`
		Message string `json:"message"`
		Data    string `json:"data"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, s.RefuseNext(in.Agent, callcontrol.Failure{Type: in.Type, Message: in.Message, Data: in.Data})
}

func (s *Server) controlDrop(r *http.Request) (int, any, error) {
	var in struct {
		Address string `json:"address"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, s.DropCall(r.PathValue("id"), in.Address)
}

func (s *Server) controlStatus(r *http.Request) (int, any, error) {
	var in struct {
		Status string `json:"status"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, s.SetStatus(in.Status)
}

func (s *Server) controlXMPPDrop(r *http.Request) (int, any, error) {
	var in struct {
		Agent string `json:"agent"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	if s.dir.people[in.Agent] == nil {
		return 0, nil, &callcontrol.Refusal{NotFound: true, Reason: "no agent " + in.Agent}
	}
	return http.StatusOK, map[string]int{"dropped": s.DropXMPP(in.Agent)}, nil
}

func (s *Server) controlXMPPService(r *http.Request) (int, any, error) {
	var in struct {
		Service string `json:"service"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, s.SetNotifications(in.Service)
}

func (s *Server) controlXMPPTries(*http.Request) (status int, body any, err error) {
	return http.StatusOK, map[string]int{"tries": s.XMPPTries()}, err
}

func (s *Server) controlFault(r *http.Request) (int, any, error) {
	var f Fault
	if err := decode(r, &f); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, s.AddFault(f)
}

func (s *Server) controlRequests(*http.Request) (status int, body any, err error) {
	return http.StatusOK, s.Requests(), err
}

func (s *Server) controlAgent(r *http.Request) (int, any, error) {
	a, ok := s.Agent(r.PathValue("id"))
	if !ok {
		return 0, nil, &callcontrol.Refusal{NotFound: true, Reason: "no agent " + r.PathValue("id")}
	}
	return http.StatusOK, a, nil
}
