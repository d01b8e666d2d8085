package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim/callcontrol"
)

// TestForgedFrameFromTheCaller: a caller controls their number and what the IVR
// stored in call variables; nothing of it may become a frame, and the call must
// still ring.
func TestForgedFrameFromTheCaller(t *testing.T) {
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) {
			l := newLab(t, b.start(t), nil)
			p := newPhone(t, l.broker, own, "/queue/injected")
			p.login(own, "1001", "2001")
			p.answer(own, p.do("MakeReady#1001", ""), "READY")
			dialog, err := l.sim.Call("555"+forged, "2001",
				callcontrol.Variable{Name: "callVariable1", Value: "a#b|c,d" + forged},
				callcontrol.Variable{Name: "callVariable2", Value: "two\r\nlines"})
			require.NoError(t, err)
			ring := p.expect(own, "1001#NewInboundCall#", "DialogID:"+dialog)
			require.NotContains(t, ring.body, "\x00")
			require.Contains(t, ring.body, "callVariable1=a00100011b01111100c,d", "[D5]")
			require.Contains(t, ring.body, "callVariable2=two  lines", "[D5]")

			// An event that is no XML at all, as a NUL in it would be.
			const node = "/finesse/api/User/1001/Dialogs"
			l.sim.PublishEvent("1001", node, "<Update><data><dialogs><Dialog><id>7</id><fromAddress>&#0;SEND</fromAddress>")
			st := p.expect(own, "1001#State#RESERVED#")
			for st.header.Get("gcRecovered") != "true" {
				st = p.expect(own, "1001#State#RESERVED#")
			}
			p.answer(own, p.do("GetState#1001", ""), "1001#State#RESERVED#")
			p.settle()
			require.NotContains(t, p.describe(), "  /queue/injected")
		})
	}
}
