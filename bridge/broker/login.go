package broker

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
)

// version is the only one that is spoken.
const version = "1.2"

// beats are the heart-beats of a connection, as the two sides have agreed.
type beats struct {
	every   time.Duration // this side sends something that often, 0 = it need not
	silence time.Duration // of the broker that ends the connection, 0 = none
}

// login says who we are, and returns when the broker lets us in.
func (k *conn) login(e endpoint) (beats, error) {
	ours := k.cfg.Heartbeat
	if k.role == roleGated {
		ours = k.cfg.GatedBeat
	}
	if _, err := k.wire.Write([]byte(k.cfg.connectFrame(e.host, ours))); err != nil {
		return beats{}, err
	}
	for {
		f, err := k.in.Read()
		if err != nil {
			return beats{}, err
		}
		if f == nil {
			continue // a heart-beat
		}
		switch f.Command {
		case frame.CONNECTED:
			return k.agreed(f, ours)
		case frame.ERROR:
			return beats{}, refusedBy(f)
		}
		return beats{}, fmt.Errorf("%s in answer to CONNECT", f.Command)
	}
}

// connectFrame is a CONNECT frame. Unlike all others it has no escapes: a user or a
// password with a colon or a backslash goes as it is.
func (c *Config) connectFrame(host string, ours time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CONNECT\naccept-version:%s\nhost:%s\nheart-beat:%d,%d\n", version, host, ours.Milliseconds(), c.Heartbeat.Milliseconds())
	if c.User != "" || !c.Password.IsZero() {
		fmt.Fprintf(&b, "login:%s\npasscode:%s\n", c.User, c.Password.Reveal())
	}
	b.WriteString("\n\x00")
	return b.String()
}

// agreed reads what the broker says of itself.
func (k *conn) agreed(f *frame.Frame, ours time.Duration) (beats, error) {
	if v := f.Header.Get(frame.Version); v != version {
		return beats{}, fmt.Errorf("the broker speaks version %q of STOMP, and this is %s", v, version)
	}
	theirs, wanted, err := frame.ParseHeartBeat(f.Header.Get(frame.HeartBeat))
	if err != nil {
		theirs, wanted = 0, 0 // a broker without heart-beats
	}
	var b beats
	if theirs > 0 {
		// ActiveMQ may let two intervals pass between beats (trap 1).
		b.silence = 3 * max(theirs, k.cfg.Heartbeat)
	}
	if wanted > 0 {
		early := ours / 5
		if k.role == roleGated { // several in the time that is promised, because ActiveMQ may allow no more
			early = ours * 3 / 4
		}
		b.every = max(ours, wanted) - early
	}
	return b, nil
}

// refusedBy is what an ERROR frame says.
func refusedBy(f *frame.Frame) *RefusedError {
	const most = 500
	return &RefusedError{Message: f.Header.Get(frame.Message), Detail: string(f.Body[:min(len(f.Body), most)])}
}

// explain says why a login failed: the broker's own words, or that the connection is
// lost, and why.
func explain(err error, w *wire) error {
	var r *RefusedError
	if errors.As(err, &r) {
		return r
	}
	select {
	case <-w.dead:
		if w.cause != nil && !errors.Is(err, w.cause) {
			return fmt.Errorf("%w: %w: %w", ErrLost, w.cause, err)
		}
	default:
	}
	return fmt.Errorf("%w: %w", ErrLost, err)
}
