package connectorsync

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
)

// FuzzDecode: whatever comes in is refused with a reason, or comes back the
// same through Encode.
func FuzzDecode(f *testing.F) {
	readers := []*Codec{newCodec(f, testKey, false), newCodec(f, secret.Secret{}, true), newCodec(f, testKey, true)}
	for _, b := range examples() {
		for _, c := range readers {
			body := encode(f, c, b)
			f.Add(body, "")
			f.Add(body, "gc-1")
			f.Add(body[:len(body)/2], "")
		}
	}
	f.Fuzz(func(t *testing.T, body, gcNode string) {
		for _, c := range readers {
			m, err := c.Decode(body, gcNode)
			if err != nil {
				var r *RefusedError
				require.True(t, errors.As(err, &r))
				require.NotEmpty(t, r.Reason)
				continue
			}
			require.NoError(t, m.Body.check())
			st, err := New(Config{Node: "gc-9", Boot: 1})
			require.NoError(t, err)
			st.LinkUp(m.At.Time())
			st.Apply(m, m.At.Time())
			if m.Boot == 0 {
				continue // an original's: it has no header to write
			}
			again, err := c.Encode(m, &counting{})
			if err != nil { // a sealed password that the reader's own form cannot carry
				require.Equal(t, KindAgentState, m.Body.Kind())
				continue
			}
			if _, state := m.Body.(AgentState); state && c.plaintext {
				continue
			}
			back, err := c.Decode(again, gcNode)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(m, back))
		}
	})
}
