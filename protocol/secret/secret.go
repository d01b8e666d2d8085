// Package secret holds the one type that passwords, tokens and keys travel
// in. It is a leaf: every other package may import it.
package secret

import (
	"crypto/subtle"
	"fmt"
	"io"

	"github.com/rs/zerolog"
)

// Redacted is what every printed form of a [Secret] says.
const Redacted = "[redacted]"

// Secret is a value that must never be printed. Every fmt verb, the JSON and
// text marshallers and zerolog write [Redacted]; [Secret.Reveal] is the only
// way to the value. The zero Secret is empty.
//
// The value sits behind a pointer because fmt does not call the methods of an
// unexported struct field: it would print the field's content, and of a
// pointer it prints an address. Compare with [Secret.Equal]; == does not
// compile.
type Secret struct {
	_     [0]func()
	value *string
}

// New wraps value.
func New(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal returns the value itself. Call it only where the value leaves the
// process on purpose: an Authorization header, a SASL exchange.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.value == nil }

// Equal reports whether both hold the same value. Its time does not depend on
// where the values differ.
func (s Secret) Equal(o Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(o.Reveal())) == 1
}

// Format implements fmt.Formatter for every verb and flag; it never prints
// the value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// String implements fmt.Stringer; it never prints the value.
func (s Secret) String() string { return Redacted }

// GoString implements fmt.GoStringer (%#v); it never prints the value.
func (s Secret) GoString() string { return Redacted }

// MarshalText implements encoding.TextMarshaler; it never writes the value.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalJSON implements json.Marshaler; it never writes the value.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// UnmarshalText implements encoding.TextUnmarshaler, for configuration.
func (s *Secret) UnmarshalText(b []byte) error { *s = New(string(b)); return nil }

// Decode implements envconfig.Decoder.
func (s *Secret) Decode(v string) error { *s = New(v); return nil }

// MarshalZerologObject implements zerolog.LogObjectMarshaler for
// Event.Object and Event.EmbedObject; it never writes the value.
func (s Secret) MarshalZerologObject(e *zerolog.Event) { e.Str("secret", Redacted) }
