package pool

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// came reports whether a turn has come.
func came(turn <-chan struct{}) bool {
	select {
	case <-turn:
		return true
	default:
		return false
	}
}

func count(turns []<-chan struct{}) (n int) {
	for _, t := range turns {
		if came(t) {
			n++
		}
	}
	return n
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(100)
		defer p.stop()
		var calm, urgent []<-chan struct{}
		for range 300 {
			turn, _ := p.turn(false)
			calm = append(calm, turn)
		}
		require.Equal(t, 25, count(calm), "a few need not wait")
		require.Equal(t, 275, p.waiting())
		for range 50 {
			turn, _ := p.turn(true)
			urgent = append(urgent, turn)
		}
		for second := 1; second <= 3; second++ {
			time.Sleep(time.Second)
			synctest.Wait()
			require.InDelta(t, 25+100*second, count(calm)+count(urgent), 1)
		}
		require.Equal(t, 50, count(urgent))
		require.Equal(t, 275, count(calm))
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, 300, count(calm))
		require.Zero(t, p.waiting())

		time.Sleep(time.Minute) // a rest saves up no more than a quarter of a second
		calm = calm[:0]
		for range 300 {
			turn, _ := p.turn(false)
			calm = append(calm, turn)
		}
		require.Equal(t, 25, count(calm))
	})
}

// TestPaceUrgentFirst: who has calls overtakes all who wait and have none.
func TestPaceUrgentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(1)
		defer p.stop()
		first, _ := p.turn(false)
		require.True(t, came(first))
		calm, _ := p.turn(false)
		urgent, _ := p.turn(true)
		time.Sleep(time.Second)
		synctest.Wait()
		require.True(t, came(urgent))
		require.False(t, came(calm))
		time.Sleep(time.Second)
		synctest.Wait()
		require.True(t, came(calm))
	})
}

// TestPaceDrop: a turn that nobody wants any more is no turn.
func TestPaceDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(1)
		defer p.stop()
		_, drop := p.turn(false)
		drop() // it has come: nothing happens
		_, drop = p.turn(false)
		next, _ := p.turn(false)
		drop()
		drop()
		require.Equal(t, 1, p.waiting())
		time.Sleep(time.Second)
		synctest.Wait()
		require.True(t, came(next))
	})
}

func TestDisplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := New(Config{URLs: []string{"https://one:8445/finesse/api"}})
		require.NoError(t, err)
		require.NoError(t, p.Conflict())
		p.Displaced(time.Now().Add(time.Minute))
		require.ErrorIs(t, p.Conflict(), ErrDisplaced)
		p.Displaced(time.Now().Add(30 * time.Second)) // of another agent
		time.Sleep(59 * time.Second)
		require.ErrorIs(t, p.Conflict(), ErrDisplaced)
		time.Sleep(time.Second)
		require.NoError(t, p.Conflict())
		now := time.Now()
		require.True(t, p.displaced.note(now, now.Add(time.Minute)), "another time begins")
		require.False(t, p.displaced.note(now, now.Add(time.Hour)), "it goes on")
	})
}
