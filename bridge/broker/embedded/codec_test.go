package embedded

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func headers(f *frame.Frame) [][2]string {
	var all [][2]string
	for i := range f.Header.Len() {
		name, value := f.Header.GetAt(i)
		all = append(all, [2]string{name, value})
	}
	return all
}

// What is encoded reads back the same, in each version that has escapes.
func TestCodecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom([]version{v11, v12}).Draw(t, "version")
		textOf := rapid.Custom(func(t *rapid.T) string {
			s := strings.ReplaceAll(rapid.String().Draw(t, "s"), "\x00", "")
			if v == v11 {
				s = strings.ReplaceAll(s, "\r", "") // 1.1 cannot say it
			}
			return s
		})
		f := frame.New(frame.SEND)
		for range rapid.IntRange(0, 5).Draw(t, "headers") {
			f.Header.Add("x"+textOf.Draw(t, "name"), textOf.Draw(t, "value"))
		}
		f.Body = []byte(textOf.Draw(t, "body"))
		in := &reader{in: bufio.NewReaderSize(bytes.NewReader(encodeFrame(f, v)), 16), limit: 1 << 20}
		got, err := in.read(v)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(headers(f), headers(got)))
		require.Equal(t, string(f.Body), string(got.Body))
		_, err = in.read(v)
		require.ErrorIs(t, err, io.EOF)
	})
}

// A frame that is cut off is none.
func TestCutFrame(t *testing.T) {
	for _, cut := range []string{"SEND\ncontent-length:5\n\nab", "SEND\ncontent-length:5\n\nabcde", "SEND\n\nab", "SEND\na:b"} {
		_, err := (&reader{in: bufio.NewReader(strings.NewReader(cut)), limit: 100}).read(v12)
		require.Error(t, err, cut)
	}
}

// A session that does not read what it has gets no more.
func TestOutputIsBounded(t *testing.T) {
	o := newOutput()
	f := frame.New(frame.MESSAGE)
	f.Body = make([]byte, softOutput/4)
	for n := range 4 {
		require.True(t, o.room(), n)
		require.True(t, o.add(f, v12, false))
	}
	require.False(t, o.room())
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "\r\n", "CONNECT\naccept-version:1.2\n\n\x00", "SEND\ndestination:/queue/a\ncontent-length:3\n\na\x00b\x00",
		"SEND\na:\\c\\n\\r\\\\\n\nbody\x00\n\n", "SEND\ncontent-length:99999999999\n\n", "SEND\n:\n\n\x00", "SEND\na:\\x\n\n\x00",
	} {
		f.Add([]byte(seed))
		for cut := range seed { // every seed cut in two
			f.Add([]byte(seed[:cut]))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 100
		in := &reader{in: bufio.NewReaderSize(bytes.NewReader(b), 16), limit: limit}
		for {
			got, err := in.read(v12)
			if err != nil {
				return
			}
			if got == nil {
				continue
			}
			require.LessOrEqual(t, len(got.Body), limit)
			if got.Header.Len() == 0 || unescaped[got.Command] {
				continue
			}
			if _, sized := got.Header.Contains(frame.ContentLength); sized {
				continue
			}
			again, err := (&reader{in: bufio.NewReader(bytes.NewReader(encodeFrame(got, v12))), limit: limit}).read(v12)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(headers(got), headers(again)))
			require.Equal(t, got.Body, again.Body)
		}
	})
}

func TestSelector(t *testing.T) {
	m := &message{headers: frame.NewHeader("a", "1", "b", "it's", "type", "T", "c", "")}
	for _, c := range []struct {
		selector string
		want     bool
	}{
		{"", true},
		{"  ", true},
		{"a = '1'", true},
		{"a='1'", true},
		{"a = '2'", false},
		{"a <> '2'", true},
		{"a <> '1'", false},
		{"b = 'it''s'", true},
		{"c = ''", true},
		{"missing = '1'", false},
		{"missing <> '1'", false},
		{"JMSType = 'T'", true},
		{"a = '1' AND b <> 'x'", true},
		{"a = '1' and b = 'x'", false},
		{" a = '1'  AND  a <> '2' AND JMSType = 'T' ", true},
	} {
		s, err := parseSelector(c.selector)
		require.NoError(t, err, c.selector)
		require.Equal(t, c.want, s.matches(m), c.selector)
	}
	for _, bad := range []string{
		"a", "a =", "a = 1", "a = '1", "a > '1'", "a = '1' OR b = '2'", "NOT a = '1'", "(a = '1')",
		"a = '1' AND", "a = '1' b = '2'", "a LIKE 'x%'", "a IS NULL", "a = '1'AND", "'1' = a",
	} {
		_, err := parseSelector(bad)
		require.ErrorIs(t, err, errSelector, bad)
	}
}
