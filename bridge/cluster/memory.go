package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/telemetry"
	"gcbridge/connectorsync"
)

// Store is where the nodes keep what outlives all of them: a queue of the broker that
// one of them reads. Its methods may be called from any goroutine and do not block.
type Store interface {
	// Keep adds a message. kept is called once, perhaps before Keep returns, with nil
	// when the store has it.
	Keep(body string, kept func(error))
	// Down is why the store is not connected; nil if it is, or was not tried yet.
	Down() error
}

// The times of a memory.
const (
	// markEvery is how often a reader sends a mark until one comes back. ActiveMQ goes on
	// with a queue, 200 messages at a time, when something is sent or acknowledged.
	markEvery = 50 * time.Millisecond
	// keptWithin is how long a command that must not run twice waits for the memory.
	// A memory that does not work must not stop calls.
	keptWithin = time.Second
	// expireEvery is how often is looked for what has grown too old.
	expireEvery = 10 * time.Second
	// soundFor is how long a memory must have worked for a failure to be news.
	soundFor = time.Minute
)

// memory is a node's part in what outlives all nodes. But for its health it is
// used under the lock of the pair.
type memory struct {
	store  Store
	log    *connectorsync.Memory
	health *health

	since   time.Time // when the subscription began that brought what is held; zero: nothing came
	acks    map[connectorsync.Ticket]func()
	last    connectorsync.Ticket
	strange bool // it was said that there are messages which cannot be read

	up      bool
	down    time.Time // since when it is not; zero: not known yet
	expired time.Time // when that was looked for
}

func newMemory(cfg PairConfig) *memory {
	if cfg.Memory == nil {
		return nil
	}
	return &memory{
		store: cfg.Memory, health: &health{tel: cfg.Telemetry, out: cfg.Log}, acks: map[connectorsync.Ticket]func(){},
		log: connectorsync.NewMemory(connectorsync.MemoryConfig{Node: cfg.State.Node, Boot: cfg.State.Boot}),
	}
}

// health is whether what is handed to the store is kept.
type health struct {
	tel *telemetry.Telemetry
	out zerolog.Logger

	mu      sync.Mutex
	lame    bool
	warned  bool
	sound   time.Time // since when it is not lame; zero: from the start
	marking bool      // a mark is on its way to the store
}

// errLate: the store did not confirm in time.
var errLate = errors.New("no confirmation within " + keptWithin.String())

// kept notes what became of a message.
func (h *health) kept(err error) {
	if err != nil {
		h.tel.Count(telemetry.MemoryLost)
		h.fails(err)
		return
	}
	h.tel.Count(telemetry.MemoryWritten)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lame && h.warned {
		h.out.Info().Msg("memory: it keeps again")
	}
	if h.lame {
		h.lame, h.sound = false, time.Now()
	}
}

// fails notes that nothing is kept, once for as long as that lasts.
func (h *health) fails(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lame {
		return
	}
	level := zerolog.WarnLevel
	if h.warned && time.Since(h.sound) < soundFor {
		level = zerolog.DebugLevel
	}
	h.lame, h.warned = true, true
	h.out.WithLevel(level).Err(why).Msg("memory: agents and calls are not kept beyond the death of all nodes now")
}

// works reports whether it is worth waiting for a confirmation.
func (h *health) works() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.lame
}

// mark reports whether a mark may be sent: the one before has arrived.
func (h *health) mark() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	free := !h.marking
	h.marking = true
	return free
}

func (h *health) marked(error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.marking = false
}

// forget forgets what was read: it will come again, here or to another node.
func (m *memory) forget(since time.Time) {
	m.log.Opened()
	m.since = since
	clear(m.acks)
}

// ticket keeps an acknowledgement until the message counts no more.
func (m *memory) ticket(ack func()) connectorsync.Ticket {
	m.last++
	m.acks[m.last] = ack
	return m.last
}

// release gives acknowledgements.
func (m *memory) release(tickets []connectorsync.Ticket) {
	for _, t := range tickets {
		if ack := m.acks[t]; ack != nil {
			ack()
		}
		delete(m.acks, t)
	}
}

