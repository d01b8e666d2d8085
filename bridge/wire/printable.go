package wire

import (
	"strings"
	"unicode/utf8"
)

// Printable makes client text safe for headers and logs: no control characters,
// valid UTF-8, at most n bytes.
func Printable(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, s)
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
