package protocol

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// object builds one JSON object, its keys in the order of the calls [D4]. It
// is not pretty-printed and escapes nothing that JSON does not demand.
type object struct {
	Dialect
	b     []byte
	begun bool // a key of the innermost open object is written
	// inArray: the message is an array that holds this object alone, as 4.4
	// has it for lists.
	inArray bool
	none    bool // the dialect has no such message
}

func newObject(d Dialect) *object { return &object{Dialect: d, b: []byte{'{'}} }

// later reports whether the keys that 4.4.12 added are wanted.
func (o *object) later() bool { return o.Edition == Edition4412 }

// skip says that the dialect has no such message.
func (o *object) skip() { o.none = true }

func (o *object) key(k string) {
	if o.begun {
		o.b = append(o.b, ',')
	}
	o.begun = true
	o.b = append(appendQuoted(o.b, k), ':')
}

func (o *object) str(k, v string) {
	o.key(k)
	o.b = appendQuoted(o.b, v)
}

// strOrNull writes null for "".
func (o *object) strOrNull(k, v string) {
	if v == "" {
		o.key(k)
		o.b = append(o.b, "null"...)
		return
	}
	o.str(k, v)
}

func (o *object) at(k string, t time.Time) { o.str(k, o.time(t)) }

func (o *object) boolean(k string, v bool) {
	o.key(k)
	if v {
		o.b = append(o.b, "true"...)
	} else {
		o.b = append(o.b, "false"...)
	}
}

func (o *object) integer(k string, v int) {
	o.key(k)
	o.b = strconv.AppendInt(o.b, int64(v), 10)
}

// object writes a nested object.
func (o *object) object(k string, fill func(*object)) {
	o.key(k)
	o.nested(fill)
}

// strs writes an array of strings.
func (o *object) strs(k string, values []string) {
	o.key(k)
	o.b = append(o.b, '[')
	for i, v := range values {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = appendQuoted(o.b, v)
	}
	o.b = append(o.b, ']')
}

// objects writes an array of n objects.
func (o *object) objects(k string, n int, fill func(i int, e *object)) {
	o.key(k)
	o.b = append(o.b, '[')
	for i := range n {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.nested(func(e *object) { fill(i, e) })
	}
	o.b = append(o.b, ']')
}

// nested writes an object into the same buffer; fill gets o itself.
func (o *object) nested(fill func(*object)) {
	o.b, o.begun = append(o.b, '{'), false
	fill(o)
	o.b, o.begun = append(o.b, '}'), true
}

// appendQuoted appends s as a JSON string. Invalid UTF-8 becomes U+FFFD; a
// NUL is written \u0000 and so never appears itself.
func appendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < ' ' || r == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&0xf])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
