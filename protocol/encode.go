package protocol

import (
	"slices"
	"strings"
	"unicode"
)

// JMSTypeMode is GC_OUTPUT_JMSTYPE [H2].
type JMSTypeMode string

// The modes [H2].
const (
	JMSTypeCode     JMSTypeMode = "code"
	JMSTypeCategory JMSTypeMode = "category"
	JMSTypeNone     JMSTypeMode = "none"
)

// Valid reports whether m is one of the modes.
func (m JMSTypeMode) Valid() bool {
	return m == JMSTypeCode || m == JMSTypeCategory || m == JMSTypeNone
}

// Encoded is an output in one dialect.
type Encoded struct {
	Code     Code
	Category string // "agent_state", ... as the page prints it
	Body     string // UTF-8, never holds a NUL

	// own, when set, is the JMSType in every mode [H2] (O-023, O-024).
	own *string
}

// JMSType is the header value of this output in a mode [H2]. It never holds a
// control character; an unknown mode is none.
func (e Encoded) JMSType(m JMSTypeMode) string {
	switch {
	case e.own != nil:
		return *e.own
	case m == JMSTypeCode:
		return string(e.Code)
	case m == JMSTypeCategory:
		return e.Category
	default:
		return ""
	}
}

// OutputRow is the table row of an output.
type OutputRow struct {
	Code     Code   // the clause; the event word where the original has no number
	Name     string // as the page prints it
	Category string // as the page prints it
	// Text is the layout of the 4.4 and 4.4.12 DEFAULT message, Old the one of
	// edition 3; "" where the dialect has no such message.
	Text, Old string
	// Page is the layout of edition page where it is not the one of 4.4.
	Page string
	// TextCode is the code of the text message where it is another row's in layout.
	TextCode Code
	// TextAlways: the message is text in every dialect, because it does not go
	// to a client (O-025).
	TextAlways bool
	// Examples are values of this row; each has a golden file per dialect.
	Examples []OutputExample
	// Note is what the reference says beside the layout.
	Note string

	encode func(Output, Dialect) (Encoded, bool)
}

// CodeIn is the code of the row's messages in a format.
func (r OutputRow) CodeIn(f Format) Code {
	if f == FormatDefault && r.TextCode != "" {
		return r.TextCode
	}
	return r.Code
}

// OutputExample is a value worth showing.
type OutputExample struct {
	Name   string // the name of its golden files; unique in the row
	Output Output
}

// layouts are the encoders of one output. A nil encoder means that the
// dialect has no such message.
type layouts[T Output] struct {
	old     func(*line, T)          // DEFAULT, edition 3
	page    func(*line, T)          // DEFAULT, edition page; nil: as text
	text    func(*line, T)          // DEFAULT, editions 4.4 and 4.4.12
	json    func(*object, T)        // JSON, editions 4.4 and 4.4.12
	jmsType func(Dialect, T) string // the row's own JMSType [H2]
}

// with completes a row by the encoders of its Go type.
func with[T Output](l layouts[T], row OutputRow) OutputRow {
	row.encode = func(o Output, d Dialect) (Encoded, bool) {
		v, ok := valueOf[T](o)
		if !ok {
			return Encoded{}, false
		}
		if row.TextAlways {
			d.Format = FormatDefault
		}
		e := Encoded{Code: o.Code(), Category: row.Category}
		if d.Format == FormatDefault && row.TextCode != "" {
			e.Code = row.TextCode
		}
		if e.Body, ok = l.body(v, d); !ok {
			return Encoded{}, false
		}
		if l.jmsType != nil {
			own := strings.Map(dropControl, l.jmsType(d, v))
			e.own = &own
		}
		return e, true
	}
	return row
}

// body renders v.
func (l layouts[T]) body(v T, d Dialect) (string, bool) {
	if d.Format == FormatJSON {
		if l.json == nil || !d.Edition.hasJSON() {
			return "", false
		}
		o := newObject(d)
		l.json(o, v)
		if o.none {
			return "", false
		}
		body := string(o.b) + "}"
		if o.inArray {
			body = "[" + body + "]"
		}
		return body, true
	}
	layout := l.text
	switch {
	case d.Edition == Edition3:
		layout = l.old
	case d.Edition == EditionPage && l.page != nil:
		layout = l.page
	}
	if layout == nil {
		return "", false
	}
	b := line{Dialect: d}
	layout(&b, v)
	return b.b.String(), !b.none
}

// valueOf takes an output given by value or by pointer.
func valueOf[T Output](o Output) (T, bool) {
	switch v := any(o).(type) {
	case T:
		return v, true
	case *T:
		return *v, true
	default:
		var zero T
		return zero, false
	}
}

func dropControl(r rune) rune {
	if unicode.IsControl(r) {
		return -1
	}
	return r
}

// outputTable holds every output in the order of the page. It is never
// written to.
var outputTable = slices.Concat(
	stateOutputs(),
	systemOutputs(),
	callOutputs(),
	infoOutputs(),
	dialogOutputs(),
	outboundOutputs(),
	controlOutputs(),
	queueOutputs(),
	teamOutputs(),
	phonebookOutputs(),
	legacyOutputs(),
	syncOutputs(),
)

var outputIndex = func() map[Code]*OutputRow {
	index := make(map[Code]*OutputRow, len(outputTable))
	for i := range outputTable {
		index[outputTable[i].Code] = &outputTable[i]
	}
	return index
}()

// OutputRows returns the output table (a copy), by code.
func OutputRows() []OutputRow {
	rows := slices.Clone(outputTable)
	slices.SortStableFunc(rows, func(a, b OutputRow) int { return compareCodes(a.Code, b.Code) })
	for i := range rows {
		rows[i].Examples = slices.Clone(rows[i].Examples)
	}
	return rows
}

// compareCodes puts numbered outputs before those that have only a word.
func compareCodes(a, b Code) int {
	if na, nb := strings.HasPrefix(string(a), "O-"), strings.HasPrefix(string(b), "O-"); na != nb {
		if na {
			return -1
		}
		return 1
	}
	return strings.Compare(string(a), string(b))
}

// Encode renders o. ok is false where the dialect has no such message (for
// example ConnectStatus in DEFAULT); nothing is sent then. Pure; any goroutine.
func Encode(o Output, d Dialect) (e Encoded, ok bool) {
	if o == nil {
		return Encoded{}, false
	}
	row, ok := outputIndex[o.Code()]
	if !ok {
		return Encoded{}, false
	}
	return row.encode(o, d)
}
