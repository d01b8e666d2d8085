package sim

import (
	"crypto/subtle"
	"slices"
	"sync"
	"time"
)

// directory answers who is who; it does not change after the start, beside
// passwords and what is kept of bad ones.
type directory struct {
	people map[string]*person // by id
	names  map[string]*person // by loginName
	teams  map[string]*team
	admin  administrator
	tokens map[string]*person
	ids    *identity
	mode   string // systemAuthMode
	flavor string
	now    func() time.Time

	mu    sync.Mutex
	fails map[string]*lockout
	bad   []BadPassword
}

// BadPassword is a password that was refused.
type BadPassword struct {
	User string    `json:"user"`
	XMPP bool      `json:"xmpp"` // else REST
	Time time.Time `json:"time"`
}

// maxBad bounds how many are kept.
const maxBad = 100_000

// refused keeps a bad password.
func (d *directory) refused(user string, xmpp bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.bad) < maxBad {
		d.bad = append(d.bad, BadPassword{User: user, XMPP: xmpp, Time: d.now()})
	}
}

type lockout struct {
	bad   int
	until time.Time
}

const (
	maxBadPasswords = 5
	lockTime        = 5 * time.Minute
)

func newDirectory(s *scenario, cfg *Config) *directory {
	d := &directory{
		people: make(map[string]*person, len(s.Agents)), names: make(map[string]*person, len(s.Agents)),
		teams: map[string]*team{}, admin: *s.Admin, tokens: make(map[string]*person, len(s.Agents)), mode: cfg.AuthMode, flavor: s.Flavor, now: cfg.Now, fails: map[string]*lockout{},
	}
	d.ids = newIdentity(cfg)
	if cfg.Peer != nil {
		d.ids = cfg.Peer.dir.ids
	}
	for i := range s.Agents {
		p := &s.Agents[i]
		d.people[p.ID], d.names[p.LoginName] = p, p
		if cfg.TokenLife == 0 {
			d.tokens[p.Token] = p
		}
	}
	for i := range s.Teams {
		d.teams[s.Teams[i].ID] = &s.Teams[i]
	}
	return d
}

// holder is whose access token it is, nil if it is nobody's now.
func (d *directory) holder(token string) *person {
	if d.mode == authPasswords {
		return nil
	}
	if p := d.tokens[token]; p != nil {
		return p
	}
	return d.people[d.ids.holder(token, useAccess, false)]
}

// password checks a password without counting.
func (d *directory) password(user, given string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.passwordIs(user, given)
}

// passwordIs is password for who holds the lock.
func (d *directory) passwordIs(user, given string) bool {
	want := ""
	if p, ok := d.people[user]; ok {
		want = p.Password
	} else if user == d.admin.ID {
		want = d.admin.Password
	}
	return want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(given)) == 1
}

// login checks a password as REST does: five bad ones in a row lock the user
// for five minutes, in which the right one is refused too.
func (d *directory) login(user, given string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, known := d.people[user]
	if !known && user != d.admin.ID {
		return false // no account to lock, and no entry for every guess
	}
	l := d.fails[user]
	if l != nil && d.now().Before(l.until) {
		return false
	}
	if d.passwordIs(user, given) {
		delete(d.fails, user)
		return true
	}
	if l == nil || !l.until.IsZero() {
		l = &lockout{}
		d.fails[user] = l
	}
	if l.bad++; l.bad >= maxBadPasswords {
		l.until = d.now().Add(lockTime)
	}
	return false
}

func (d *directory) isAdmin(user string) bool { return user == d.admin.ID }

// supervises reports whether user may act for agent.
func (d *directory) supervises(user, agent string) bool {
	p, ok := d.people[agent]
	return ok && slices.Contains(d.teams[p.Team].Supervisors, user)
}

// supervised are the teams that user supervises, by id.
func (d *directory) supervised(user string) []*team {
	var out []*team
	for _, t := range d.teams {
		if slices.Contains(t.Supervisors, user) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *team) int { return compareIDs(a.ID, b.ID) })
	return out
}

func compareIDs(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return slices.Compare([]byte(a), []byte(b))
}
