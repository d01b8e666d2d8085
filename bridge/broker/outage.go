package broker

import (
	"time"

	"github.com/rs/zerolog"
)

// outage is the time from the loss of the link, or the start, to the next link:
// what is tried in it many times is said once.
type outage struct {
	began time.Time
	tries int
	said  map[string]bool // brokers of which the log says that they do not answer
}

func newOutage(now time.Time) *outage { return &outage{began: now, said: map[string]bool{}} }

// failed counts a try, and returns how loudly it is logged: the first at each
// broker as a warning.
func (o *outage) failed(url string) zerolog.Level {
	o.tries++
	if o.said[url] {
		return zerolog.DebugLevel
	}
	o.said[url] = true
	return zerolog.WarnLevel
}

// over adds to the line that ends the outage how long it was, if there was one.
func (o *outage) over(e *zerolog.Event, now time.Time) *zerolog.Event {
	if o.tries == 0 {
		return e
	}
	return e.Int("failed_tries", o.tries).Stringer("after", now.Sub(o.began).Round(time.Millisecond))
}