// MemoryUp says that the memory's store is connected. It may be another one than
// before, so all that this node holds is written.
func (p *Pair) MemoryUp() {
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect {
		p.memory.up = true
		out := s.RememberAll(now)
		return append(out, connectorsync.Remember{Body: connectorsync.KeptMark{}}) // shows whether it works
	})
}

// MemoryDown says that it is not connected any more.
func (p *Pair) MemoryDown(error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.memory.up, p.memory.down = false, time.Now()
	p.memory.forget(time.Time{})
}

// Recall takes a message of the memory, in order; since is when the subscription
// began that brought it, ack lets the store forget it.
func (p *Pair) Recall(body string, since time.Time, ack func()) {
	msg, err := p.codec.DecodeKept(body)
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect {
		m := p.memory
		if !m.since.Equal(since) {
			m.forget(since)
		}
		if err != nil {
			p.cfg.Telemetry.CountBy(telemetry.MemoryRefused, string(refusalReason(err)))
			m.release(m.log.Strange(m.ticket(ack), now))
			if !m.strange {
				p.cfg.Log.Warn().Err(err).Msg("memory: there is what this node cannot read, with another GC_SYNC_KEY perhaps; it is held for an hour")
			}
			m.strange = true
			return nil
		}
		read := m.log.Read()
		taken := m.log.Take(msg, m.ticket(ack), now)
		m.release(taken.Release)
		if taken.Refused != "" {
			p.cfg.Telemetry.CountBy(telemetry.MemoryRefused, string(taken.Refused))
		}
		var out []connectorsync.Effect
		for _, r := range taken.Recall {
			p.cfg.Telemetry.Count(telemetry.MemoryRead)
			out = append(out, s.Recall(r, now)...)
		}
		if !read && m.log.Read() {
			st := m.log.Status()
			p.cfg.Log.Info().Int("agents", st.Agents).Int("gone", st.Gone).Int("intents", st.Intents).Msg("memory: this node reads it, and has read what was kept")
			out = append(out, s.Recalled(now)...)
		}
		return out
	})
}

// remember has a message kept; kept may be nil. The caller holds the lock.
func (p *Pair) remember(b connectorsync.Body, kept func(error)) {
	done := func(err error) {
		p.memory.health.kept(err)
		if kept != nil {
			kept(err)
		}
	}
	body, err := p.codec.Encode(p.memory.log.Message(b, time.Now()), rand.Reader)
	if err != nil {
		done(err)
		return
	}
	p.memory.store.Keep(body, done)
}

// await waits until a message is kept, or it is clear that it will not be in time.
func (m *memory) await(ctx context.Context, kept <-chan error, until time.Time) {
	late := time.NewTimer(time.Until(until))
	defer late.Stop()
	select {
	case <-kept:
	case <-ctx.Done():
	case <-late.C:
		m.health.tel.Count(telemetry.MemoryLate)
		m.health.fails(errLate)
	}
}

// runMemory sends marks while the end of what was kept is not reached, until ctx ends.
func (p *Pair) runMemory(ctx context.Context) {
	tick := time.NewTicker(markEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.cfg.Telemetry.Contain(p.cfg.Log, "memory", p.lookAfterMemory, nil)
		}
	}
}

func (p *Pair) lookAfterMemory() {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, now := p.memory, time.Now()
	if m.down.IsZero() {
		m.down = now
	}
	if now.Sub(m.expired) >= expireEvery {
		m.expired = now
		m.release(m.log.Expire(now))
	}
	reads := !m.since.IsZero() || p.state.RecallMissing()
	switch {
	case m.up && reads && !m.log.Read() && m.health.mark():
		p.remember(connectorsync.KeptMark{}, m.health.marked)
	case !m.up && now.Sub(m.down) >= 2*p.cfg.State.Timeout:
		m.health.fails(m.store.Down())
	}
}

// MemoryStatus is the memory as a status page shows it.
type MemoryStatus struct {
	Connected bool `json:"connected"`
	// Keeps: what this node writes is kept; false: what happens now would be
	// forgotten with the last node.
	Keeps bool `json:"keeps"`
	connectorsync.MemoryStatus
}

// Memory implements [Membership].
func (p *Pair) Memory() *MemoryStatus {
	if p.memory == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return &MemoryStatus{Connected: p.memory.up, Keeps: p.memory.up && p.memory.health.works(), MemoryStatus: p.memory.log.Status()}
}
