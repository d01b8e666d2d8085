package broker

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// sender brings the messages of one outbox to the broker over one connection
// at a time. Its counters and callbacks are the link's.
type sender struct {
	link *Link
	role string
	most int // messages per receipt
	box  *outbox

	refused map[Destination]refusal // what was refused lately
}

// refusal is what became of the last messages to a destination.
type refusal struct {
	times int // in a row
	at    time.Time
	err   error
}

// A destination that refused so many messages in a row gets none for so long:
// most likely its queue is full, and each attempt ends the connection for all.
const (
	refusedTimes = 3
	refusedFor   = time.Second
)

// run sends over k until gen ends, replacing the connection when it breaks:
// after an ERROR frame the broker is well and only this connection has to be
// made again. It fails when that does not work; then the broker is gone.
func (s *sender) run(gen context.Context, e endpoint, k *conn) error {
	fails := 0
	for {
		sent, err := s.serve(gen, k)
		s.link.closeAsync(k)
		if err == nil || gen.Err() != nil {
			return nil
		}
		s.link.noteError(err)
		if fails++; sent || errors.Is(err, ErrRefused) {
			fails = 1 // the broker is there
		}
		s.link.cfg.Log.Debug().Err(err).Str("role", s.role).Msg("broker connection replaced")
		if fails > 1 && !pause(gen, backoff(fails-1, s.link.cfg.BackoffMin, s.link.cfg.BackoffMax, jitter)) {
			return nil
		}
		if k, err = s.link.cfg.open(gen, e, s.role, nil); err != nil {
			if gen.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// serve sends until gen ends (nil) or the connection does (why). sent tells
// whether anything was confirmed.
func (s *sender) serve(gen context.Context, k *conn) (sent bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = s.link.cfg.recovered(s.role, p)
			s.box.settle(0)
		}
	}()
	// When the link goes down nothing waits for a receipt any more; only if it
	// is renewed the batch in flight is finished.
	stop := context.AfterFunc(gen, func() {
		if !errors.Is(context.Cause(gen), errRenewed) {
			k.wire.kill(errDone)
		}
	})
	defer stop()
	for gen.Err() == nil {
		s.dropExpired(time.Now())
		s.dropRefused(time.Now())
		batch := s.box.take(s.most)
		if len(batch) == 0 {
			select {
			case <-gen.Done():
			case <-s.box.wake:
			case <-k.over:
				return sent, k.ending()
			}
			continue
		}
		if err := s.deliver(k, batch); err != nil {
			return sent, err
		}
		sent = true
	}
	return sent, nil
}

// deliver sends batch, all without receipt but the last, and settles what is known
// of each message then.
func (s *sender) deliver(k *conn, batch []*item) error {
	last := len(batch) - 1
	var err error
	for n, i := range batch {
		i.sent = true
		if n < last {
			err = k.send(&i.msg, i.deadline)
		} else {
			err = k.sendConfirmed(&i.msg, i.deadline)
		}
		if err != nil {
			break
		}
	}
	switch {
	case err == nil:
		s.link.published.Add(uint64(len(batch)))
		for _, i := range batch {
			s.link.tell(i, nil)
			delete(s.refused, i.msg.To)
		}
		s.box.settle(len(batch))
	case !costsMessage(err):
		s.box.settle(0) // all of it again
	case last == 0 && batch[0].alone:
		err = fmt.Errorf("%s: %w", batch[0].msg.To, err)
		s.link.drop(batch[0], err)
		s.box.settle(1)
		s.noteRefused(batch[0].msg.To, err)
	default:
		// One of these, or something else: each has to show it alone.
		for _, i := range batch {
			i.alone = true
		}
		s.box.settle(0)
	}
	return err
}

// noteRefused counts a refusal by the broker.
func (s *sender) noteRefused(to Destination, err error) {
	if !errors.Is(err, ErrRefused) {
		return
	}
	if s.refused == nil {
		s.refused = map[Destination]refusal{}
	}
	s.refused[to] = refusal{s.refused[to].times + 1, time.Now(), err}
}

// dropExpired drops what waited too long.
func (s *sender) dropExpired(now time.Time) {
	for _, i := range s.box.expire(now) {
		s.link.drop(i, ErrExpired)
	}
}

// dropRefused drops what goes to a destination that was refused just now.
func (s *sender) dropRefused(now time.Time) {
	for to, r := range s.refused {
		if now.Sub(r.at) >= refusedFor {
			delete(s.refused, to)
			continue
		}
		if r.times < refusedTimes {
			continue
		}
		for _, i := range s.box.remove(func(i *item) bool { return i.msg.To == to }) {
			s.link.drop(i, r.err)
		}
	}
}

// closeBox drops what is left at the end of the link.
func (s *sender) closeBox() {
	for _, i := range s.box.close() {
		if i.sent {
			s.link.drop(i, ErrUnconfirmed)
		} else {
			s.link.drop(i, ErrClosed)
		}
	}
}

// pause waits for d; false if ctx ended before.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
