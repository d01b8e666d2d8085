package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// drainTime bounds what Run does after its context ended.
	drainTime = 2 * time.Second
	// expiryTick is how often waiting messages are checked for their age.
	expiryTick = time.Second
	// steady is how long the link has to be up to forget earlier failures.
	steady = 5 * time.Second
)

// Run keeps the link up until ctx ends, then sends what is buffered (bounded
// by 2 s), closes and returns nil. Handlers are not called any more from the
// moment ctx ends; acknowledgements still go out. Run fails only on misuse
// (ErrConfig): a second Run.
func (l *Link) Run(ctx context.Context) error {
	if l.started.Swap(true) {
		return fmt.Errorf("%w: Run called twice", ErrConfig)
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var work sync.WaitGroup
	for _, s := range slices.Concat(l.subs, l.gated) {
		work.Go(func() { l.handle(life, s) })
	}
	work.Go(func() { l.expire(life) })
	work.Go(func() { l.watchPulse(life) })
	work.Go(func() {
		<-ctx.Done()
		defer end()
		_ = l.cfg.contain("draining", func() error { l.drain(life); return nil })
	})
	l.keepUp(life)
	work.Wait()
	l.closing.Wait()
	_ = l.cfg.contain("draining", func() error {
		l.publish.closeBox()
		l.fragile.closeBox()
		return nil
	})
	return nil
}

// drain waits for the outboxes and the acknowledgements, for drainTime.
func (l *Link) drain(life context.Context) {
	l.draining.Store(true)
	ctx, cancel := context.WithTimeout(life, drainTime)
	defer cancel()
	for _, s := range []*sender{l.publish, l.fragile} {
		for s.box.waiting() > 0 && ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-s.box.idle:
			}
		}
	}
	l.mu.Lock()
	c := l.consuming
	l.mu.Unlock()
	if c != nil {
		c.settle(ctx)
	}
}

// expire drops messages that are too old, also while the link is down.
func (l *Link) expire(life context.Context) {
	for pause(life, expiryTick) {
		_ = l.cfg.contain("expiry", func() error {
			now := time.Now()
			l.publish.dropExpired(now)
			l.fragile.dropExpired(now)
			if more := l.drops.end(now); more > 0 {
				l.cfg.Log.Warn().Int("more", more).Dur("within", dropWindow).Msg("messages dropped")
			}
			return nil
		})
	}
}

// keepUp walks the list of brokers, from the first again after each time the
// link was up, and pauses after each full round without success.
func (l *Link) keepUp(life context.Context) {
	failed := 0
	away := newOutage(time.Now())
	for life.Err() == nil {
		start, up := time.Now(), false
		for n := 0; n < len(l.ends) && !up && life.Err() == nil; n++ {
			up = l.serve(life, n, away)
		}
		if up {
			away = newOutage(time.Now())
		}
		if up && time.Since(start) >= steady {
			failed = 0
			continue
		}
		failed++
		if !pause(life, backoff(failed, l.cfg.BackoffMin, l.cfg.BackoffMax, jitter)) {
			return
		}
	}
}

// serve brings the link up on broker n and keeps it until it fails, life ends,
// or the primary is back. False: it did not come up.
func (l *Link) serve(life context.Context, n int, away *outage) bool {
	e := l.ends[n]
	log := l.cfg.Log.With().Str("broker", e.url).Logger()
	cons, pub, frag, err := l.connect(life, e)
	if err != nil {
		if life.Err() == nil {
			l.noteDown(err)
			log.WithLevel(away.failed(e.url)).Err(err).Msg("broker not reachable")
		}
		return false
	}
	err = l.cfg.contain("link", func() error {
		l.goUp(e, cons)
		away.over(log.Info(), time.Now()).Msg("broker link up")
		l.cfg.OnUp()
		return l.stay(life, n, cons, pub, frag)
	})
	l.goDown()
	for _, k := range []*conn{cons.conn, pub, frag} { // a defect may have left any open
		l.closeAsync(k)
	}
	if life.Err() != nil {
		log.Info().Msg("broker link closed")
		return true
	}
	l.noteDown(err)
	log.Warn().Err(err).Msg("broker link down")
	l.cfg.OnDown(err)
	return true
}

// connect opens all three connections, or none.
func (l *Link) connect(ctx context.Context, e endpoint) (cons *consumer, pub, frag *conn, err error) {
	if pub, err = l.cfg.open(ctx, e, l.publish.role, nil); err != nil {
		return nil, nil, nil, err
	}
	if frag, err = l.cfg.open(ctx, e, l.fragile.role, nil); err != nil {
		pub.close()
		return nil, nil, nil, err
	}
	l.classes.Store(l.wantsClasses() && l.tellsClasses(ctx, e))
	if cons, err = l.openConsumer(ctx, e, roleConsuming, l.subs); err != nil {
		pub.close()
		frag.close()
		return nil, nil, nil, err
	}
	return cons, pub, frag, nil
}

// stay works until one of its parts says why it cannot go on, or until the
// connections are to be renewed: then batches in flight are finished and
// acknowledgements flushed first.
func (l *Link) stay(life context.Context, n int, cons *consumer, pub, frag *conn) error {
	gen, end := context.WithCancelCause(life)
	var work sync.WaitGroup
	defer work.Wait()
	defer end(nil)
	run := func(where string, part func() error) {
		work.Go(func() {
			if err := l.cfg.contain(where, part); err != nil {
				end(err)
			}
		})
	}
	run(l.publish.role, func() error { return l.publish.run(gen, l.ends[n], pub) })
	run(l.fragile.role, func() error { return l.fragile.run(gen, l.ends[n], frag) })
	if len(l.gated) > 0 {
		run("gate", func() error { return l.keepGate(gen, l.ends[n]) })
	}
	if n > 0 && l.cfg.PriorityBackup {
		run("probing", func() error { return l.probe(gen) })
	}
	select {
	case <-gen.Done():
	case <-l.renew:
		end(errRenewed)
	case <-l.pulse.failed:
		end(errStalled)
	case <-cons.conn.over:
		end(cons.conn.ending())
	}
	if errors.Is(context.Cause(gen), errRenewed) {
		cons.settle(life)
	}
	return context.Cause(gen)
}

// probe returns errPrimaryBack when the primary lets us log in, nil if gen ends before.
func (l *Link) probe(gen context.Context) error {
	for pause(gen, l.cfg.ProbeInterval) {
		k, err := l.cfg.open(gen, l.ends[0], "probing", nil)
		if err != nil {
			continue
		}
		l.closeAsync(k)
		return errPrimaryBack
	}
	return nil
}

func (l *Link) goUp(e endpoint, c *consumer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.everUp {
		l.reconnects.Add(1)
	}
	l.everUp = true
	select {
	case <-l.renew: // it was meant for the connections before
	default:
	}
	select {
	case <-l.pulse.failed: // so was that
	default:
	}
	l.url, l.why = e.url, nil
	l.consuming = c
}

func (l *Link) goDown() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.url = ""
	l.consuming = nil
}
