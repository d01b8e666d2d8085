package protocol

import (
	"strings"
	"time"
	"unicode/utf8"
)

// The separators that are read as such, by place in a DEFAULT message [D5].
const (
	inField  = "#"   // a field of the message
	inPair   = "#|"  // a name or value of a '|' joined list
	inRecord = "#,"  // a value of a ',' joined list
	inRow    = "#,|" // a value of ',' joined rows that are joined by '|'
)

// line builds one message in DEFAULT text: fields joined by '#'.
type line struct {
	Dialect
	b      strings.Builder
	fields int
	none   bool
}

// skip says that the dialect has no such message.
func (l *line) skip() { l.none = true }

// sep begins the next field.
func (l *line) sep() {
	if l.fields > 0 {
		l.b.WriteByte('#')
	}
	l.fields++
}

// add appends a field per value.
func (l *line) add(values ...string) {
	for _, v := range values {
		l.sep()
		l.b.WriteString(l.clean(v, inField))
	}
}

// at appends a field that is a time.
func (l *line) at(t time.Time) { l.add(l.time(t)) }

// list appends one field: prefix and values joined by ','.
func (l *line) list(prefix string, values ...string) {
	l.sep()
	l.b.WriteString(prefix)
	l.joined(inRecord, values)
}

// record appends one field: key:value pairs joined by ','.
func (l *line) record(keysAndValues ...string) {
	l.sep()
	l.keyed(inRecord, keysAndValues)
}

// keyed writes key:value pairs joined by ','.
func (l *line) keyed(seps string, keysAndValues []string) {
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		if i > 0 {
			l.b.WriteByte(',')
		}
		l.b.WriteString(keysAndValues[i])
		l.b.WriteByte(':')
		l.b.WriteString(l.clean(keysAndValues[i+1], seps))
	}
}

// rows appends one field: prefix and rows joined by '|', their values by ','.
func (l *line) rows(prefix string, rows [][]string) {
	l.sep()
	l.b.WriteString(prefix)
	for i, row := range rows {
		if i > 0 {
			l.b.WriteByte('|')
		}
		l.joined(inRow, row)
	}
}

// pairs appends one field: name=value joined by '|'.
func (l *line) pairs(vars []Variable) {
	l.sep()
	for i, v := range vars {
		if i > 0 {
			l.b.WriteByte('|')
		}
		l.pair(v)
	}
}

// aniAndPairs appends one field: the bare ani, then name=value, joined by '|'.
func (l *line) aniAndPairs(ani string, vars []Variable) {
	l.sep()
	l.b.WriteString(l.clean(ani, inPair))
	for _, v := range vars {
		l.b.WriteByte('|')
		l.pair(v)
	}
}

func (l *line) pair(v Variable) {
	l.b.WriteString(l.clean(v.Name, inPair))
	l.b.WriteByte('=')
	l.b.WriteString(l.clean(v.Value, inPair))
}

func (l *line) joined(seps string, values []string) {
	for i, v := range values {
		if i > 0 {
			l.b.WriteByte(',')
		}
		l.b.WriteString(l.clean(v, seps))
	}
}

// clean makes s safe at a place where the characters of seps separate [D5].
// A line break or NUL becomes a blank: NUL would end a STOMP frame.
func (d Dialect) clean(s, seps string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if !strings.ContainsAny(s, seps) && !strings.ContainsAny(s, "\r\n\x00") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(d.HashReplacement))
	for _, r := range s {
		switch {
		case r == '\r' || r == '\n' || r == 0:
			b.WriteByte(' ')
		case !strings.ContainsRune(seps, r):
			b.WriteRune(r)
		case r == '#':
			b.WriteString(d.HashReplacement)
		case r == '|':
			b.WriteString(barReplacement)
		default:
			b.WriteString(commaReplacement)
		}
	}
	return b.String()
}
