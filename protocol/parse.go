package protocol

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// MaxBody is the largest command body in bytes [C3].
const MaxBody = 64 << 10

// ParseError says why a command was not accepted. Class client.
type ParseError struct {
	// Err is the code to answer with; "" when the command cannot be answered [C8].
	Err ErrorCode
	// Reject: copy to the reject queue [C8].
	Reject bool
	// Reason is for log and gcReason; it never holds a body or a secret.
	Reason string
}

func (e *ParseError) Error() string { return e.Reason }

// ErrorClass implements errclass.Classified.
func (e *ParseError) ErrorClass() errclass.Class { return errclass.Client }

// unanswerable is a command that names nobody to answer to [C8].
func unanswerable(reason string) *ParseError { return &ParseError{Reject: true, Reason: reason} }

// refused is a command whose sender is known: it is answered and copied [C8].
func refused(format string, a ...any) *ParseError {
	return &ParseError{Err: ErrPleaseRetry, Reject: true, Reason: fmt.Sprintf(format, a...)}
}

// invalid is a well-formed command with a parameter that cannot be used [C10].
func invalid(code ErrorCode, format string, a ...any) *ParseError {
	return &ParseError{Err: code, Reason: fmt.Sprintf(format, a...)}
}

// ParseCommand reads JMSType and body [C1] [C2] [C3] [C10]. The body of a
// BytesMessage is read as its bytes. On error the Command holds what could be
// read (ID, RawWord, Word, ParamDestination of a Connect), so that the caller
// can still answer; never a password. The error is a *ParseError.
func ParseCommand(jmsType string, body []byte) (Command, error) {
	c, perr := parseHeader(jmsType)
	if perr != nil {
		return c, perr
	}
	text, perr := parseBody(body)
	if perr != nil {
		return c, perr
	}
	if perr = c.bind(text); perr != nil {
		return c.withoutArgs(), perr
	}
	return c, nil
}

// parseHeader reads word and id [C1].
func parseHeader(jmsType string) (Command, *ParseError) {
	jmsType = strings.TrimSpace(jmsType)
	switch {
	case jmsType == "":
		return Command{}, unanswerable("no JMSType")
	case !utf8.ValidString(jmsType):
		return Command{}, unanswerable("JMSType is not UTF-8")
	case hasControl(jmsType):
		return Command{}, unanswerable("control character in JMSType")
	}
	word, id, found := strings.Cut(jmsType, "#")
	// getallagents##1001 is a spelling of the original, so a '#' too many is
	// ignored on both sides of the id.
	c := Command{RawWord: strings.TrimSpace(word), ID: strings.TrimFunc(id, isIDPadding)}
	switch {
	case !found:
		return c, unanswerable("no # in JMSType")
	case c.ID == "":
		return c, unanswerable("no id in JMSType")
	}
	row, ok := FindCommand(c.RawWord)
	if !ok {
		return c, refused("unknown command word %q", clip(c.RawWord))
	}
	c.Word, c.Row = row.Word, row
	return c, nil
}

// parseBody checks a body as a whole [C3]; "" means no parameters [C2].
func parseBody(body []byte) (string, *ParseError) {
	if len(body) > MaxBody {
		return "", refused("body of %d bytes is over %d", len(body), MaxBody)
	}
	if !utf8.Valid(body) {
		return "", refused("body is not UTF-8")
	}
	text := strings.TrimSpace(string(body))
	if strings.EqualFold(text, "null") {
		return "", nil
	}
	return text, nil
}

// bind splits text among the parameters of the row and checks each [C2] [C10].
func (c *Command) bind(text string) *ParseError {
	if len(c.Row.Params) == 0 {
		return nil
	}
	values, perr := c.Row.split(text)
	if perr != nil {
		return perr
	}
	c.args = make(map[string]string, len(values))
	for i, p := range c.Row.Params {
		if perr := c.set(p, values[i]); perr != nil {
			return perr
		}
	}
	return nil
}

// set checks one value and keeps it.
func (c *Command) set(p Param, v string) *ParseError {
	switch {
	case hasControl(v):
		return invalid(ErrPleaseRetry, "control character in %s", p.Name)
	case v == "" && p.Optional:
		return nil
	case v == "":
		return invalid(p.Missing, "%s is missing", p.Name)
	}
	return keepers[p.Kind](c, p, v)
}

// keepers hold what each kind demands of a value and where the value goes.
var keepers = map[ParamKind]func(c *Command, p Param, v string) *ParseError{
	KindText:        (*Command).keep,
	KindDestination: (*Command).keep,
	KindSecret:      (*Command).keepSecret,
	KindExtension:   (*Command).keepExtension,
	KindLiteral:     (*Command).keepLiteral,
	KindVariables:   (*Command).keepVariables,
}

func (c *Command) keep(p Param, v string) *ParseError {
	c.args[p.Name] = v
	return nil
}

