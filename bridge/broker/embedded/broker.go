package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/rs/zerolog"

	"gcbridge/protocol/secret"
)

// Config is a [Broker]'s.
type Config struct {
	Addr           string // host:port to listen on, "" = a free port of 127.0.0.1
	User           string // "" = no login needed
	Password       secret.Secret
	QueueLimit     int // bytes that a queue, or a topic's subscription, may hold, 0 = 64 MiB
	MaxBody        int // bytes of one message, 0 = 16 MiB
	MaxConnections int // 0 = 5,000
	Log            zerolog.Logger
}

// Broker is a running broker. Its methods may be called from any goroutine,
// Stop, Restart and Close one at a time.
type Broker struct {
	cfg Config
	log zerolog.Logger

	listener net.Listener
	serving  sync.WaitGroup

	mu       sync.Mutex
	open     bool
	serial   uint64 // of sessions
	seq      uint64 // of messages
	dropped  uint64
	birth    string
	sessions map[string]*session
	queues   map[string]*queue
	topics   map[string][]*subscription
}

// Start listens and serves until Close.
func Start(cfg Config) (*Broker, error) {
	if min(cfg.QueueLimit, cfg.MaxBody, cfg.MaxConnections) < 0 {
		return nil, errors.New("embedded: negative limit")
	}
	cfg.QueueLimit = cmp.Or(cfg.QueueLimit, 64<<20)
	cfg.MaxBody = cmp.Or(cfg.MaxBody, 16<<20)
	cfg.MaxConnections = cmp.Or(cfg.MaxConnections, 5000)
	cfg.Addr = cmp.Or(cfg.Addr, "127.0.0.1:0")
	b := &Broker{
		cfg: cfg, log: cfg.Log, birth: strconv.FormatInt(time.Now().UnixMilli(), 36),
		sessions: make(map[string]*session), queues: make(map[string]*queue),
		topics: make(map[string][]*subscription),
	}
	if err := b.listen(); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *Broker) listen() error {
	var lc net.ListenConfig // its context covers the resolving of a name only
	l, err := lc.Listen(context.Background(), "tcp", b.cfg.Addr)
	if err != nil {
		return fmt.Errorf("embedded: %w", err)
	}
	b.mu.Lock()
	b.listener, b.open = l, true
	b.cfg.Addr = l.Addr().String() // a restart comes back here
	b.mu.Unlock()
	b.serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.serving.Go(func() { b.serve(c) })
		}
	})
	return nil
}

func (b *Broker) serve(c net.Conn) {
	b.mu.Lock()
	if !b.open || len(b.sessions) >= b.cfg.MaxConnections {
		b.mu.Unlock()
		_ = c.Close()
		return
	}
	b.serial++
	s := &session{
		broker: b, conn: c, out: newOutput(), id: fmt.Sprintf("embedded-%s-%d", b.birth, b.serial),
		producer: fmt.Sprintf("ID:embedded-%s-1:%d:-1:1", b.birth, b.serial),
		subs:     make(map[string]*subscription), txs: make(map[string][]*frame.Frame),
	}
	b.sessions[s.id] = s
	b.mu.Unlock()
	s.run()
}

// Addr is host:port.
func (b *Broker) Addr() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cfg.Addr
}

// URL is what a link connects to.
func (b *Broker) URL() string { return "stomp://" + b.Addr() }

// Dropped counts the messages of topics that did not reach a consumer because it was
// too slow.
func (b *Broker) Dropped() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dropped
}

// Stop cuts all connections and refuses new ones, as the loss of a broker
// would; persistent messages are kept in memory for Restart.
func (b *Broker) Stop() {
	b.mu.Lock()
	b.open = false
	l := b.listener
	all := slices.Collect(maps.Values(b.sessions))
	b.mu.Unlock()
	_ = l.Close()
	for _, s := range all {
		_ = s.conn.Close()
		s.out.end(false)
	}
	b.serving.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, q := range b.queues {
		q.keepPersistent()
	}
}

