package translate_test

import (
	"testing"

	"gcbridge/bridge/translate"
	"gcbridge/protocol"
)

// BenchmarkSequence is the cost of an inbound call with wrap-up, eleven
// notifications, in the largest dialect.
func BenchmarkSequence(b *testing.B) {
	s := loadSequence(b, sequencesDir+"/cce-wrap-up")
	d := dialect(b, protocol.Edition4412, protocol.FormatJSON)
	b.ReportAllocs()
	for b.Loop() {
		v := translate.New(s.agent, d)
		for _, p := range s.payloads {
			v, _ = v.Apply(p.Notification)
		}
	}
}
