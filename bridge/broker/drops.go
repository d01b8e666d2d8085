package broker

import (
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// dropWindow is how long the log does not repeat that messages are dropped.
const dropWindow = 10 * time.Second

// drops says once what may happen to thousands of messages: the first that is
// dropped as a warning, and those within [dropWindow] after it as a number.
type drops struct {
	mu    sync.Mutex
	began time.Time // zero: nothing was dropped lately
	more  int
}

// level is how loudly a dropped message is logged.
func (d *drops) level(now time.Time) zerolog.Level {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.began.IsZero() {
		d.began = now
		return zerolog.WarnLevel
	}
	d.more++
	return zerolog.DebugLevel
}

// end closes a window that has run out, and returns how many more were dropped in it.
func (d *drops) end(now time.Time) (more int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.began.IsZero() || now.Sub(d.began) < dropWindow {
		return 0
	}
	more = d.more
	d.began, d.more = time.Time{}, 0
	return more
}
