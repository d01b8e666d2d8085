package pool

import (
	"errors"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// finalTries is how often a server that does not answer in time is asked
// before it is given up: two unsuccessful retries (gc-protocol 5.5).
const finalTries = 3

// health is the outcome of one probe; nil: not probed yet.
type health struct {
	info finesse.SystemInfo
	err  error
	at   time.Time
	// silent is why the notification service has been given up, nil if it has not.
	silent error
}

// serving reports whether the server takes requests and tells what happens. The
// desktop of Cisco demands the same of a server: in service, its heart-beat with
// the CTI server, notifications (finesse-api section 5).
func (h *health) serving() bool {
	return h.answers() && !h.info.CTIHeartbeatFailed && h.silent == nil
}

// answers reports whether REST serves, whatever else does not.
func (h *health) answers() bool { return h != nil && h.err == nil && h.info.InService() }

// timedOut reports that the server did not answer in time.
func (h *health) timedOut() bool { return h != nil && timeout(h.err) }

// condition is what the server said, or why it said nothing.
func (h *health) condition() string {
	switch {
	case h.err != nil:
		return h.err.Error()
	case !h.info.InService():
		return h.info.Status
	case h.info.CTIHeartbeatFailed:
		return h.info.Status + ", but its heart-beat with the CTI server fails"
	case h.silent != nil:
		return h.info.Status + ", but " + h.silent.Error()
	}
	return h.info.Status
}

func timeout(err error) bool {
	var fe *finesse.Error
	return errors.As(err, &fe) && fe.Timeout()
}

// again reports whether a probe is repeated after its n-th try (from 1) ended
// with err: a time-out is final only after the third, all else at once.
func again(n int, err error) bool { return n < finalTries && timeout(err) }

// after is what is known of a server after one more probe. A failed probe does
// not forget the XMPP domains: the server is still where it was.
func after(was *health, info finesse.SystemInfo, err error, at time.Time) *health {
	h := health{info: info, err: err, at: at}
	if err != nil && was != nil {
		h.info.XMPPDomain, h.info.PubSubDomain = was.info.XMPPDomain, was.info.PubSubDomain
	}
	return &h
}

// statusOf is the system state that a set of probes amounts to [E3]: in service
// if any server serves, not reachable if every one timed out, else out of
// service.
func statusOf(hs []*health) protocol.SystemStatus {
	timeouts := 0
	for _, h := range hs {
		if h.serving() {
			return protocol.InService
		}
		if h.timedOut() {
			timeouts++
		}
	}
	if timeouts == len(hs) {
		return protocol.NotReachable
	}
	return protocol.OutOfService
}

// choose picks the server to use: the one in use while it serves, else the
// first in configured order that does; -1 if none.
func choose(hs []*health, current int) int {
	if current >= 0 && hs[current].serving() {
		return current
	}
	for i, h := range hs {
		if h.serving() {
			return i
		}
	}
	return -1
}

// levelOf is how loudly a new probe is logged: a warning when an outage
// begins, one line when it ends, and what changes within it for debugging.
func levelOf(was, is *health) zerolog.Level {
	switch {
	case is.serving() && !was.serving():
		return zerolog.InfoLevel
	case !is.serving() && (was == nil || was.serving()):
		return zerolog.WarnLevel
	case is.condition() != was.condition():
		return zerolog.DebugLevel
	}
	return zerolog.Disabled
}
