package gateway

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBookHears: whatever comes from a client counts for its destination, and the
// time in which nothing could come from anybody does not count against it.
func TestBookHears(t *testing.T) {
	for name, c := range map[string]struct {
		does func(k *Book)
		ago  time.Duration // after a second more
	}{
		"nothing":             {func(*Book) {}, 61 * time.Second},
		"Beat":                {func(k *Book) { k.Seen(address("A")) }, time.Second},
		"Hello or Connect":    {func(k *Book) { k.Bind(at("A")) }, time.Second},
		"command":             {func(k *Book) { k.Spoke("1001") }, time.Second},
		"of another agent":    {func(k *Book) { k.Spoke("1002") }, time.Second},
		"of an unknown agent": {func(k *Book) { k.Spoke("1003") }, 61 * time.Second},
		"elsewhere":           {func(k *Book) { k.Bind(at("B")) }, 61 * time.Second},
		"agent that comes":    {func(k *Book) { k.Belongs("1003", at("A"), true) }, time.Second},
		"link down":           {func(k *Book) { k.Listening(false) }, 0},
		"link down, up again": {func(k *Book) { k.Listening(false); k.Listening(true) }, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := NewBook(nil)
				k.Bind(at("A"))
				k.Belongs("1001", at("A"), true)
				k.Belongs("1002", at("A"), true)
				time.Sleep(time.Minute)
				c.does(k)
				time.Sleep(time.Second)
				require.Equal(t, c.ago, time.Since(k.Heard(address("A"))))
			})
		})
	}
}

// TestBookNews: what other nodes are to be told of, and what they tell.
func TestBookNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := NewBook(nil)
		k.Listening(true)
		a := at("A")
		k.Bind(a)
		k.Seen(a.To)
		require.Empty(t, k.News(), "nobody wants to know")
		k.KeepNews()
		k.Belongs("1001", a, true)
		require.Empty(t, k.News(), "an agent who was taken over has said nothing")
		k.Seen(a.To)
		k.Spoke("1001")
		k.Seen(address("B"))
		require.Equal(t, []string{"A", "B"}, k.News(), "one that is bound at another node, too")
		require.Empty(t, k.News(), "once")

		time.Sleep(time.Minute)
		k.HeardElsewhere("A")
		k.HeardElsewhere("unknown")
		require.Equal(t, time.Now(), k.Heard(a.To))
		require.Empty(t, k.News(), "it is not told on")
		require.Equal(t, 1, k.Len())
	})
}
