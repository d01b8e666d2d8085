package protocol

import "time"

// Edition is the GC release whose message layouts are spoken [D1].
type Edition string

// The editions [D1].
const (
	Edition3    Edition = "3"      // the "old format" lines of the page; DEFAULT only
	Edition44   Edition = "4.4"    // the default
	Edition4412 Edition = "4.4.12" // richer JSON, DROPPED in text
)

// Format is the encoding of a message body [D1].
type Format string

// The formats [D1]. XML exists in the original but no source shows it.
const (
	FormatDefault Format = "DEFAULT"
	FormatJSON    Format = "JSON"
)

// Dialect says how outputs are written: edition x format, the text that
// stands for '#' inside data [D5] and the zone of printed times [D6].
// Make one with [NewDialect]; a Dialect is a value and safe to share.
type Dialect struct {
	Edition         Edition
	Format          Format
	HashReplacement string
	Location        *time.Location
}

// WithFormat returns d in another format, for a destination that chose its
// own [D3]. It fails where the edition lacks the format.
func (d Dialect) WithFormat(f Format) (Dialect, error) {
	return NewDialect(d.Edition, f, d.HashReplacement, d.Location)
}
