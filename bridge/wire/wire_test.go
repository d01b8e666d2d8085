package wire_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
)

type address string

func (a address) String() string { return string(a) }

func TestBound(t *testing.T) {
	require.False(t, wire.Binding{}.Bound())
	require.True(t, wire.Binding{To: address("A")}.Bound())
}

func TestPrintable(t *testing.T) {
	for _, tc := range []struct {
		in   string
		n    int
		want string
	}{
		{"plain", 64, "plain"},
		{"a\r\nb\x00c\x7fd\x1f", 64, "a��b�c�d�"},
		{"a b", 64, "a b"},
		{"bad \xff text", 64, "bad � text"},
		{"12345", 5, "12345"},
		{"123456", 5, "12345"},
		{"äää", 3, "ä"},
		{"äää", 4, "ää"},
		{"ä", 1, ""},
		{"x", 0, ""},
	} {
		require.Equal(t, tc.want, wire.Printable(tc.in, tc.n), "%q", tc.in)
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("a\r\nb\x00\xffä", 4)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 0 || n > 1<<16 {
			return
		}
		got := wire.Printable(s, n)
		require.LessOrEqual(t, len(got), n)
		require.True(t, utf8.ValidString(got))
		require.False(t, strings.ContainsAny(got, "\x00\r\n\t\x7f"))
	})
}
