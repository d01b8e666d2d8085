package pool

import (
	"sync"
	"time"
)

// DefaultReturnRate is how many agents a second come back after an outage when
// [Config] names no other number.
const DefaultReturnRate = 150

// pace lets agents come back to Finesse one after the other: as many a second as
// it allows, and those who have calls before all others. After a rest a quarter
// of a second's agents may come at once, so that a lost stream or two cost no
// time. Safe for concurrent use.
type pace struct {
	rate float64 // agents per second

	mu     sync.Mutex
	tokens float64
	at     time.Time       // when tokens was right
	queues [2][]*returning // the urgent, and the others; the longest waiting first
	timer  *time.Timer     // for the next turn, while somebody waits
}

// returning is an agent who wants to come back.
type returning struct {
	comes chan struct{} // closed when it is their turn
	gone  bool          // does not want any more
}

func newPace(rate int) *pace {
	p := &pace{rate: float64(max(rate, 1)), at: time.Now()}
	p.tokens = p.most()
	return p
}

// most is how many may come at once after a rest.
func (p *pace) most() float64 { return max(p.rate/4, 1) }

// turn asks for a turn, which has come when comes is closed. Who does not need
// it any more calls drop; afterwards, or twice, that does nothing.
func (p *pace) turn(urgent bool) (comes <-chan struct{}, drop func()) {
	r := &returning{comes: make(chan struct{})}
	queue := 1
	if urgent {
		queue = 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queues[queue] = append(p.queues[queue], r)
	p.admit()
	return r.comes, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		r.gone = true
	}
}

// admit lets in who may come now, and sets the timer for the next.
func (p *pace) admit() {
	now := time.Now()
	p.tokens = min(p.tokens+p.rate*now.Sub(p.at).Seconds(), p.most())
	p.at = now
	for p.tokens >= 1 {
		r := p.next()
		if r == nil {
			return
		}
		close(r.comes)
		p.tokens--
	}
	if len(p.queues[0])+len(p.queues[1]) == 0 {
		return
	}
	wait := time.Duration((1 - p.tokens) / p.rate * float64(time.Second))
	if p.timer == nil {
		p.timer = time.AfterFunc(wait, p.due)
		return
	}
	p.timer.Reset(wait)
}

// next takes who comes first; nil if nobody waits.
func (p *pace) next() *returning {
	for i := range p.queues {
		for len(p.queues[i]) > 0 {
			r := p.queues[i][0]
			p.queues[i] = p.queues[i][1:]
			if !r.gone {
				return r
			}
		}
	}
	return nil
}

func (p *pace) due() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.admit()
}

// waiting is how many agents wait for their turn.
func (p *pace) waiting() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.queues {
		for _, r := range q {
			if !r.gone {
				n++
			}
		}
	}
	return n
}

// stop ends the timer; who waits then waits for ever.
func (p *pace) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
}
