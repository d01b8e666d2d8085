package embedded

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
)

// loginTime is how long a client may take for its CONNECT frame.
const loginTime = 10 * time.Second

// errBye ends a session after DISCONNECT.
var errBye = errors.New("disconnected")

// session is one client's connection. What the broker's lock guards is marked.
type session struct {
	broker  *Broker
	conn    net.Conn
	id      string
	out     *output
	version version
	beat    atomic.Int64  // how often the client wants a heart-beat, ns
	silence time.Duration // how long it may be silent, 0 = no limit

	producer string // of its messages, as ActiveMQ names those of a STOMP connection

	subs map[string]*subscription // guarded: by id, or by destination in 1.0
	acks uint64                   // guarded
	sent uint64                   // guarded
	txs  map[string][]*frame.Frame
}

// run serves the connection until it ends.
func (s *session) run() {
	var writing sync.WaitGroup
	writing.Go(func() {
		_ = s.out.write(s.conn, func() time.Duration { return time.Duration(s.beat.Load()) }, s.fed)
		_ = s.conn.Close() // ends the reader, too
	})
	err := s.converse()
	s.broker.leave(s)
	switch {
	case err == nil || errors.Is(err, errBye):
		s.out.end(true)
	case isProtocol(err):
		s.broker.log.Debug().Err(err).Str("session", s.id).Msg("session ended by an ERROR frame")
		s.out.add(frame.New(frame.ERROR, frame.Message, err.Error(), frame.ContentType, "text/plain"), s.version, true)
	default:
		s.out.end(false)
	}
	writing.Wait()
}

// isProtocol reports whether the client hears of err.
func isProtocol(err error) bool {
	for _, e := range []error{errFormat, errTooLarge, errFull, errSelector, errDestination, errRefused} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// errRefused is a command that cannot be done.
var errRefused = errors.New("refused")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errRefused, fmt.Sprintf(format, args...))
}

// converse reads and does what the client says, until one of them ends it.
func (s *session) converse() error {
	in := &reader{in: bufio.NewReader(s.conn), limit: s.broker.cfg.MaxBody}
	if err := s.conn.SetReadDeadline(time.Now().Add(loginTime)); err != nil {
		return err
	}
	s.version = v12 // for an ERROR before it is agreed
	if err := s.login(in); err != nil {
		return err
	}
	for {
		var limit time.Time
		if s.silence > 0 {
			limit = time.Now().Add(s.silence)
		}
		if err := s.conn.SetReadDeadline(limit); err != nil {
			return err
		}
		f, err := in.read(s.version)
		if err != nil {
			return err
		}
		if f == nil {
			continue
		}
		do, ok := commands[f.Command]
		if !ok {
			return refuse("unknown command %.40q", f.Command)
		}
		if err := do(s, f); err != nil && !errors.Is(err, errBye) {
			return err
		} else if receipt, asked := f.Header.Contains(frame.Receipt); asked {
			s.send(frame.New(frame.RECEIPT, frame.ReceiptId, receipt))
			if err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
	}
}

// login handles CONNECT: version, user, heart-beats.
func (s *session) login(in *reader) error {
	var f *frame.Frame
	for f == nil {
		var err error
		if f, err = in.read(s.version); err != nil {
			return err
		}
	}
	if f.Command != frame.CONNECT && f.Command != frame.STOMP {
		return refuse("%.40q before CONNECT", f.Command)
	}
	agreed, ok := agree(f.Header.Get(frame.AcceptVersion))
	if !ok {
		return refuse("supported versions are 1.0, 1.1 and 1.2")
	}
	s.version = agreed
	cfg := &s.broker.cfg
	user := f.Header.Get(frame.Login)
	if cfg.User != "" && (user != cfg.User || f.Header.Get(frame.Passcode) != cfg.Password.Reveal()) {
		return refuse("User name [%s] or password is invalid.", user)
	}
	reply := frame.New(frame.CONNECTED, frame.Session, s.id, frame.Server, "gcbridge-embedded")
	if agreed != v10 {
		reply.Header.Add(frame.Version, string(agreed))
	}
	if text, ok := f.Header.Contains(frame.HeartBeat); ok {
		theirs, ours, err := frame.ParseHeartBeat(text)
		if err != nil {
			return refuse("heart-beat %.40q", text)
		}
		s.silence = 2 * theirs // a beat may be late by one interval
		s.beat.Store(int64(ours / 2))
		reply.Header.Add(frame.HeartBeat, fmt.Sprintf("%d,%d", ours.Milliseconds(), theirs.Milliseconds()))
	}
	s.send(reply)
	return nil
}

// agree picks the highest common version.
func agree(accept string) (version, bool) {
	if accept == "" {
		return v10, true
	}
	var best version
	for v := range strings.SplitSeq(accept, ",") {
		switch v := version(strings.TrimSpace(v)); v {
		case v10, v11, v12:
			best = max(best, v)
		}
	}
	return best, best != ""
}

// send queues a frame. A client that lets too much pile up is cut off.
func (s *session) send(f *frame.Frame) {
	if !s.out.add(f, s.version, false) {
		s.broker.log.Warn().Str("session", s.id).Msg("session ended, the client does not read")
		s.out.end(false)
	}
}

// fed gives the session's consumers what waited for room in its output.
func (s *session) fed() {
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	now := time.Now()
	for _, sub := range s.subs {
		sub.queue.dispatch(now)
	}
}

// nextAck needs the broker's lock.
func (s *session) nextAck() string {
	s.acks++
	return s.id + "-" + strconv.FormatUint(s.acks, 10)
}

// nextMessageID needs the broker's lock.
func (s *session) nextMessageID() string {
	s.sent++
	return s.producer + ":" + strconv.FormatUint(s.sent, 10)
}
