package signon

import (
	"context"
	"errors"
	"sync"
	"time"

	"gcbridge/finesse"
)

// Renewal keeps one agent's token fresh. One goroutine owns it; only what
// [Renewal.Ask] starts runs beside it. Make one with [New].
type Renewal struct {
	grant Grant
	timer *time.Timer

	attempt int  // failures in a row
	waits   bool // the timer runs for another try
	told    bool // the client knows that the token will end
	doubted bool // Finesse has refused the token
	fresh   bool // it was renewed because of that, and Finesse has not taken it yet

	answers chan Renewed
	asking  int // which Ask is the one that counts
	under   bool
	work    sync.WaitGroup
}

// Renewed is how an [Renewal.Ask] ended.
type Renewed struct {
	n     int
	token finesse.Token
	err   error
}

// New makes a Renewal without a token.
func New() *Renewal {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &Renewal{timer: t, answers: make(chan Renewed, 1)}
}

// Begin takes a token that a client has shown or another node has held, and
// forgets the former one. The first renewal is due at 75 % of its life, at once if
// its life is not known: the answer says it.
func (r *Renewal) Begin(g Grant, now time.Time) {
	r.Drop()
	r.grant = g
	r.set(g.Due(), now)
}

// Drop forgets the token: nothing is renewed any more.
func (r *Renewal) Drop() {
	r.asking++
	r.timer.Stop()
	r.grant = Grant{}
	r.under, r.waits, r.told, r.doubted, r.fresh, r.attempt = false, false, false, false, false, 0
}

func (r *Renewal) set(at, now time.Time) {
	r.timer.Reset(max(at.Sub(now), 0))
}

// Grant is the token as it is; the zero Grant: none.
func (r *Renewal) Grant() Grant { return r.grant }

// Any reports whether there is a token.
func (r *Renewal) Any() bool { return !r.grant.Access.IsZero() }

// Due fires when [Renewal.Ask] is due.
func (r *Renewal) Due() <-chan time.Time { return r.timer.C }

// Under reports whether a renewal is under way.
func (r *Renewal) Under() bool { return r.under }

// Stale reports whether the token is not worth showing: it has run out, or
// Finesse has refused it.
func (r *Renewal) Stale(now time.Time) bool {
	return r.Any() && (r.grant.Ended(now) || r.doubted)
}

// Doubt notes that Finesse has refused the token. It reports whether a renewal
// may help: not if that is how Finesse came to see this one.
func (r *Renewal) Doubt() bool {
	if !r.Any() || r.fresh {
		return false
	}
	r.doubted = true
	r.Soon()
	return true
}

// Soon makes a renewal due now, unless one is under way or waits after a failure.
func (r *Renewal) Soon() {
	if !r.under && !r.waits {
		r.timer.Reset(0)
	}
}

// Taken notes that Finesse has taken the token.
func (r *Renewal) Taken() { r.fresh, r.doubted = false, false }

// Later makes another try due after d, or when [Grant.Late] comes if that is sooner.
func (r *Renewal) Later(d time.Duration, now time.Time) {
	if late := r.grant.Late().Sub(now); r.grant.Known() && late > 0 {
		d = min(d, late)
	}
	r.waits = true
	r.attempt++
	r.timer.Reset(d)
}

// Attempt is how many tries have failed in a row.
func (r *Renewal) Attempt() int { return r.attempt }

// Tell reports whether the client is to be told that the token will end, once per token.
func (r *Renewal) Tell() bool {
	if r.told || !r.grant.Known() {
		return false
	}
	r.told = true
	return true
}

// Ask asks by for the next token in the background, for at most timeout; how that
// ended comes on [Renewal.Answers] and goes to [Renewal.Take].
func (r *Renewal) Ask(ctx context.Context, user string, by func(context.Context, finesse.TokenProof) (finesse.Token, error), timeout time.Duration) {
	r.asking++
	r.under, r.waits = true, false
	n, proof := r.asking, r.grant.Proof(user)
	r.work.Go(func() {
		asked, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		a := Renewed{n: n, err: errDefect}
		defer func() {
			_ = recover() // a defect below costs this try
			select {
			case r.answers <- a:
			case <-ctx.Done():
			}
		}()
		a.token, a.err = by(asked, proof)
	})
}

// errDefect: the client of the token service panicked.
var errDefect = errors.New("signon: a defect while renewing the token")

// Answers tells how an [Renewal.Ask] ended.
func (r *Renewal) Answers() <-chan Renewed { return r.answers }

// Take takes over what an Ask brought. current is false if it counts no more.
func (r *Renewal) Take(a Renewed, now time.Time) (current bool, err error) {
	if a.n != r.asking {
		return false, nil
	}
	r.under = false
	if a.err != nil {
		return true, a.err
	}
	r.grant = r.grant.Next(a.token, now)
	r.attempt, r.told, r.doubted, r.fresh = 0, false, false, r.doubted
	r.timer.Stop()
	if r.grant.Known() {
		r.set(r.grant.Due(), now)
	}
	return true, nil
}

// Wait returns when nothing is under way any more; the context of Ask must have ended.
func (r *Renewal) Wait() { r.work.Wait() }
