package broker

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// pulse shows whether this process runs. One that was stopped, or whose machine
// was, goes on as if nothing had happened; but the broker may have given what it had to
// another node, which may have its agents as well.
type pulse struct {
	mu     sync.Mutex // held while a stall is found and the connections are closed
	last   time.Time
	failed chan struct{} // holds that it stood still
	stalls atomic.Uint64
}

// pulseEvery is the time between two beats.
const pulseEvery = 200 * time.Millisecond

func newPulse() *pulse { return &pulse{failed: make(chan struct{}, 1)} }

// beat notes that the process runs, and reports for how long it did not, if that
// was as long as limit. The caller holds mu.
func (p *pulse) beat(now time.Time, limit time.Duration) (stood time.Duration, stalled bool) {
	if !p.last.IsZero() {
		stood = now.Sub(p.last)
	}
	p.last = now
	if stood < limit {
		return stood, false
	}
	p.stalls.Add(1)
	signal(p.failed)
	return stood, true
}

// watchPulse beats until life ends.
func (l *Link) watchPulse(life context.Context) {
	for pause(life, pulseEvery) {
		_ = l.cfg.contain("pulse", func() error { l.checkPulse(nil); return nil })
	}
}

// checkPulse closes what consumes if this process stood still. It is called before
// each delivery is handled, too, with the connection that brought it: what came over
// a closed one is left alone.
func (l *Link) checkPulse(from *conn) {
	l.pulse.mu.Lock()
	defer l.pulse.mu.Unlock()
	stood, stalled := l.pulse.beat(time.Now(), l.cfg.Stall)
	if !stalled {
		return
	}
	l.cfg.Log.Warn().Dur("stood", stood).Msg("this process stood still; its connections are closed before anything is done")
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range []*conn{from, l.gatedConn, l.openConn} {
		if k != nil {
			k.wire.kill(errStalled)
		}
	}
}
