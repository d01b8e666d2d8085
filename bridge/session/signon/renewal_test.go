package signon

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/secret"
)

// due reports whether a renewal is due now.
func due(r *Renewal) bool {
	synctest.Wait()
	select {
	case <-r.Due():
		return true
	default:
		return false
	}
}

func granted() Grant {
	return Grant{Access: secret.New("a"), Issued: time.Now(), Expires: time.Now().Add(time.Minute)}
}

func TestDueAtThreeQuartersOfTheLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New()
		require.False(t, r.Any())
		r.Begin(granted(), time.Now())
		require.True(t, r.Any())
		time.Sleep(45*time.Second - 1)
		require.False(t, due(r))
		time.Sleep(time.Nanosecond)
		require.True(t, due(r))
		r.Begin(Grant{Access: secret.New("o")}, time.Now())
		require.True(t, due(r), "the answer will say how long it is good")
		r.Begin(granted(), time.Now())
		r.Drop()
		time.Sleep(time.Hour)
		require.False(t, due(r) || r.Any())
	})
}

func TestAsk(t *testing.T) {
	next := finesse.Token{Access: secret.New("b"), Life: 10 * time.Second}
	by := func(context.Context, finesse.TokenProof) (finesse.Token, error) { return next, nil }
	for name, tc := range map[string]struct {
		by      func(context.Context, finesse.TokenProof) (finesse.Token, error)
		between func(r *Renewal)
		current bool
		err     error
		token   string
	}{
		"renewed":  {by: by, current: true, token: "b"},
		"failed":   {by: func(context.Context, finesse.TokenProof) (finesse.Token, error) { return next, errors.ErrUnsupported }, current: true, err: errors.ErrUnsupported, token: "a"},
		"a defect": {by: func(context.Context, finesse.TokenProof) (finesse.Token, error) { panic("defect") }, current: true, err: errDefect, token: "a"},
		"no answer in time": {by: func(ctx context.Context, _ finesse.TokenProof) (finesse.Token, error) {
			<-ctx.Done()
			return next, ctx.Err()
		}, current: true, err: context.DeadlineExceeded, token: "a"},
		"another token since": {by: by, between: func(r *Renewal) { r.Begin(Grant{Access: secret.New("c")}, time.Now()) }, token: "c"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				r := New()
				r.Begin(granted(), time.Now())
				r.Ask(ctx, "1001", tc.by, 3*time.Second)
				require.True(t, r.Under())
				if tc.between != nil {
					tc.between(r)
				}
				current, err := r.Take(<-r.Answers(), time.Now())
				require.Equal(t, tc.current, current)
				require.ErrorIs(t, err, tc.err)
				require.False(t, r.Under())
				require.Equal(t, tc.token, r.Grant().Access.Reveal())
				if tc.token == "b" {
					time.Sleep(7500 * time.Millisecond)
					require.True(t, due(r), "75 % of the new life")
				}
				r.Ask(ctx, "1001", by, time.Second)
				r.Ask(ctx, "1001", by, time.Second) // nobody takes these
				cancel()
				r.Wait()
			})
		})
	}
}

func TestLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New()
		r.Begin(granted(), time.Now())
		time.Sleep(46 * time.Second)
		require.True(t, due(r))
		r.Later(2*time.Second, time.Now())
		r.Soon()
		require.False(t, due(r), "it waits")
		time.Sleep(2 * time.Second)
		require.True(t, due(r))
		r.Later(time.Hour, time.Now())
		require.Equal(t, 2, r.Attempt())
		time.Sleep(6 * time.Second)
		require.True(t, due(r), "at 90 % at the latest: the client has to be told")
		require.True(t, r.Tell())
		require.False(t, r.Tell(), "once")
		r.Later(time.Hour, time.Now())
		time.Sleep(time.Minute)
		require.False(t, due(r))
		r.Begin(Grant{Access: secret.New("o")}, time.Now())
		require.False(t, r.Tell(), "nobody knows when it ends")
	})
}

func TestDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New()
		require.False(t, r.Doubt(), "no token")
		r.Begin(granted(), time.Now())
		require.False(t, r.Stale(time.Now()))
		require.True(t, r.Doubt())
		require.True(t, due(r))
		require.True(t, r.Stale(time.Now()), "Finesse refuses it")
		renew := func(life time.Duration) {
			r.Ask(t.Context(), "1001", func(context.Context, finesse.TokenProof) (finesse.Token, error) {
				return finesse.Token{Access: secret.New("b"), Life: life}, nil
			}, time.Second)
			_, err := r.Take(<-r.Answers(), time.Now())
			require.NoError(t, err)
		}
		renew(time.Minute)
		require.False(t, r.Stale(time.Now()))
		require.False(t, r.Doubt(), "a new one was refused, too")
		r.Taken()
		require.True(t, r.Doubt())
		r.Taken()
		renew(time.Minute)
		require.True(t, r.Doubt(), "it was renewed in its time, not out of doubt")
		r.Taken()
		time.Sleep(time.Minute)
		require.True(t, r.Stale(time.Now()), "it has run out")
	})
}
