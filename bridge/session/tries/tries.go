// Package tries says which passwords Finesse may be asked for. Finesse locks a
// user for five minutes after five wrong ones in a row (finesse-api 1), whoever
// sends them, and a lock takes down the agent who is at work. So a user's wrong
// passwords cost at most [Limit] tries within [Window]; what is known to be right
// or wrong is not tried at all. It is pure: the caller brings the clock and the key.
package tries

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"gcbridge/protocol/secret"
)

// The bounds of a user.
const (
	// Limit is how many wrong passwords of a user Finesse may be asked for within Window.
	Limit = 2
	// Window is how long a wrong password counts, and is remembered.
	Window = 5 * time.Minute
)

// Remembered is how many users are remembered whom Finesse never accepted: the
// one asked for longest ago goes first. Who was accepted is never forgotten.
const Remembered = 10_000

// Verdict is what Finesse said to a password.
type Verdict int

// The verdicts.
const (
	Unknown  Verdict = iota // it did not say
	Accepted                // it is the user's
	Refused                 // it is not
)

// Refusal is why a password is not tried.
type Refusal struct {
	Known bool          // Finesse has refused this very password; else the tries are used up
	Wait  time.Duration // until it may be tried
}

// Error says it for people.
func (r *Refusal) Error() string {
	if r.Known {
		return fmt.Sprintf("this password was refused before; Finesse is not asked again for %s", r.Wait.Round(time.Second))
	}
	return fmt.Sprintf("too many wrong passwords; Finesse is not asked again for %s", r.Wait.Round(time.Second))
}

// digest stands for a password: an HMAC under the book's own key.
type digest [sha256.Size]byte

// user is what is known of one.
type user struct {
	accepted digest // the last that was right; zero: none was
	outdated bool   // it has been refused since
	other    bool   // since then one other password may be tried beyond Limit
	wrong    []wrong
	pending  int // tries without an answer
}

// wrong is a try that was refused.
type wrong struct {
	digest
	at time.Time
}

// Book remembers the tries. Make one with [New]; one goroutine at a time may use it.
type Book struct {
	key       []byte
	accepted  map[string]*user
	strangers *simplelru.LRU[string, *user]
}

// New makes an empty book. key salts what is remembered of passwords; it should
// be random and is kept nowhere else. strangers is a number such as [Remembered].
func New(key []byte, strangers int) (*Book, error) {
	lru, err := simplelru.NewLRU[string, *user](strangers, nil)
	if err != nil {
		return nil, fmt.Errorf("tries: %w", err)
	}
	return &Book{key: key, accepted: map[string]*user{}, strangers: lru}, nil
}

// Try is a password that Finesse is asked for; it goes to [Book.End].
type Try struct {
	name    string
	digest  digest
	pending bool
}

// Begin asks whether Finesse may be asked for a user's password now; if not, the
// error is a [*Refusal].
//
// The password that Finesse accepted last always may. One that it refused may not,
// for [Window]; only the accepted one gets a second chance, for a Finesse in
// trouble refuses what is right, too. Any other may while the user has tries left.
// When the accepted one is refused, the user may have a new one: then one other
// may be tried even if somebody has used up the tries.
func (b *Book) Begin(name string, password secret.Secret, now time.Time) (Try, error) {
	u := b.user(name)
	u.forget(now)
	t := Try{name: name, digest: b.digest(name, password)}
	own := t.digest == u.accepted
	before := u.count(t.digest)
	switch {
	case own && !u.outdated:
		return t, nil
	case before > 0 && (!own || before >= Limit):
		return t, &Refusal{Known: true, Wait: u.until(t.digest).Sub(now)}
	case len(u.wrong)+u.pending < Limit:
	case u.other && !own:
		u.other = false
	default:
		return t, &Refusal{Wait: u.free(now)}
	}
	u.pending++
	t.pending = true
	return t, nil
}

// End notes what Finesse said. Every Try of [Book.Begin] needs it once.
func (b *Book) End(t Try, v Verdict, now time.Time) {
	u := b.user(t.name)
	if t.pending {
		u.pending = max(u.pending-1, 0)
	}
	switch v {
	case Accepted:
		b.strangers.Remove(t.name)
		b.accepted[t.name] = u
		u.accepted, u.outdated, u.other = t.digest, false, false
		u.clear(t.digest)
	case Refused:
		if t.digest == u.accepted && !u.outdated {
			u.outdated, u.other = true, true
		}
		u.wrong = append(u.wrong, wrong{t.digest, now})
	case Unknown:
	}
}

// Accept notes that a password is right, as another node has found.
func (b *Book) Accept(name string, password secret.Secret, now time.Time) {
	b.End(Try{name: name, digest: b.digest(name, password)}, Accepted, now)
}

// Restart forgets every refusal: another Finesse serves, which counts anew.
func (b *Book) Restart() {
	b.strangers.Purge()
	for _, u := range b.accepted {
		u.wrong, u.outdated, u.other = nil, false, false
	}
}

// Len is how many users are remembered.
func (b *Book) Len() int { return len(b.accepted) + b.strangers.Len() }

func (b *Book) user(name string) *user {
	if u, ok := b.accepted[name]; ok {
		return u
	}
	if u, ok := b.strangers.Get(name); ok {
		return u
	}
	u := &user{}
	b.strangers.Add(name, u)
	return u
}

func (b *Book) digest(name string, password secret.Secret) (d digest) {
	h := hmac.New(sha256.New, b.key)
	fmt.Fprintf(h, "%d %s %s", len(name), name, password.Reveal())
	h.Sum(d[:0])
	return d
}

// forget drops what is older than the window.
func (u *user) forget(now time.Time) {
	kept := u.wrong[:0]
	for _, w := range u.wrong {
		if now.Sub(w.at) < Window {
			kept = append(kept, w)
		}
	}
	u.wrong = kept
}

// clear drops the refusals of a password that is right after all.
func (u *user) clear(d digest) {
	kept := u.wrong[:0]
	for _, w := range u.wrong {
		if w.digest != d {
			kept = append(kept, w)
		}
	}
	u.wrong = kept
}

// count is how often a password was refused.
func (u *user) count(d digest) (n int) {
	for _, w := range u.wrong {
		if w.digest == d {
			n++
		}
	}
	return n
}

// until is when the first refusal of a password is forgotten.
func (u *user) until(d digest) (t time.Time) {
	for _, w := range u.wrong {
		if w.digest == d {
			return w.at.Add(Window)
		}
	}
	return t
}

// free is how long it takes until a try is free.
func (u *user) free(now time.Time) time.Duration {
	if over := len(u.wrong) - Limit; over >= 0 {
		return u.wrong[over].at.Add(Window).Sub(now)
	}
	return 0 // as soon as the pending one is answered
}
