package bridge

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"gcbridge/bridge/broker"
	"gcbridge/protocol"
)

// reject gives up a command that cannot be answered: counted, logged without
// its body, copied to the reject queue, acknowledged [C8].
func (w *Worker) reject(c command, reason string) {
	w.observe.count("commands_rejected")
	w.log.Warn().Str("word", printable(c.RawWord, 64)).Str("id", printable(c.ID, 64)).Str("jms_message_id", printable(c.from.ID, 128)).
		Int("bytes", len(c.from.Body)).Str("reason", reason).Msg("command rejected")
	m := w.rejected(c, reason)
	decided := func() { w.decide(c.from.ID) }
	if err := w.link.PublishFragile(m, func(error) { decided() }); err != nil {
		w.observe.count("rejects_lost")
		decided()
	}
}

// copyRejected copies a command that was answered to the reject queue too [C8].
func (w *Worker) copyRejected(c command, reason string) {
	w.observe.count("commands_copied")
	if err := w.link.PublishFragile(w.rejected(c, reason), nil); err != nil {
		w.observe.count("rejects_lost")
	}
}

// Limits of what a rejected copy carries over from its original.
const (
	maxCopiedHeader  = 1024
	maxCopiedHeaders = 64
	maxCopiedBody    = 64 << 10
)

// rejected is the copy [C8]. Only the body of a command whose row has no
// secret is copied: a misspelt Login carries a password just the same.
func (w *Worker) rejected(c command, reason string) broker.Message {
	m := broker.Message{
		To: w.rejects, Type: printable(c.from.Type, maxCopiedHeader), CorrelationID: printable(c.from.CorrelationID, maxCopiedHeader),
		Persistent: c.from.Persistent,
		Body:       fmt.Sprintf("[redacted, %d bytes]", len(c.from.Body)),
		Properties: map[string]string{},
	}
	if copyable(c.Row) && len(c.from.Body) <= maxCopiedBody && utf8.Valid(c.from.Body) {
		m.Body = strings.ReplaceAll(string(c.from.Body), "\x00", "\uFFFD")
	}
	for k, v := range c.from.Properties {
		if len(m.Properties) == maxCopiedHeaders {
			break
		}
		if key := printable(k, 128); key != "" && !strings.HasPrefix(key, "gc") {
			m.Properties[key] = printable(v, maxCopiedHeader)
		}
	}
	m.Properties["gcReason"] = reason
	m.Properties["gcNode"] = w.cfg.NodeID
	m.Properties["gcMessageId"] = printable(c.from.ID, maxCopiedHeader)
	if c.from.ReplyTo != "" {
		m.Properties["gcReplyTo"] = printable(c.from.ReplyTo, maxCopiedHeader)
	}
	return m
}

// copyable reports whether a command of this row cannot hold a secret.
func copyable(row *protocol.CommandRow) bool {
	return row != nil && !slices.ContainsFunc(row.Params, func(p protocol.Param) bool { return p.Kind == protocol.KindSecret })
}

// printable makes client text safe for headers and logs: no control
// characters, valid UTF-8, at most n bytes.
func printable(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, s)
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
