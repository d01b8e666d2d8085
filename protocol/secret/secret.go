// Package secret holds the one type that passwords, tokens and keys travel
// in. It is a leaf: every other package may import it.
package secret

import "github.com/rs/zerolog"

// Redacted is what every printed form of a [Secret] says.
const Redacted = "[redacted]"

// Secret is a value that must never be printed. String, GoString, the JSON
// and text marshallers and zerolog all write [Redacted]; [Secret.Reveal] is
// the only way to the value. The zero Secret is empty.
type Secret struct{ value string }

// New wraps value.
func New(value string) Secret { return Secret{value: value} }

// Reveal returns the value itself. Call it only where the value leaves the
// process on purpose: an Authorization header, a SASL exchange.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.value == "" }

// Equal reports whether both hold the same value.
func (s Secret) Equal(o Secret) bool { return s.value == o.value }

// String implements fmt.Stringer; it never prints the value.
func (s Secret) String() string { return Redacted }

// GoString implements fmt.GoStringer (%#v); it never prints the value.
func (s Secret) GoString() string { return Redacted }

// MarshalText implements encoding.TextMarshaler; it never writes the value.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalJSON implements json.Marshaler; it never writes the value.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// UnmarshalText implements encoding.TextUnmarshaler, for configuration.
func (s *Secret) UnmarshalText(b []byte) error { s.value = string(b); return nil }

// Decode implements envconfig.Decoder.
func (s *Secret) Decode(v string) error { s.value = v; return nil }

// MarshalZerologObject implements zerolog.LogObjectMarshaler for
// Event.Object and Event.EmbedObject; it never writes the value.
func (s Secret) MarshalZerologObject(e *zerolog.Event) { e.Str("secret", Redacted) }
