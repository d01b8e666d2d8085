package protocol

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"gcbridge/protocol/secret"
)

// Word is the canonical spelling of a command word, as the page prints it.
type Word string

// Command is a parsed client command. It is a value and safe to share; no
// printed form of it holds a secret.
type Command struct {
	Word    Word   // "" if the word is unknown
	RawWord string // as the client wrote it, trimmed
	ID      string // agent login id; the client destination for Hello and Beat
	Row     *CommandRow

	args      map[string]string
	password  secret.Secret
	variables []Variable
}

// Arg returns a parameter, "" if it was not given. Literals come in the
// spelling of the table ([Literal.Value]).
func (c Command) Arg(name string) string { return c.args[name] }

// Secret returns a secret parameter, the empty Secret if it was not given.
func (c Command) Secret(name string) secret.Secret {
	if name != ParamPassword {
		return secret.Secret{}
	}
	return c.password
}

// Variables returns the call variables of an update_call_variable in the
// order the client wrote them [C12]; nil for every other command.
func (c Command) Variables() []Variable { return slices.Clone(c.variables) }

// String prints word, id and the parameters that are no secret, for logs.
func (c Command) String() string {
	var b strings.Builder
	b.WriteString(c.word())
	b.WriteByte('#')
	b.WriteString(c.ID)
	for _, p := range c.params() {
		if v, ok := c.args[p.Name]; ok {
			b.WriteByte(' ')
			b.WriteString(p.Name)
			b.WriteByte('=')
			b.WriteString(v)
		}
	}
	return b.String()
}

// GoString implements fmt.GoStringer; like String it holds no secret.
func (c Command) GoString() string { return "protocol.Command{" + c.String() + "}" }

// MarshalJSON writes word, id and the parameters that are no secret.
func (c Command) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Word string            `json:"word"`
		ID   string            `json:"id"`
		Args map[string]string `json:"args,omitempty"`
	}{c.word(), c.ID, c.args})
}

// MarshalZerologObject implements zerolog.LogObjectMarshaler; it writes word,
// id and the parameters that are no secret.
func (c Command) MarshalZerologObject(e *zerolog.Event) {
	e.Str("word", c.word()).Str("id", c.ID)
	for _, p := range c.params() {
		if v, ok := c.args[p.Name]; ok {
			e.Str(p.Name, v)
		}
	}
}

// word is the canonical word, or what the client wrote in its place.
func (c Command) word() string {
	if c.Row == nil {
		return c.RawWord
	}
	return string(c.Word)
}

func (c Command) params() []Param {
	if c.Row == nil {
		return nil
	}
	return c.Row.Params
}
