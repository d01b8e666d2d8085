package session

import (
	"context"
	"math/bits"
)

// signal is what the worker tells every session.
type signal int

const (
	// sigResync: outputs were lost, or the broker link had a gap (M8).
	sigResync signal = iota
	// sigServer: another Finesse serves now, or one serves again.
	sigServer
	// sigLetGo: another node has the agent.
	sigLetGo
	// sigHanding: the node that had the agent finishes his commands; sigHanded:
	// it has finished them.
	sigHanding
	sigHanded
)

// Resync asks the session to re-read Finesse and publish O-024 and O-001 (M8).
func (s *Session) Resync() { s.signal(sigResync) }

// ServerChanged tells the session that the serving Finesse changed.
func (s *Session) ServerChanged() { s.signal(sigServer) }

// signal leaves word. None is lost, however long a step takes: the same one
// twice says nothing more, and different ones do not push each other out.
func (s *Session) signal(sig signal) {
	s.signals.Or(1 << sig)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// obeyAll obeys the signals that wait, in the order in which they are declared.
func (s *Session) obeyAll(ctx context.Context) {
	for set := s.signals.Swap(0); set != 0; set &= set - 1 {
		s.contain(nil, func() { s.obey(ctx, signal(bits.TrailingZeros32(set))) })
	}
}

func (s *Session) obey(ctx context.Context, sig signal) {
	switch sig {
	case sigResync:
		s.wantSync, s.watch.lost = true, true
	case sigServer:
		s.serverChanged(ctx)
	case sigLetGo:
		s.log.Info().Msg("another node has the agent")
		s.let, s.ended = true, !s.yield.waits
	case sigHanding:
		if s.yield.waits {
			s.yield.timer.Reset(handOverTime)
		}
	case sigHanded:
		if s.yield.waits {
			s.yielded()
		}
	}
}
