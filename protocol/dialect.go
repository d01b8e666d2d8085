package protocol

import (
	"fmt"
	"strings"
	"time"
)

// Edition is the GC release whose message layouts are spoken [D1].
type Edition string

// The editions [D1].
const (
	Edition3    Edition = "3"      // the "old format" lines of the page; DEFAULT only
	EditionPage Edition = "page"   // the "new format" lines of the page; DEFAULT only
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

// hasJSON reports whether a source shows JSON messages of the edition [D1].
func (e Edition) hasJSON() bool { return e == Edition44 || e == Edition4412 }

// What stands for a separator inside data [D5]: its ASCII code in binary.
const (
	DefaultHashReplacement = "00100011" // '#', unless the site chose another
	barReplacement         = "01111100" // '|'
	commaReplacement       = "00101100" // ','
)

// timeLayout is how times are printed [D6].
const timeLayout = "2006-01-02 15:04:05"

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

// NewDialect checks the combination [D1] [D2]: XML, and JSON in the editions 3
// and page, are refused with an error that says what to set. hash "" is
// [DefaultHashReplacement]; loc nil is time.Local. The format may be in any case.
func NewDialect(e Edition, f Format, hash string, loc *time.Location) (Dialect, error) {
	d := Dialect{Edition: e, Format: Format(strings.ToUpper(string(f))), HashReplacement: hash, Location: loc}
	if d.HashReplacement == "" {
		d.HashReplacement = DefaultHashReplacement
	}
	if d.Location == nil {
		d.Location = time.Local
	}
	switch e {
	case Edition3, EditionPage, Edition44, Edition4412:
	default:
		return Dialect{}, fmt.Errorf("protocol: unknown edition %q: set GC_EDITION to 3, page, 4.4 or 4.4.12", e)
	}
	switch d.Format {
	case FormatDefault:
	case FormatJSON:
		if !e.hasJSON() {
			return Dialect{}, fmt.Errorf("protocol: edition %s has no JSON messages: set GC_MESSAGE_FORMAT=DEFAULT, or GC_EDITION to 4.4 or 4.4.12", e)
		}
	case "XML":
		return Dialect{}, fmt.Errorf("protocol: XML messages are not supported, because no published source shows their layout: set GC_MESSAGE_FORMAT to JSON or DEFAULT")
	default:
		return Dialect{}, fmt.Errorf("protocol: unknown message format %q: set GC_MESSAGE_FORMAT to JSON or DEFAULT", f)
	}
	if strings.ContainsAny(d.HashReplacement, "#|,") || hasControl(d.HashReplacement) {
		return Dialect{}, fmt.Errorf("protocol: the replacement %q of '#' holds a separator or a control character: set GC_HASH_REPLACEMENT to other characters", hash)
	}
	return d, nil
}

// time prints t in the dialect's zone, "" if it is zero [D6].
func (d Dialect) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	loc := d.Location
	if loc == nil {
		loc = time.Local
	}
	return t.In(loc).Format(timeLayout)
}

// Finesse's call type of a silent monitor, and how text has it [C26].
const (
	supervisorMonitor     = "SUPERVISOR_MONITOR"
	supervisorMonitorText = "SM"
)

// callType is Finesse's call type as the dialect's clients compare it [C26].
func (d Dialect) callType(finesse string) string {
	if d.Format == FormatDefault && finesse == supervisorMonitor {
		return supervisorMonitorText
	}
	return finesse
}

// callEnded is how this dialect's text writes the state of a call that is
// over [M6]: DROP before 4.4.12.
func (d Dialect) callEnded() string {
	if d.Edition == Edition4412 {
		return "DROPPED"
	}
	return "DROP"
}
