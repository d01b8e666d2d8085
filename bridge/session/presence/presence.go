// Package presence is an agent's notification stream: who serves it, whether it
// is up, and when it is tried again. Finesse counts an agent as away while none
// is up (finesse-api 1.10), and tells failures of a login only there.
package presence

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"gcbridge/finesse"
)

// Stream is the part of [finesse.Stream] that a presence uses.
type Stream interface {
	C() <-chan finesse.Notification
	Subscribe(ctx context.Context, node string) error
	Unsubscribe(ctx context.Context, node string) error
	Err() error
	Close() error
	Abort()
}

// Server is a Finesse that opens streams. Servers are compared by ==.
type Server interface {
	// Name is for logs.
	Name() string
	// Connect opens an agent's stream; it fails with [finesse.ErrAuth] if the
	// credentials are wrong.
	Connect(ctx context.Context, cred finesse.Credentials) (Stream, error)
}

// Backoff bounds of a lost stream. Finesse logs an agent out 60 s after the
// presence went (finesse-api 1.10), so the tries stay close.
const (
	firstDelay   = 100 * time.Millisecond
	longestDelay = 5 * time.Second
)

// Delay is the wait before try n (0, 1, ...): doubled each time, up to a bound,
// with up to half of it as jitter so that thousands of agents do not return in
// one instant. jitter is from 0 to 1.
func Delay(n int, jitter float64) time.Duration {
	d := longestDelay
	if n < 6 {
		d = min(firstDelay<<n, longestDelay)
	}
	return d/2 + time.Duration(jitter*float64(d)/2)
}

// Presence is one agent's. The zero Presence is not usable: see [New]. One
// goroutine owns it.
type Presence[S Server] struct {
	server  S
	placed  bool // server is set
	stream  Stream
	cred    finesse.Credentials
	refused bool // the credentials are wrong: no further try before the next Connect
	attempt int
	retry   *time.Timer

	conflicts int       // one after the other
	conflict  time.Time // the last of them
	until     time.Time // the next try after it

	dialled chan Dialled[S]
	dialing int // which Redial is the one that counts
	under   bool
	work    sync.WaitGroup
}

// Dialled is how a [Presence.Redial] ended.
type Dialled[S Server] struct {
	n      int
	server S
	cred   finesse.Credentials
	stream Stream
	err    error
}

// New makes a presence that is not connected and has no credentials.
func New[S Server]() *Presence[S] {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &Presence[S]{retry: t, dialled: make(chan Dialled[S], 1)}
}

// Up reports whether the stream is up.
func (p *Presence[S]) Up() bool { return p.stream != nil }

// Stream is the stream that is up, nil if none is.
func (p *Presence[S]) Stream() Stream { return p.stream }

// Events is what the stream delivers; nil, which never delivers, while none is
// up. It is closed when the stream has ended by itself: see [Presence.Lost].
func (p *Presence[S]) Events() <-chan finesse.Notification {
	if p.stream == nil {
		return nil
	}
	return p.stream.C()
}

// Server is the one that the agent was last connected to; ok is false before the
// first time.
func (p *Presence[S]) Server() (s S, ok bool) { return p.server, p.placed }

// Name is the server's, "" before the first connection.
func (p *Presence[S]) Name() string {
	if !p.placed {
		return ""
	}
	return p.server.Name()
}

// Credentials are those of the last connection, or of [Presence.Adopt].
func (p *Presence[S]) Credentials() finesse.Credentials { return p.cred }

// Adopt sets the credentials for the next try; the stream stays.
func (p *Presence[S]) Adopt(cred finesse.Credentials) { p.cred = cred }

// Refused reports whether the credentials were refused; see [Presence.Refuse].
func (p *Presence[S]) Refused() bool { return p.refused }

// Refuse ends all tries until the next Connect: Finesse locks an agent out after
// a few wrong passwords. The stream is cut.
func (p *Presence[S]) Refuse() {
	p.Cut()
	p.refused = true
}

// Connected takes a new stream that was opened at srv. One that is up is cut
// without signing off: its unavailable presence must not follow the new one's.
func (p *Presence[S]) Connected(srv S, st Stream, cred finesse.Credentials) {
	p.Cut()
	p.server, p.placed, p.stream, p.cred = srv, true, st, cred
	p.refused = false
}

// Cut ends the stream without telling Finesse, and a try that is under way.
func (p *Presence[S]) Cut() {
	p.dialing++
	p.under = false
	p.retry.Stop()
	if p.stream != nil {
		p.stream.Abort()
		p.stream = nil
	}
}

