package presence_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge/session/presence"
	"gcbridge/finesse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a Finesse that opens streams as it is told.
type server struct {
	err     error
	panics  bool
	hangs   bool // a connection takes for ever
	streams []*stream
}

func (s *server) Name() string { return "f1" }

func (s *server) Connect(ctx context.Context, _ finesse.Credentials) (presence.Stream, error) {
	switch {
	case s.hangs:
		<-ctx.Done()
		return nil, ctx.Err()
	case s.panics:
		panic("defect")
	case s.err != nil:
		return nil, s.err
	}
	st := &stream{c: make(chan finesse.Notification)}
	s.streams = append(s.streams, st)
	return st, nil
}

type stream struct {
	c     chan finesse.Notification
	err   error
	ended string // how: "abort", "close"
}

func (s *stream) C() <-chan finesse.Notification            { return s.c }
func (s *stream) Subscribe(context.Context, string) error   { return nil }
func (s *stream) Unsubscribe(context.Context, string) error { return nil }
func (s *stream) Err() error                                { return s.err }
func (s *stream) Close() error                              { s.ended = "close"; return s.err }
func (s *stream) Abort()                                    { s.ended = "abort" }

var cred = finesse.Credentials{User: "1001"}

func inBubble(t *testing.T, test func(t *testing.T, p *presence.Presence[*server], srv *server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := presence.New[*server]()
		test(t, p, &server{})
		_ = p.Close()
	})
}

func TestDelay(t *testing.T) {
	for n := range 20 {
		low, high := presence.Delay(n, 0), presence.Delay(n, 1)
		require.Positive(t, low)
		require.LessOrEqual(t, high, 5*time.Second)
		require.Equal(t, high, 2*low, "half of it is jitter")
	}
	require.Equal(t, 100*time.Millisecond, presence.Delay(0, 1))
	require.Equal(t, 200*time.Millisecond, presence.Delay(1, 1))
	require.Equal(t, 3200*time.Millisecond, presence.Delay(5, 1))
	require.Equal(t, 5*time.Second, presence.Delay(6, 1))
	require.Equal(t, 5*time.Second, presence.Delay(100, 1), "no overflow")
}

func TestFresh(t *testing.T) {
	inBubble(t, func(t *testing.T, p *presence.Presence[*server], _ *server) {
		require.False(t, p.Up())
		require.Nil(t, p.Stream())
		require.Nil(t, p.Events(), "never delivers")
		require.Empty(t, p.Name())
		_, placed := p.Server()
		require.False(t, placed)
		require.False(t, p.Wanted(), "whose?")
		p.Adopt(cred)
		require.True(t, p.Wanted())
	})
}

func TestNewStreamTakesThePlaceOfTheOld(t *testing.T) {
	inBubble(t, func(t *testing.T, p *presence.Presence[*server], srv *server) {
		first, second := &stream{}, &stream{}
		p.Refuse()
		p.Connected(srv, first, cred)
		require.False(t, p.Refused())
		require.True(t, p.Up())
		require.False(t, p.Wanted())
		require.Equal(t, "f1", p.Name())
		require.Equal(t, cred, p.Credentials())
		p.Connected(srv, second, cred)
		require.Equal(t, "abort", first.ended, "no farewell: its presence must not follow the new one's")
		require.Same(t, second, p.Stream())
		at, placed := p.Server()
		require.True(t, placed)
		require.Same(t, srv, at)
	})
}

func TestLostStreamIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, p *presence.Presence[*server], srv *server) {
		st := &stream{err: errors.New("cut")}
		p.Connected(srv, st, cred)
		require.EqualError(t, p.Lost(), "cut")
		require.Equal(t, "abort", st.ended)
		require.True(t, p.Wanted())
		began := time.Now()
		<-p.Retry()
		require.LessOrEqual(t, time.Since(began), 100*time.Millisecond)

		srv.err = errors.New("refused")
		var waits []time.Duration
		for range 8 {
			p.Redial(t.Context(), srv, time.Second)
			require.False(t, p.Wanted(), "one at a time")
			current, err := p.Take(<-p.Dialled())
			require.True(t, current)
			require.EqualError(t, err, "refused")
			p.Later()
			began = time.Now()
			<-p.Retry()
			waits = append(waits, time.Since(began))
		}
		require.Less(t, waits[0], 200*time.Millisecond+1)
		require.Greater(t, waits[7], 2400*time.Millisecond, "longer each time")

		srv.err = nil
		p.Redial(t.Context(), srv, time.Second)
		current, err := p.Take(<-p.Dialled())
		require.True(t, current)
		require.NoError(t, err)
		require.True(t, p.Up())
		_ = p.Lost()
		began = time.Now()
		<-p.Retry()
		require.Greater(t, time.Since(began), 2400*time.Millisecond, "a connection alone is no success")
		p.Proven()
		p.Later()
		began = time.Now()
		<-p.Retry()
		require.LessOrEqual(t, time.Since(began), 100*time.Millisecond)
	})
}

func TestRedialEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*server)
		want   error
	}{
		"when its time is over":  {func(s *server) { s.hangs = true }, context.DeadlineExceeded},
		"with wrong credentials": {func(s *server) { s.err = fmt.Errorf("login: %w", finesse.ErrAuth) }, finesse.ErrAuth},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *presence.Presence[*server], srv *server) {
				tc.change(srv)
				p.Redial(t.Context(), srv, time.Second)
				current, err := p.Take(<-p.Dialled())
				require.True(t, current)
				require.ErrorIs(t, err, tc.want)
				require.False(t, p.Up())
			})
		})
	}
	t.Run("with a defect", func(t *testing.T) {
		inBubble(t, func(t *testing.T, p *presence.Presence[*server], srv *server) {
			srv.panics = true
			p.Redial(t.Context(), srv, time.Second)
			_, err := p.Take(<-p.Dialled())
			require.ErrorContains(t, err, "defect")
		})
	})
}

// TestOnlyTheNewestRedialCounts: what has been overtaken is dropped, not taken.
func TestOnlyTheNewestRedialCounts(t *testing.T) {
	inBubble(t, func(t *testing.T, p *presence.Presence[*server], srv *server) {
		p.Adopt(cred)
		p.Redial(t.Context(), srv, time.Second)
		synctest.Wait()
		p.Redial(t.Context(), srv, time.Second)
		synctest.Wait()
		require.Equal(t, "abort", srv.streams[0].ended)
		current, err := p.Take(<-p.Dialled())
		require.NoError(t, err)
		require.True(t, current)
		require.Same(t, srv.streams[1], p.Stream())

		p.Redial(t.Context(), srv, time.Second)
		synctest.Wait()
		mine := &stream{}
		p.Connected(srv, mine, cred) // a Connect of the client was faster
		current, _ = p.Take(<-p.Dialled())
		require.False(t, current)
		require.Equal(t, "abort", srv.streams[2].ended)
		require.Same(t, mine, p.Stream())
	})
}

// TestCut: whatever was under way counts no more, and a new try may begin.
func TestCut(t *testing.T) {
	inBubble(t, func(t *testing.T, p *presence.Presence[*server], srv *server) {
		p.Adopt(cred)
		p.Redial(t.Context(), srv, time.Second)
		require.False(t, p.Wanted())
		p.Cut()
		require.True(t, p.Wanted())
		current, _ := p.Take(<-p.Dialled())
		require.False(t, current)
		require.Equal(t, "abort", srv.streams[0].ended)
		p.Later()
		p.Cut()
		time.Sleep(time.Minute)
		select {
		case <-p.Retry():
			t.Fatal("a try is due after the end of all")
		default:
		}
	})
}

func TestRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, p *presence.Presence[*server], srv *server) {
		st := &stream{}
		p.Connected(srv, st, cred)
		p.Refuse()
		require.True(t, p.Refused())
		require.False(t, p.Wanted(), "Finesse locks out who comes again and again")
		require.Equal(t, "abort", st.ended)
	})
}

func TestClose(t *testing.T) {
	inBubble(t, func(t *testing.T, p *presence.Presence[*server], srv *server) {
		st := &stream{err: errors.New("half closed")}
		p.Connected(srv, st, cred)
		ctx, cancel := context.WithCancel(t.Context())
		p.Redial(ctx, srv, time.Second)
		synctest.Wait() // its result waits
		cancel()
		require.EqualError(t, p.Close(), "half closed")
		require.Equal(t, "close", st.ended, "Finesse is told")
		require.Equal(t, "abort", srv.streams[0].ended)
		require.False(t, p.Up())
		require.NoError(t, p.Close())
	})
}
