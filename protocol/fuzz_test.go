package protocol_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol"
)

// FuzzParseCommand: whatever comes in, the outcome is a complete command or a
// *ParseError, and no control character gets through.
func FuzzParseCommand(f *testing.F) {
	for _, row := range protocol.CommandRows() {
		for _, ex := range row.Examples {
			f.Add(ex.JMSType, []byte(ex.Body))
			for cut := range len(ex.JMSType) {
				f.Add(ex.JMSType[:cut], []byte(ex.JMSType[cut:]))
			}
			for cut := range len(ex.Body) {
				f.Add(ex.JMSType, []byte(ex.Body[:cut]))
			}
		}
		for _, a := range row.Aliases {
			f.Add(a+"#1001", []byte("a,b,c"))
		}
	}
	f.Add("Login#1001", []byte("pw\x00\nSEND\n\n\x00,2001"))
	f.Add("Login#1001", []byte("\xff\xfe"))
	f.Fuzz(func(t *testing.T, jmsType string, body []byte) {
		c, err := protocol.ParseCommand(jmsType, body)
		clean := func(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }
		require.True(t, clean(c.ID), "id %q", c.ID)
		require.True(t, clean(c.RawWord), "word %q", c.RawWord)
		require.True(t, clean(c.String()))
		if err != nil {
			var perr *protocol.ParseError
			require.True(t, errors.As(err, &perr))
			require.True(t, perr.Err != "" || perr.Reject, "neither answered nor copied")
			require.NotEmpty(t, perr.Reason)
			require.True(t, c.Secret(protocol.ParamPassword).IsZero())
			return
		}
		require.NotNil(t, c.Row)
		require.Equal(t, c.Row.Word, c.Word)
		require.NotEmpty(t, c.ID)
		for _, p := range c.Row.Params {
			v := c.Arg(p.Name) + c.Secret(p.Name).Reveal()
			require.True(t, clean(v), "%s %q", p.Name, v)
			require.True(t, p.Optional || hasValue(c, p), "%s is missing", p.Name)
		}
	})
}

func hasValue(c protocol.Command, p protocol.Param) bool {
	return c.Arg(p.Name) != "" || !c.Secret(p.Name).IsZero() || p.Kind == protocol.KindVariables && len(c.Variables()) > 0
}

// FuzzEncode puts arbitrary text into every string of every output: the body
// stays UTF-8 without NUL and line break, JSON stays JSON, and text keeps the
// number of fields it has with harmless data.
func FuzzEncode(f *testing.F) {
	f.Add("plain")
	f.Add("a#b|c,d\r\n\x00e")
	f.Add("\x00\nSEND\ndestination:/queue/x\n\nowned\x00")
	f.Add("\"\\\u2028<>&\xff\x7f\u009b")
	f.Add("")
	for _, row := range protocol.OutputRows() {
		for _, ex := range row.Examples {
			if e, ok := protocol.Encode(ex.Output, dialects(f)[1]); ok && ex.Name == "separators" {
				f.Add(e.Body)
			}
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, row := range protocol.OutputRows() {
			for _, ex := range row.Examples {
				// The length of lists and the words that choose a layout stay.
				hostile, harmless := refill(ex.Output, s), refill(ex.Output, "x")
				for _, d := range dialects(t) {
					got, ok := protocol.Encode(hostile, d)
					want, wantOK := protocol.Encode(harmless, d)
					require.Equal(t, wantOK, ok)
					require.True(t, utf8.ValidString(got.Body))
					require.False(t, strings.ContainsAny(got.Body, "\x00\r\n"), "%s %q", row.Code, got.Body)
					require.False(t, strings.ContainsFunc(got.JMSType(protocol.JMSTypeCode), unicode.IsControl))
					if !ok {
						continue
					}
					if d.Format == protocol.FormatJSON && !row.TextAlways {
						require.True(t, json.Valid([]byte(got.Body)), got.Body)
						continue
					}
					require.Equal(t, shape(want.Body), shape(got.Body), "%s/%s: %q", row.Code, ex.Name, got.Body)
				}
			}
		}
	})
}

// shape is how many fields a text has.
func shape(body string) int { return strings.Count(body, "#") }
