package broker

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
)

// The defaults are those that the comments of Config promise.
func TestConfigDefaults(t *testing.T) {
	c := Config{}.withDefaults()
	require.Equal(t, 5*time.Second, c.ProbeInterval)
	require.Equal(t, 5*time.Second, c.Heartbeat)
	require.Equal(t, 5*time.Second, c.LoginTimeout)
	require.Equal(t, 4*time.Second, c.ReceiptTimeout)
	require.Equal(t, 5*time.Second, c.WriteTimeout)
	require.Equal(t, 10*time.Millisecond, c.BackoffMin)
	require.Equal(t, 30*time.Second, c.BackoffMax)
	require.Equal(t, 10_000, c.SendBuffer)
	c.OnUp()
	c.OnDown(nil)
	c.OnDrop(Message{}, nil)
	require.Zero(t, c.defects.Load(), "callbacks that nobody set are called in vain")

	given := Config{
		ProbeInterval: 1, Heartbeat: 2, LoginTimeout: 3, ReceiptTimeout: 4, WriteTimeout: 5, BackoffMin: 6, BackoffMax: 7, SendBuffer: 8,
	}
	got := given.withDefaults()
	for _, name := range append(times(), "SendBuffer") {
		require.Equal(t, reflect.ValueOf(given).FieldByName(name).Int(), reflect.ValueOf(got).FieldByName(name).Int(), name)
	}
}

func times() []string {
	return []string{"ProbeInterval", "Heartbeat", "LoginTimeout", "ReceiptTimeout", "WriteTimeout", "BackoffMin", "BackoffMax"}
}

func TestConfigRefuses(t *testing.T) {
	good := Config{URLs: []string{"stomp://a"}, BackoffMin: 1, BackoffMax: 1, SendBuffer: 1}
	_, err := good.withDefaults().check()
	require.NoError(t, err)
	for _, name := range times() {
		c := good
		reflect.ValueOf(&c).Elem().FieldByName(name).SetInt(-1)
		_, err := c.withDefaults().check()
		require.ErrorIs(t, err, ErrConfig, name)
		require.ErrorContains(t, err, name+" is negative")
	}
	for want, change := range map[string]func(*Config){
		"less than BackoffMin": func(c *Config) { c.BackoffMin = 2 },
		"SendBuffer":           func(c *Config) { c.SendBuffer = -1 },
		"free of NUL":          func(c *Config) { c.User = "a\x00" },
		"CR":                   func(c *Config) { c.User = "\ra" },
		"LF":                   func(c *Config) { c.Password = secret.New("a\n") },
		"no broker URL":        func(c *Config) { c.URLs = nil },
		"no host":              func(c *Config) { c.URLs = append(c.URLs, "stomp://:1") },
	} {
		c := good
		change(&c)
		_, err := c.withDefaults().check()
		require.ErrorIs(t, err, ErrConfig, want)
		require.ErrorContains(t, err, want)
	}
}

func TestEndpoints(t *testing.T) {
	c := Config{URLs: []string{"stomp://a", "stomp+ssl://b/", " stomp://[::1]:1 ", "stomp+ssl://c:2"}}
	ends, err := c.withDefaults().check()
	require.NoError(t, err)
	require.Equal(t, []endpoint{
		{addr: "a:61613", host: "a", url: "stomp://a:61613"},
		{addr: "b:61614", host: "b", tls: true, url: "stomp+ssl://b:61614"},
		{addr: "[::1]:1", host: "::1", url: "stomp://[::1]:1"},
		{addr: "c:2", host: "c", tls: true, url: "stomp+ssl://c:2"},
	}, ends)
}

// What a subscription leaves open is filled in, and one that is acknowledged
// automatically has a bounded inbox.
func TestSubscriptionDefaults(t *testing.T) {
	l, err := New(Config{URLs: []string{"stomp://a"}})
	require.NoError(t, err)
	q, err := Queue("q")
	require.NoError(t, err)
	handle := func(*Delivery) {}
	for _, s := range []Subscription{
		{From: q, Handle: handle},
		{From: q, Handle: handle, Prefetch: 1},
		{From: q, Handle: handle, AutoAck: true},
	} {
		require.NoError(t, l.Subscribe(s))
	}
	require.NoError(t, l.Subscribe(Subscription{From: q, Handle: handle, Gated: true}))
	require.Len(t, l.subs, 3)
	require.Len(t, l.gated, 1)
	require.Equal(t, []int{1000, 1, 1000}, []int{l.subs[0].Prefetch, l.subs[1].Prefetch, l.subs[2].Prefetch})
	require.Equal(t, []int{0, 0, 8192}, []int{l.subs[0].box.limit, l.subs[1].box.limit, l.subs[2].box.limit})
	require.ErrorIs(t, l.Subscribe(Subscription{From: q, Handle: handle, Priority: -1}), ErrConfig)
	require.ErrorContains(t, l.Subscribe(Subscription{From: q, Handle: handle, Selector: "\xff"}), "selector")
}
