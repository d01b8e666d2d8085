package protocol_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol"
)

func dialect(t testing.TB, e protocol.Edition, f protocol.Format) protocol.Dialect {
	t.Helper()
	d, err := protocol.NewDialect(e, f, "", time.UTC)
	require.NoError(t, err)
	return d
}

func TestJMSTypeFollowsTheMode(t *testing.T) {
	e, ok := protocol.Encode(protocol.System{Status: protocol.InService}, dialect(t, "4.4", "JSON"))
	require.True(t, ok)
	require.Equal(t, "O-004", e.JMSType(protocol.JMSTypeCode))
	require.Equal(t, "system", e.JMSType(protocol.JMSTypeCategory))
	require.Empty(t, e.JMSType(protocol.JMSTypeNone))
	require.True(t, protocol.JMSTypeCode.Valid())
	require.False(t, protocol.JMSTypeMode("x").Valid())
}

func TestDialogStatusHasTheCallTypesAsJMSType(t *testing.T) {
	main := protocol.DialogBrief{ID: "1", CallType: "PREROUTE_ACD_IN"}
	associated := protocol.DialogBrief{ID: "2", CallType: "CONSULT"}
	for want, o := range map[string]protocol.DialogStatus{
		"":                        {},
		"PREROUTE_ACD_IN":         {Dialog: main},
		"PREROUTE_ACD_IN,CONSULT": {Dialog: main, Associated: associated},
		"AB":                      {Dialog: protocol.DialogBrief{ID: "1", CallType: "A\r\n\x00B"}},
	} {
		for _, d := range dialects(t) {
			e, ok := protocol.Encode(o, d)
			require.True(t, ok)
			for _, m := range []protocol.JMSTypeMode{protocol.JMSTypeCode, protocol.JMSTypeCategory, protocol.JMSTypeNone} {
				require.Equal(t, want, e.JMSType(m))
			}
		}
	}
}

func TestTimesAreInTheZoneOfTheDialect(t *testing.T) {
	berlin := time.FixedZone("CEST", 2*60*60)
	d, err := protocol.NewDialect("4.4", "DEFAULT", "", berlin)
	require.NoError(t, err)
	s := protocol.State{Addressee: protocol.Addressee{Agent: "1"}, State: "READY", ChangedAt: time.Date(2024, 6, 30, 23, 30, 0, 0, time.UTC)}
	e, ok := protocol.Encode(s, d)
	require.True(t, ok)
	require.Equal(t, "1#State#READY####2024-07-01 01:30:00##1####", e.Body)
}

func TestHashReplacementIsTheSites(t *testing.T) {
	d, err := protocol.NewDialect("4.4", "DEFAULT", "%23", time.UTC)
	require.NoError(t, err)
	e, ok := protocol.Encode(protocol.StatusBar{Addressee: protocol.Addressee{Agent: "1"}, Message: "a#b"}, d)
	require.True(t, ok)
	require.Equal(t, "1#Control#PrintStatusBar#a%23b", e.Body)
}

func TestAnOutputMayBeGivenByPointer(t *testing.T) {
	d := dialect(t, "4.4", "JSON")
	for _, row := range protocol.OutputRows() {
		s, ok := row.Examples[0].Output.(protocol.State)
		if !ok {
			continue
		}
		byValue, _ := protocol.Encode(s, d)
		byPointer, ok := protocol.Encode(&s, d)
		require.True(t, ok)
		require.Equal(t, byValue, byPointer)
	}
	_, ok := protocol.Encode(nil, d)
	require.False(t, ok)
}

// foreign claims a code of the table without being its type.
type foreign struct{ code protocol.Code }

func (f foreign) Code() protocol.Code { return f.code }
func (foreign) AgentID() string       { return "" }

func TestAForeignOutputIsNotEncoded(t *testing.T) {
	for _, code := range []protocol.Code{"O-001", "O-999", ""} {
		_, ok := protocol.Encode(foreign{code}, dialect(t, "4.4", "JSON"))
		require.False(t, ok, code)
	}
}