func (c *Command) keepSecret(_ Param, v string) *ParseError {
	c.password = secret.New(v)
	return nil
}

func (c *Command) keepExtension(p Param, v string) *ParseError {
	if strings.ContainsFunc(v, unicode.IsLetter) {
		return invalid(ErrWrongExtension, "%s contains a letter", p.Name)
	}
	return c.keep(p, v)
}

func (c *Command) keepLiteral(p Param, v string) *ParseError {
	value, ok := p.literal(v)
	if !ok {
		return invalid(ErrPleaseRetry, "%s is none of the accepted words", p.Name)
	}
	return c.keep(p, value)
}

// keepVariables reads the three forms of call variables [C12]: name,value;
// name=value; name=value|name=value. The first ',' or '=' tells which.
func (c *Command) keepVariables(p Param, v string) *ParseError {
	if name, value, ok := strings.Cut(v, ","); ok && !strings.Contains(name, "=") {
		return c.keepPairs(p, []Variable{{strings.TrimSpace(name), strings.TrimSpace(value)}})
	}
	var vars []Variable
	for pair := range strings.SplitSeq(v, "|") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return invalid(p.Missing, "a name without a value in %s", p.Name)
		}
		vars = append(vars, Variable{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return c.keepPairs(p, vars)
}

func (c *Command) keepPairs(p Param, vars []Variable) *ParseError {
	for _, v := range vars {
		if v.Name == "" {
			return invalid(p.Missing, "a value without a name in %s", p.Name)
		}
	}
	c.variables = vars
	return nil
}

// withoutArgs keeps the client destination only: a misplaced comma may have
// put a part of the password into another parameter.
func (c Command) withoutArgs() Command {
	kept := Command{Word: c.Word, RawWord: c.RawWord, ID: c.ID, Row: c.Row}
	for _, p := range c.params() {
		if v, ok := c.args[p.Name]; ok && p.Kind == KindDestination {
			kept.args = map[string]string{p.Name: v}
		}
	}
	return kept
}

// split gives each parameter of the row its raw value, trimmed, "" where the
// body has none [C2].
func (r *CommandRow) split(text string) ([]string, *ParseError) {
	values := make([]string, len(r.Params))
	rest := r.Params
	// An optional literal at the end is taken only if the last value is it.
	if last := len(r.Params) - 1; r.Params[last].Optional && r.Params[last].Kind == KindLiteral {
		rest = r.Params[:last]
		if strings.Count(text, ",") >= last {
			at := strings.LastIndexByte(text, ',')
			if v := strings.TrimSpace(text[at+1:]); r.Params[last].accepts(v) {
				values[last], text = v, text[:at]
			}
		}
	}
	last := len(rest) - 1
	wide := slices.IndexFunc(rest, func(p Param) bool { return p.Commas })
	if wide >= 0 && wide < last {
		text = strings.TrimRight(text, ", ") // a comma too many at the end is no value
	}
	for i, v := range splitAround(text, len(rest), wide) {
		values[i] = strings.TrimSpace(v)
	}
	if rest[last].Commas || !strings.Contains(values[last], ",") {
		return values, nil
	}
	v, more, _ := strings.Cut(values[last], ",")
	if strings.Trim(more, ", ") != "" {
		return nil, invalid(ErrPleaseRetry, "more than %d parameters", len(r.Params))
	}
	values[last] = strings.TrimSpace(v)
	return values, nil
}

// splitAround splits text into at most n values. The one in place wide takes
// the commas that are too many, without such a one the last.
func splitAround(text string, n, wide int) []string {
	parts := strings.Split(text, ",")
	extra := len(parts) - n
	if extra <= 0 {
		return parts
	}
	if wide < 0 {
		wide = n - 1
	}
	values := append([]string{}, parts[:wide]...)
	values = append(values, strings.Join(parts[wide:wide+extra+1], ","))
	return append(values, parts[wide+extra+1:]...)
}

// literal finds the value that stands for a word of the body.
func (p Param) literal(v string) (string, bool) {
	if inner, ok := strings.CutPrefix(v, "<"); ok {
		if inner, ok = strings.CutSuffix(inner, ">"); ok {
			v = strings.TrimSpace(inner)
		}
	}
	for _, l := range p.Literals {
		if strings.EqualFold(v, l.Word) {
			return l.Value, true
		}
	}
	return "", false
}

func (p Param) accepts(v string) bool {
	_, ok := p.literal(v)
	return ok
}

func isIDPadding(r rune) bool { return r == '#' || unicode.IsSpace(r) }

// hasControl reports a character that could end or forge a STOMP frame, a
// header or a log line: C0, DEL and C1 controls, NUL among them.
func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

// clip bounds what a client wrote before it goes into a reason.
func clip(s string) string {
	const limit = 64
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "..."
}
