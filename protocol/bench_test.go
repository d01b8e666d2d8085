package protocol_test

import (
	"testing"

	"gcbridge/protocol"
)

func BenchmarkParseCommand(b *testing.B) {
	body := []byte("SiebelTestClient1,pw1001,SSO")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := protocol.ParseCommand("Connect#1001", body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncode renders the captured call, one of the longest messages.
func BenchmarkEncode(b *testing.B) {
	var captured protocol.Output
	for _, row := range protocol.OutputRows() {
		for _, ex := range row.Examples {
			if row.Code == "O-008" && ex.Name == "captured" {
				captured = ex.Output
			}
		}
	}
	for _, d := range dialects(b) {
		b.Run(string(d.Edition)+"."+string(d.Format), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := protocol.Encode(captured, d); !ok {
					b.Fatal("not encoded")
				}
			}
		})
	}
}
