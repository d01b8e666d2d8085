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

func TestEdition3HasNoCopyForASupervisor(t *testing.T) {
	_, ok := protocol.Encode(protocol.State{Addressee: protocol.Addressee{Agent: "S"}, Member: "A", State: "READY"}, dialect(t, "3", "DEFAULT"))
	require.False(t, ok)
}

func TestTheDialectOfNobodyIsNoJSON(t *testing.T) {
	// A Dialect that did not come from NewDialect may not bring edition 3 to JSON.
	_, ok := protocol.Encode(protocol.System{Status: protocol.InService}, protocol.Dialect{Edition: protocol.Edition3, Format: protocol.FormatJSON})
	require.False(t, ok)
}
