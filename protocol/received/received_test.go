package received

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want Output
	}{
		"state, text":            {"1001#State#READY####2019-09-17 12:46:21#A B#1001#42801##A B#1001", Output{Type: "State", State: "READY"}},
		"state, JSON":            {`{"type":"State","agentId":"1001","state":"READY","reasonCode":""}`, Output{Type: "State", State: "READY"}},
		"to log in again, text":  {"1001#State#RE_LOGIN", Output{Type: "State", State: "RE_LOGIN"}},
		"error, text":            {"1001#Error#CF_NO_HELD_CALL", Output{Type: "Error", Error: "CF_NO_HELD_CALL"}},
		"error, JSON":            {`{"type":"Error","errorType":"CF_NO_HELD_CALL","agentId":"1001"}`, Output{Type: "Error", Error: "CF_NO_HELD_CALL"}},
		"ringing, text":          {"1001#NewInboundCall#1006#ani=1006#DialogID:55#CallType:#2019-09-17 15:32:15", Output{Type: "NewInboundCall", Dialog: "55"}},
		"ringing, JSON":          {`{"type":"NewInboundCall","dialogId":"55","fromAddress":"1006"}`, Output{Type: "NewInboundCall", Dialog: "55"}},
		"a call ends, text":      {"1001#InboundCall#DROP#DialogID:55##ani=#CallType:#ParticipantsCount:0#participants:", Output{Type: "InboundCall", State: Dropped, Dialog: "55"}},
		"a call ends, JSON":      {`{"type":"InboundCall","dialogId":"55","state":"DROPPED"}`, Output{Type: "InboundCall", State: Dropped, Dialog: "55"}},
		"consultation, text":     {"1001#ConsultCall#ACTIVE#AssDialogID:56#x", Output{Type: "ConsultCall", State: "ACTIVE", Dialog: "56"}},
		"consultation, JSON":     {`{"type":"ConsultCall","assDialogId":"56","state":"ACTIVE"}`, Output{Type: "ConsultCall", State: "ACTIVE", Dialog: "56"}},
		"a state that is no one": {`{"type":"Other","state":{"a":1},"dialogId":"5"}`, Output{Type: "Other", Dialog: "5"}},
		"nothing":                {"", Output{}},
		"cut off, JSON":          {`{"type":"State"`, Output{}},
		"one word":               {"1001", Output{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Read(c.body)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