// Restart stops and listens on the same address again.
func (b *Broker) Restart() error {
	b.Stop()
	return b.listen()
}

// Close stops for good; no goroutine is left. It may be called again.
func (b *Broker) Close() { b.Stop() }

// attach makes sub live.
func (b *Broker) attach(sub *subscription, key string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := sub.session
	if _, taken := s.subs[key]; taken {
		return refuse("there already is a subscription %.80q", key)
	}
	if len(s.subs) >= maxSubs {
		return refuse("over %d subscriptions", maxSubs)
	}
	if isTopic(sub.dest) {
		sub.queue = newQueue(sub.dest, b.cfg.QueueLimit)
		b.topics[sub.dest] = append(b.topics[sub.dest], sub)
	} else {
		sub.queue = b.queue(sub.dest)
	}
	s.subs[key] = sub
	sub.queue.attach(sub)
	sub.queue.dispatch(time.Now())
	return nil
}

// detach ends sub; its unacknowledged messages go back. It needs the lock.
func (b *Broker) detach(sub *subscription) {
	sub.queue.detach(sub)
	if !isTopic(sub.dest) {
		sub.giveBack()
		return
	}
	left := slices.DeleteFunc(b.topics[sub.dest], func(o *subscription) bool { return o == sub })
	if b.topics[sub.dest] = left; len(left) == 0 {
		delete(b.topics, sub.dest)
	}
}

// leave removes a session with its subscriptions and temporary queues.
func (b *Broker) leave(s *session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sessions, s.id)
	subs := slices.Collect(maps.Values(s.subs))
	s.subs = nil
	for _, sub := range subs {
		b.detach(sub)
	}
	now := time.Now()
	for _, sub := range subs {
		sub.queue.dispatch(now)
	}
	for name := range b.queues {
		if owner, temp := tempOwner(name); temp && owner == s.id {
			delete(b.queues, name)
		}
	}
}

// queue returns the queue of that name, made on first use. It needs the lock.
func (b *Broker) queue(dest string) *queue {
	q, ok := b.queues[dest]
	if !ok {
		q = newQueue(dest, b.cfg.QueueLimit)
		b.queues[dest] = q
	}
	return q
}

// target checks where a SEND goes. It needs the lock.
func (b *Broker) target(s *session, f *frame.Frame) (string, error) {
	dest, err := s.canonical(f.Header.Get(frame.Destination))
	if err != nil {
		return "", err
	}
	if owner, temp := tempOwner(dest); temp && b.sessions[owner] == nil {
		return "", refuse("Cannot publish to a deleted Destination: %.120s", dest)
	}
	if reply := f.Header.Get("reply-to"); strings.HasPrefix(reply, "/temp-") {
		if reply, err = s.canonical(reply); err != nil {
			return "", err
		}
		f.Header.Set("reply-to", reply)
	}
	return dest, nil
}

// publish puts a message where it belongs and returns the queues to dispatch.
// It needs the lock.
func (b *Broker) publish(s *session, f *frame.Frame, dest string, now time.Time) []*queue {
	b.seq++
	m := newMessage(f, b.seq, s.nextMessageID(), dest, now)
	if m.expired(now) {
		return nil
	}
	if !isTopic(dest) {
		q := b.queue(dest)
		q.add(m)
		return []*queue{q}
	}
	var touched []*queue
	for _, sub := range b.topics[dest] {
		if !sub.selector.matches(m) {
			continue
		}
		if sub.queue.room(m.size(), now) != nil {
			b.dropped++
			continue
		}
		sub.queue.add(m)
		touched = append(touched, sub.queue)
	}
	return touched
}

// deadLetter moves a persistent message that was refused to its dead letter queue.
// It needs the lock.
func (b *Broker) deadLetter(m *message) *queue {
	name, _ := strings.CutPrefix(m.dest, queuePath)
	q := b.queue(queuePath + "DLQ." + name)
	b.seq++
	dead := *m
	dead.seq, dead.dest, dead.redelivered = b.seq, q.name, false
	q.add(&dead)
	return q
}
