package connectorsync

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

// Version is the version of the messages that this package writes. A reader
// takes every minor version of its major one.
const Version = "1.0"

const major = 1

// MaxBody is the longest body in bytes that is written or read.
const MaxBody = 256 << 10

// sealPrefix starts a sealed field: base64 of a 12-byte nonce and the
// AES-256-GCM output.
const sealPrefix = "v1:"

// Codec writes and reads bodies. It is safe for concurrent use.
type Codec struct {
	aead      cipher.AEAD // nil without a key
	plaintext bool
	dialect   protocol.Dialect
}

// NewCodec makes a codec for GC_SYNC_KEY and GC_SYNC_PLAINTEXT; one of the two
// must be given. The key is 32 bytes in base64 or hex: a passphrase is refused,
// because with no salt to stretch it a short one would be guessed off line.
func NewCodec(key secret.Secret, plaintext bool) (*Codec, error) {
	d, err := protocol.NewDialect(protocol.Edition44, protocol.FormatDefault, "", nil)
	if err != nil {
		return nil, fmt.Errorf("connectorsync: %w", err)
	}
	c := &Codec{plaintext: plaintext, dialect: d}
	if key.IsZero() {
		if !plaintext {
			return nil, errors.New("connectorsync: neither GC_SYNC_KEY nor GC_SYNC_PLAINTEXT is set")
		}
		return c, nil
	}
	raw, ok := keyBytes(strings.TrimSpace(key.Reveal()))
	if !ok {
		return nil, errors.New("connectorsync: GC_SYNC_KEY must be 32 random bytes in base64 or hex, such as `openssl rand -base64 32` prints")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, fmt.Errorf("connectorsync: %w", err)
	}
	if c.aead, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("connectorsync: %w", err)
	}
	return c, nil
}

func keyBytes(v string) ([]byte, bool) {
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if b, err := decode(v); err == nil && len(b) == 32 {
			return b, true
		}
	}
	return nil, false
}

// Encode writes m as the body of a TextMessage. rand gives the nonces: in
// production crypto/rand.Reader, nothing else. It fails for a message that a
// reader would refuse, and for an AgentState in clear whose password holds '#':
// the original's layout has no place for it.
func (c *Codec) Encode(m Message, rand io.Reader) (string, error) {
	if err := errors.Join(m.check(), m.Body.check()); err != nil {
		return "", fmt.Errorf("connectorsync: encoding %s: %w", m.Body.Kind(), err)
	}
	var body string
	var err error
	if s, ok := m.Body.(AgentState); ok {
		body, err = c.encodeAgentState(m.Header, s, rand)
	} else {
		body, err = c.encodeOwn(m, rand)
	}
	if err == nil && len(body) > MaxBody {
		err = errors.New("too long")
	}
	if err != nil {
		return "", fmt.Errorf("connectorsync: encoding %s: %w", m.Body.Kind(), err)
	}
	return body, nil
}

func (c *Codec) encodeOwn(m Message, rand io.Reader) (string, error) {
	row, ok := rowOf(kinds, m.Body.Kind())
	if !ok {
		row, ok = rowOf(keptKinds, m.Body.Kind())
	}
	if !ok {
		return "", errors.New("unknown kind")
	}
	payload, err := row.encode(m.Body)
	if err != nil {
		return "", err
	}
	frame := strings.Join([]string{
		string(row.kind), Version, m.Node, strconv.FormatInt(int64(m.Boot), 10),
		strconv.FormatUint(m.Seq, 10), strconv.FormatInt(int64(m.At), 10), "",
	}, "#")
	if c.aead == nil {
		return frame + string(payload), nil
	}
	sealed, err := c.seal(rand, frame, payload)
	return frame + sealed, err
}

// agentSeal is what the sealed password field of an O-025 holds.
type agentSeal struct {
	Node     string `json:"node"`
	Boot     Millis `json:"boot"`
	Seq      uint64 `json:"seq"`
	At       Millis `json:"at"`
	Password string `json:"password"`
}

func (c *Codec) encodeAgentState(h Header, s AgentState, rand io.Reader) (string, error) {
	out := protocol.AgentSync{
		Agent: s.Agent, Password: s.Password, Extension: s.Extension, SubscriptionTime: s.SubscriptionTime.Time(),
	}
	if !c.plaintext {
		payload, err := json.Marshal(agentSeal{h.Node, h.Boot, h.Seq, h.At, s.Password.Reveal()})
		if err != nil {
			return "", err
		}
		sealed, err := c.seal(rand, agentFrame(s.Agent, s.Extension, strconv.FormatInt(int64(s.SubscriptionTime), 10)), payload)
		if err != nil {
			return "", err
		}
		out.Password = secret.New(sealed)
	}
	e, ok := protocol.Encode(out, c.dialect)
	if !ok {
		return "", errors.New("its password has no place in the layout of O-025")
	}
	return e.Body, nil
}

// agentFrame is what the seal of an O-025 is bound to: all its other fields.
func agentFrame(agent, extension, at string) string {
	return strings.Join([]string{string(KindAgentState), agent, extension, at}, "#")
}