// Lost takes note that the stream has ended by itself, and says why. The next
// try is due on [Presence.Retry].
func (p *Presence[S]) Lost() error {
	err := p.stream.Err()
	p.Cut()
	if errors.Is(err, finesse.ErrConflict) {
		p.displaced(time.Now())
		return err
	}
	p.Later()
	return err
}

// How long an agent waits whom another client with the same resource has pushed
// out. If that is a second worker with this node's id the two would push each
// other out for ever, so that the wait grows; a single conflict, such as with a
// connection of our own that the server kept, costs a moment.
const (
	firstConflict   = time.Second
	secondConflict  = 30 * time.Second
	longestConflict = 5 * time.Minute
)

// ConflictDelay is the wait after the nth conflict in a row, from 1, with up to
// half of it as jitter. jitter is from 0 to 1.
func ConflictDelay(n int, jitter float64) time.Duration {
	d := firstConflict
	if n > 1 {
		d = min(secondConflict<<min(n-2, 4), longestConflict)
	}
	return d/2 + time.Duration(jitter*float64(d)/2)
}

func (p *Presence[S]) displaced(now time.Time) {
	if now.Sub(p.conflict) > 2*longestConflict {
		p.conflicts = 0
	}
	p.conflicts, p.conflict = p.conflicts+1, now
	wait := ConflictDelay(p.conflicts, rand.Float64())
	p.until = now.Add(wait)
	p.retry.Reset(wait)
}

// Displaced reports whether the stream was lost because another client keeps
// pushing this one out, and when it is tried again.
func (p *Presence[S]) Displaced() (until time.Time, yes bool) {
	return p.until, p.conflicts > 1 && p.stream == nil && time.Now().Before(p.until)
}

// Later makes a try due after the next delay.
func (p *Presence[S]) Later() {
	p.retry.Reset(Delay(p.attempt, rand.Float64()))
	p.attempt++
}

// Proven says that the agent could be read over this connection: only then was
// it a success, and the next loss is tried again at once.
func (p *Presence[S]) Proven() { p.attempt = 0 }

// Retry fires when a [Presence.Redial] is due.
func (p *Presence[S]) Retry() <-chan time.Time { return p.retry.C }

// Wanted reports whether a stream is missing and may be asked for.
func (p *Presence[S]) Wanted() bool {
	return p.stream == nil && !p.refused && p.cred.User != "" && !p.under
}

// Redial opens a stream at srv in the background, for at most timeout; how that
// ended comes on [Presence.Dialled] and goes to [Presence.Take].
func (p *Presence[S]) Redial(ctx context.Context, srv S, timeout time.Duration) {
	p.dialing++
	p.under = true
	n, cred := p.dialing, p.cred
	p.work.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		st, err := connect(ctx, srv, cred)
		r := Dialled[S]{n: n, server: srv, cred: cred, stream: st, err: err}
		for { // the newest result is the one that counts
			select {
			case p.dialled <- r:
				return
			case old := <-p.dialled:
				if old.n > r.n {
					old, r = r, old
				}
				old.drop()
			}
		}
	})
}

// connect contains a defect of the library below: it costs this try.
func connect[S Server](ctx context.Context, srv S, cred finesse.Credentials) (st Stream, err error) {
	defer func() {
		if r := recover(); r != nil {
			st, err = nil, errDefect
		}
	}()
	return srv.Connect(ctx, cred)
}

// errDefect: the client of the notification service panicked.
var errDefect = errors.New("presence: a defect while connecting")

// Dialled tells how a [Presence.Redial] ended.
func (p *Presence[S]) Dialled() <-chan Dialled[S] { return p.dialled }

// Take takes over what a Redial brought. current is false if it counts no more,
// because something else has happened meanwhile.
func (p *Presence[S]) Take(d Dialled[S]) (current bool, err error) {
	if d.n != p.dialing {
		d.drop()
		return false, nil
	}
	p.under = false
	if d.err == nil {
		p.Connected(d.server, d.stream, p.cred) // not d.cred: others may have been adopted since
	}
	return true, d.err
}

func (d Dialled[S]) drop() {
	if d.stream != nil {
		d.stream.Abort()
	}
}

// Close signs off at Finesse and waits for a try that is under way; the
// context that was given to Redial should have ended.
func (p *Presence[S]) Close() error {
	var err error
	if p.stream != nil {
		err = p.stream.Close()
		p.stream = nil
	}
	p.Cut()
	p.work.Wait()
	select {
	case d := <-p.dialled:
		d.drop()
	default:
	}
	return err
}