// TestASilentMonitorIsSMInText: a real client compares the call type with it [C26].
func TestASilentMonitorIsSMInText(t *testing.T) {
	call := protocol.Call{Addressee: protocol.Addressee{Agent: "S"}, DialogID: "7", State: "ACTIVE", CallType: "SUPERVISOR_MONITOR"}
	brief := protocol.DialogBrief{ID: "7", CallType: call.CallType}
	for _, d := range dialects(t) {
		for _, o := range []protocol.Output{
			protocol.InboundCall{Call: call},
			protocol.NewInboundCall{Call: call},
			protocol.NewOutboundPreviewCall{Call: call},
			protocol.DialogStateControls{Addressee: call.Addressee, DialogType: call.CallType, DialogID: "7"},
		} {
			e, ok := protocol.Encode(o, d)
			require.True(t, ok)
			if d.Format == protocol.FormatDefault {
				require.NotContains(t, e.Body, "SUPERVISOR_MONITOR")
			} else {
				require.NotContains(t, e.Body, `"SM"`)
			}
			if e.Code == "O-008" && d.Edition == protocol.Edition44 && d.Format == protocol.FormatDefault {
				require.Contains(t, e.Body, "#CallType:SM#")
			}
			if e.Code == "O-008" && d.Edition == protocol.Edition4412 && d.Format == protocol.FormatJSON {
				require.Contains(t, e.Body, `"callType":"SUPERVISOR_MONITOR"`)
			}
		}
		e, ok := protocol.Encode(protocol.DialogStatus{Dialog: brief, Associated: brief}, d)
		require.True(t, ok)
		want := "SUPERVISOR_MONITOR,SUPERVISOR_MONITOR"
		if d.Format == protocol.FormatDefault {
			want = "SM,SM"
		}
		require.Equal(t, want, e.JMSType(protocol.JMSTypeNone))
	}
}

// TestADroppedParticipantIsAnO003InText: it has the layout of O-003, so a client
// that goes by code or JMSType finds it there; JSON has a message of its own.
func TestADroppedParticipantIsAnO003InText(t *testing.T) {
	for _, d := range dialects(t) {
		e, ok := protocol.Encode(protocol.ParticipantDropped{Addressee: protocol.Addressee{Agent: "S"}, Extension: "2002"}, d)
		require.True(t, ok)
		want := protocol.Code("participantDropped")
		if d.Format == protocol.FormatDefault {
			want = "O-003"
			require.Equal(t, "S#Control#PrintStatusBar#Participant 2002 dropped", e.Body)
		}
		require.Equal(t, want, e.Code)
		require.Equal(t, string(want), e.JMSType(protocol.JMSTypeCode))
		require.Equal(t, "agent_control", e.Category)
	}
}

// TestOnlyTheLatestJSONHasNoDataFound: 4.4 sends the empty list.
func TestOnlyTheLatestJSONHasNoDataFound(t *testing.T) {
	for _, d := range dialects(t) {
		_, ok := protocol.Encode(protocol.NoDataFound{Title: "x"}, d)
		require.Equal(t, d.Edition == protocol.Edition4412 && d.Format == protocol.FormatJSON, ok, "%s %s", d.Edition, d.Format)
	}
	e, ok := protocol.Encode(protocol.Contacts{Addressee: protocol.Addressee{Agent: "1"}, PhonebookID: "7"}, dialect(t, "4.4", "JSON"))
	require.True(t, ok)
	require.Equal(t, `[{"type":"PhonebookContacts","phonebookId":"7","contacts":[]}]`, e.Body)
}

func TestNoCopyForASupervisorWhereItNamesNobody(t *testing.T) {
	for _, edition := range []protocol.Edition{"3", "page"} {
		_, ok := protocol.Encode(protocol.State{Addressee: protocol.Addressee{Agent: "S"}, Member: "A", State: "READY"}, dialect(t, edition, "DEFAULT"))
		require.False(t, ok)
	}
}

func TestTheDialectOfNobodyIsNoJSON(t *testing.T) {
	// A Dialect that did not come from NewDialect may not bring editions without JSON to it.
	for _, edition := range []protocol.Edition{"3", "page"} {
		_, ok := protocol.Encode(protocol.System{Status: protocol.InService}, protocol.Dialect{Edition: edition, Format: protocol.FormatJSON})
		require.False(t, ok)
	}
}