// Decode reads a body. gcNode is the message's property of that name, "" if it
// has none, which tells an AgentState in clear of an original connector from
// one of ours: its sender also sent the context, with a sequence number. Every
// error is a [*RefusedError].
func (c *Codec) Decode(body, gcNode string) (Message, error) {
	switch {
	case len(body) > MaxBody:
		return Message{}, refuse(ReasonOversized, nil)
	case !utf8.ValidString(body) || strings.ContainsFunc(body, unicode.IsControl):
		return Message{}, refuse(ReasonMalformed, nil)
	}
	word, _, _ := strings.Cut(body, "#")
	if Kind(word) == KindAgentState {
		return c.decodeAgentState(body, gcNode)
	}
	row, ok := kindOf(Kind(word))
	if !ok {
		return Message{}, refuse(ReasonUnknownKind, nil)
	}
	return c.decodeOwn(row, body)
}

// DecodeKept reads a body of the memory. Every error is a [*RefusedError].
func (c *Codec) DecodeKept(body string) (Message, error) {
	if len(body) > MaxBody {
		return Message{}, refuse(ReasonOversized, nil)
	}
	if !utf8.ValidString(body) || strings.ContainsFunc(body, unicode.IsControl) {
		return Message{}, refuse(ReasonMalformed, nil)
	}
	word, _, _ := strings.Cut(body, "#")
	row, ok := rowOf(keptKinds, Kind(word))
	if !ok {
		return Message{}, refuse(ReasonUnknownKind, nil)
	}
	return c.decodeOwn(row, body)
}

func (c *Codec) decodeOwn(row kind, body string) (Message, error) {
	f := strings.SplitN(body, "#", 7)
	if len(f) != 7 {
		return Message{}, refuse(ReasonMalformed, nil)
	}
	if theirs, _, _ := strings.Cut(f[1], "."); theirs != strconv.Itoa(major) {
		return Message{}, refuse(ReasonVersion, nil)
	}
	boot, err1 := strconv.ParseInt(f[3], 10, 64)
	seq, err2 := strconv.ParseUint(f[4], 10, 64)
	at, err3 := strconv.ParseInt(f[5], 10, 64)
	m := Message{Header: Header{Node: f[2], Boot: Millis(boot), Seq: seq, At: Millis(at)}}
	if errors.Join(err1, err2, err3) != nil || m.check() != nil {
		return Message{}, refuse(ReasonMalformed, errField)
	}
	payload := []byte(f[6])
	sealed := strings.HasPrefix(f[6], sealPrefix)
	switch {
	case sealed && c.aead == nil:
		return Message{}, refuse(ReasonSealed, nil)
	case !sealed && c.aead != nil:
		return Message{}, refuse(ReasonUnsealed, nil)
	case sealed:
		var err error
		if payload, err = c.open(body[:len(body)-len(f[6])], f[6]); err != nil {
			return Message{}, err
		}
	}
	b, err := row.decode(payload)
	if err != nil || b.check() != nil {
		return Message{}, refuse(ReasonMalformed, nil) // json's errors quote the payload
	}
	m.Body = b
	return m, nil
}

func (c *Codec) decodeAgentState(body, gcNode string) (Message, error) {
	sync, err := protocol.ParseAgentSync(body, time.UTC)
	if err != nil {
		return Message{}, refuse(ReasonMalformed, err)
	}
	s := AgentState{
		Agent: sync.Agent, Password: sync.Password, Extension: sync.Extension,
		SubscriptionTime: MillisOf(sync.SubscriptionTime),
	}
	var h Header // an original has no name
	field := sync.Password.Reveal()
	s.Sealed = strings.HasPrefix(field, sealPrefix)
	switch {
	case s.Sealed && c.aead == nil:
		return Message{}, refuse(ReasonSealed, nil)
	case !s.Sealed && !c.plaintext:
		return Message{}, refuse(ReasonPlaintext, nil)
	case !s.Sealed && gcNode != "":
		return Message{}, refuse(ReasonRedundant, nil)
	case s.Sealed:
		f := strings.Split(body, "#") // as written: the time has more than one spelling
		payload, err := c.open(agentFrame(f[1], f[3], f[4]), field)
		if err != nil {
			return Message{}, err
		}
		var in agentSeal
		if err := json.Unmarshal(payload, &in); err != nil {
			return Message{}, refuse(ReasonMalformed, nil)
		}
		h = Header{Node: in.Node, Boot: in.Boot, Seq: in.Seq, At: in.At}
		s.Password = secret.New(in.Password)
		if h.check() != nil {
			return Message{}, refuse(ReasonMalformed, errField)
		}
	}
	if s.check() != nil {
		return Message{}, refuse(ReasonMalformed, errField)
	}
	return Message{Header: h, Body: s}, nil
}

func (c *Codec) seal(rand io.Reader, frame string, payload []byte) (string, error) {
	nonce := make([]byte, c.aead.NonceSize(), c.aead.NonceSize()+len(payload)+c.aead.Overhead())
	if _, err := io.ReadFull(rand, nonce); err != nil {
		return "", fmt.Errorf("no randomness: %w", err)
	}
	return sealPrefix + base64.StdEncoding.EncodeToString(c.aead.Seal(nonce, nonce, payload, []byte(frame))), nil
}

func (c *Codec) open(frame, field string) ([]byte, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(field, sealPrefix))
	if err != nil || len(raw) < c.aead.NonceSize() {
		return nil, refuse(ReasonForged, nil)
	}
	n := c.aead.NonceSize()
	payload, err := c.aead.Open(nil, raw[:n], raw[n:], []byte(frame))
	if err != nil {
		return nil, refuse(ReasonForged, err)
	}
	return payload, nil
}
