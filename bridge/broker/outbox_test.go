package broker

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The outbox never loses, repeats or reorders what is neither settled nor
// expired, whatever its users do.
func TestOutboxKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 20).Draw(t, "limit")
		o := newOutbox(limit)
		now := time.Unix(1_000_000, 0)
		var model []*item
		taken := 0
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				i := &item{}
				if rapid.Bool().Draw(t, "expires") {
					i.deadline = now.Add(time.Duration(rapid.IntRange(1, 5).Draw(t, "seconds")) * time.Second)
				}
				err := o.put(i)
				if len(model) >= limit {
					require.ErrorIs(t, err, ErrBufferFull)
					return
				}
				require.NoError(t, err)
				model = append(model, i)
			},
			"take": func(t *rapid.T) {
				most := rapid.IntRange(1, 8).Draw(t, "most")
				got := o.take(most)
				taken = len(got)
				require.LessOrEqual(t, taken, most)
				for n, i := range got {
					require.Same(t, model[n], i)
					require.True(t, !i.alone || n == 0 && taken == 1, "a suspect goes alone")
				}
				if len(model) > 0 {
					require.Positive(t, taken)
				}
			},
			"confirmed": func(*rapid.T) {
				o.settle(taken)
				model, taken = model[taken:], 0
			},
			"lost": func(*rapid.T) { o.settle(0); taken = 0 },
			"refused": func(*rapid.T) {
				for _, i := range model[:taken] {
					i.alone = true
				}
				o.settle(0)
				taken = 0
			},
			"time": func(t *rapid.T) {
				now = now.Add(time.Second)
				gone := o.expire(now)
				kept := append([]*item(nil), model[:taken]...)
				for _, i := range model[taken:] {
					if i.expired(now) {
						require.Same(t, i, gone[0])
						gone = gone[1:]
					} else {
						kept = append(kept, i)
					}
				}
				require.Empty(t, gone, "only what expired, and nothing in flight")
				model = kept
			},
			"": func(t *rapid.T) { require.Equal(t, len(model), o.waiting()) },
		})
		require.Equal(t, len(model), len(o.close()))
		require.ErrorIs(t, o.put(&item{}), ErrClosed)
	})
}

func TestBackoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := time.Duration(rapid.Int64Range(1, int64(time.Second)).Draw(t, "lo"))
		hi := lo + time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "more"))
		n := rapid.IntRange(1, 100).Draw(t, "n")
		r := rapid.Float64Range(0, 0.999).Draw(t, "r")
		d := backoff(n, lo, hi, func() float64 { return r })
		require.LessOrEqual(t, d, hi)
		require.GreaterOrEqual(t, d, lo/2)
		require.GreaterOrEqual(t, backoff(n+1, lo, hi, func() float64 { return r }), d, "never sooner")
	})
	require.Equal(t, 5*time.Millisecond, backoff(1, 10*time.Millisecond, 30*time.Second, func() float64 { return 0 }))
	require.Equal(t, 15*time.Second, backoff(50, 10*time.Millisecond, 30*time.Second, func() float64 { return 0 }))
}

func TestMessageValidate(t *testing.T) {
	to, err := Queue("q")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		m    Message
		want error
	}{
		"good":              {Message{To: to, Body: "ä\n", Type: "a:b", Properties: map[string]string{"a b": ""}}, nil},
		"nowhere":           {Message{}, ErrDestination},
		"body not UTF-8":    {Message{To: to, Body: "\xff"}, ErrMessage},
		"type not UTF-8":    {Message{To: to, Type: "\xff"}, ErrMessage},
		"NUL in type":       {Message{To: to, Type: "\x00"}, ErrMessage},
		"empty name":        {Message{To: to, Properties: map[string]string{"": "x"}}, ErrMessage},
		"redirection":       {Message{To: to, Properties: map[string]string{"destination": "/queue/x"}}, ErrMessage},
		"receipt":           {Message{To: to, Properties: map[string]string{"receipt": "x"}}, ErrMessage},
		"bytes":             {Message{To: to, Properties: map[string]string{"content-length": "1"}}, ErrMessage},
		"transaction":       {Message{To: to, Properties: map[string]string{"transaction": "x"}}, ErrMessage},
		"own expiry":        {Message{To: to, Properties: map[string]string{"expires": "1"}}, ErrMessage},
		"name not UTF-8":    {Message{To: to, Properties: map[string]string{"\xff": "x"}}, ErrMessage},
		"NUL in a property": {Message{To: to, Properties: map[string]string{"x": "\x00"}}, ErrMessage},
	} {
		require.ErrorIs(t, c.m.validate(), c.want, name)
	}
}

func TestRefusedErrorIsErrRefused(t *testing.T) {
	var err error = &RefusedError{Message: "no"}
	require.ErrorIs(t, err, ErrRefused)
	var r *RefusedError
	require.True(t, errors.As(err, &r))
	require.Contains(t, err.Error(), "no")
}

func TestMillis(t *testing.T) {
	require.Equal(t, time.UnixMilli(1500), millis("1500"))
	for _, nonsense := range []string{"", "0", "-5", "x", "99999999999999999999"} {
		require.True(t, millis(nonsense).IsZero(), nonsense)
	}
}
