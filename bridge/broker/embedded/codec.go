package embedded

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-stomp/stomp/v3/frame"
)

// version is a STOMP version that the broker speaks.
type version string

const (
	v10 version = "1.0"
	v11 version = "1.1"
	v12 version = "1.2"
)

// Limits of a frame's head, those of ActiveMQ.
const (
	maxCommand = 1 << 10
	maxHeader  = 10 << 10
	maxHeaders = 1000
)

var (
	errTooLarge = errors.New("frame too large")
	errFormat   = errors.New("malformed frame")
)

// escapes of header names and values by version; 1.0 has none.
var (
	decode = map[version]map[byte]byte{
		v11: {'n': '\n', 'c': ':', '\\': '\\'},
		v12: {'n': '\n', 'c': ':', '\\': '\\', 'r': '\r'},
	}
	encode = map[version]*strings.Replacer{
		v10: strings.NewReplacer(),
		v11: strings.NewReplacer(`\`, `\\`, "\n", `\n`, ":", `\c`),
		v12: strings.NewReplacer(`\`, `\\`, "\n", `\n`, ":", `\c`, "\r", `\r`),
	}
)

// unescaped are the commands whose headers are never escaped.
var unescaped = map[string]bool{frame.CONNECT: true, frame.STOMP: true, frame.CONNECTED: true}

// reader reads frames and never holds more than its limit of one. (The library's
// reader allocates as much as a content-length announces.)
type reader struct {
	in    *bufio.Reader
	limit int // of a body
}

// read returns the next frame, nil for a heart-beat.
func (r *reader) read(v version) (*frame.Frame, error) {
	command, err := r.line(maxCommand)
	if err != nil || command == "" {
		return nil, err
	}
	f := frame.New(command)
	esc := decode[v]
	if unescaped[command] {
		esc = nil
	}
	for {
		line, err := r.line(maxHeader)
		if err != nil {
			return nil, noEOF(err)
		}
		if line == "" {
			break
		}
		if f.Header.Len() >= maxHeaders {
			return nil, fmt.Errorf("%w: over %d headers", errTooLarge, maxHeaders)
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" {
			return nil, fmt.Errorf("%w: header without a name or a colon", errFormat)
		}
		if name, err = unescape(name, esc); err != nil {
			return nil, err
		}
		if value, err = unescape(value, esc); err != nil {
			return nil, err
		}
		f.Header.Add(name, value)
	}
	f.Body, err = r.body(f.Header)
	return f, noEOF(err)
}

// line reads up to LF, without it and a CR before it.
func (r *reader) line(limit int) (string, error) {
	b, err := r.until('\n', limit)
	if err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(b, []byte{'\r'})), nil
}

func (r *reader) body(h *frame.Header) ([]byte, error) {
	text, ok := h.Contains(frame.ContentLength)
	if !ok {
		return r.until(0, r.limit)
	}
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("%w: content-length", errFormat)
	}
	if n > uint64(r.limit) { // positive
		return nil, fmt.Errorf("%w: body of %d bytes", errTooLarge, n)
	}
	b := make([]byte, n+1)
	if _, err := io.ReadFull(r.in, b); err != nil {
		return nil, err
	}
	if b[n] != 0 {
		return nil, fmt.Errorf("%w: no NUL after the body", errFormat)
	}
	return b[:n], nil
}

// until reads up to the delimiter, which it drops, and at most limit bytes.
func (r *reader) until(delimiter byte, limit int) ([]byte, error) {
	var all []byte
	for {
		part, err := r.in.ReadSlice(delimiter)
		if len(all)+len(part) > limit+1 {
			return nil, fmt.Errorf("%w: over %d bytes", errTooLarge, limit)
		}
		all = append(all, part...)
		switch {
		case err == nil:
			return all[:len(all)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// noEOF tells an end within a frame from one between frames.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func unescape(s string, esc map[byte]byte) (string, error) {
	if esc == nil || strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) || esc[s[i]] == 0 {
			return "", fmt.Errorf("%w: undefined escape in a header", errFormat)
		}
		b.WriteByte(esc[s[i]])
	}
	return b.String(), nil
}

// encodeFrame is f on the wire.
func encodeFrame(f *frame.Frame, v version) []byte {
	esc := encode[v]
	if unescaped[f.Command] {
		esc = encode[v10]
	}
	var b bytes.Buffer
	b.WriteString(f.Command)
	b.WriteByte('\n')
	for i := range f.Header.Len() {
		name, value := f.Header.GetAt(i)
		b.WriteString(esc.Replace(name))
		b.WriteByte(':')
		b.WriteString(esc.Replace(value))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	b.Write(f.Body)
	b.WriteByte(0)
	return b.Bytes()
}
