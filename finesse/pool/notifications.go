package pool

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// The first tries at a notification service that is in doubt follow each other
// quickly; one that has been given up is asked by one probe now and then, each
// wait twice the one before, whatever the number of agents.
const (
	doubtDelay   = 500 * time.Millisecond
	firstProbe   = time.Second
	longestProbe = 15 * time.Second
)

// probeDelay is the wait before the nth probe (0, 1, ...) of a service that has
// been given up.
func probeDelay(n int) time.Duration { return min(firstProbe<<min(n, 10), longestProbe) }

// errSilent: the notification service of a server has been given up.
var errSilent = errors.New("the notification service does not serve")

// notifications is the health of a server's notification service: what became of
// the last tries to open a stream there. Three failed ones in a row, of agents
// and of probes, and the service is given up (finesse-api section 5); then no
// agent tries any more, and a probe finds out when it is back. Safe for
// concurrent use.
type notifications struct {
	mu     sync.Mutex
	tries  int             // failed in a row
	logins int             // of agents that failed since one succeeded
	agents map[string]bool // whose they were
	live   int             // streams that are up
	down   bool
	err    error // of the last failed try
	next   time.Time
	probes int // since it was given up first; a login forgets them
}

// opened notes an agent's success. It is forgotten by ended.
func (n *notifications) opened() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.live++
	n.tries, n.logins, n.agents, n.down, n.err, n.probes = 0, 0, nil, false, nil, 0
}

// ended notes the end of a stream that was opened. One that ended by itself, with
// err, is no failed try, yet a reason for a probe.
func (n *notifications) ended(err error, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.live--
	if err != nil {
		n.doubted(err, now)
	}
}

// doubted wants a probe at once, unless one is planned.
func (n *notifications) doubted(err error, now time.Time) {
	if n.err == nil {
		n.next = now
	}
	n.err = err
}

// failed notes that an agent got no stream. One agent's trouble is not the
// service's: a probe decides. But if several fail and nobody is in, then a
// service that answers probes lets nobody in, and is given up as well.
func (n *notifications) failed(agent string, err error, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.agents == nil {
		n.agents = map[string]bool{}
	}
	if len(n.agents) < finalTries {
		n.agents[agent] = true
	}
	n.doubted(err, now)
	n.tries++
	if n.logins++; n.logins >= finalTries && n.live <= 0 && len(n.agents) > 1 {
		n.giveUp(now)
	}
}

func (n *notifications) giveUp(now time.Time) {
	if n.down {
		return
	}
	n.down = true
	n.next = now.Add(probeDelay(n.probes))
	n.probes++
}

// due reports whether a probe is wanted now.
func (n *notifications) due(now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.err != nil && !now.Before(n.next)
}

// wait is how long until a probe is wanted; ok is false while none is.
func (n *notifications) wait(now time.Time) (d time.Duration, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return max(n.next.Sub(now), 0), n.err != nil
}

// probed notes how a probe ended. A service that answers gets its agents back;
// that a login follows decides how patient the next outage is.
func (n *notifications) probed(err error, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err == nil {
		return // an agent got in meanwhile
	}
	if err == nil {
		if n.down {
			n.logins, n.agents = 0, nil
		}
		n.tries, n.down, n.err = 0, false, nil
		return
	}
	n.err = err
	n.tries++
	switch {
	case n.down:
		n.next = now.Add(probeDelay(n.probes))
		n.probes++
	case n.tries >= finalTries:
		n.giveUp(now)
	default:
		n.next = now.Add(doubtDelay)
	}
}

// silent is why the service is given up, nil if it is not.
func (n *notifications) silent() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.down {
		return nil
	}
	return fmt.Errorf("%w: %w", errSilent, n.err)
}
