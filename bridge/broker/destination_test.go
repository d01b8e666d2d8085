package broker_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/protocol/errclass"
)

// clientDestinations: what a client may name, and where that leads; "" is refused [H5].
var clientDestinations = []struct{ name, path string }{
	{"agent1", "/topic/agent1"},
	{"  agent1 ", "/topic/agent1"},
	{"topic://agent1", "/topic/agent1"},
	{"queue://agent1", "/queue/agent1"},
	{" queue:// agent1 ", "/queue/agent1"},
	{"a b", "/topic/a b"},
	{"a/b@c", "/topic/a/b@c"},
	{"/queue/x", "/topic//queue/x"},
	{"a:b", "/topic/a:b"},
	{`a\b`, `/topic/a\b`},
	{"Ä€😀", "/topic/Ä€😀"},
	{"ActiveMQ", "/topic/ActiveMQ"},
	{"XActiveMQ.y", "/topic/XActiveMQ.y"},
	{strings.Repeat("x", 256), "/topic/" + strings.Repeat("x", 256)},

	{"", ""},
	{"   ", ""},
	{"\u00a0\u2003", ""},
	{"queue://", ""},
	{"topic:// ", ""},
	{strings.Repeat("x", 257), ""},
	{"a.*", ""},
	{"*", ""},
	{"a.>", ""},
	{">", ""},
	{"a,b", ""},
	{"queue://a,topic://b", ""},
	{"a?consumer.prefetchSize=1", ""},
	{"ActiveMQ.Advisory.Connection", ""},
	{"topic://ActiveMQ.Advisory.Queue", ""},
	{"queue://ActiveMQ.Statistics.Broker", ""},
	{"queue://ActiveMQ.DLQ", ""},
	{"activemq.advisory.x", ""},
	{"temp-queue://ID:x", ""},
	{"temp-topic://ID:x", ""},
	{"queue://queue://x", ""},
	{"stomp://host:1", ""},
	{"a\x00b", ""},
	{"a\nSEND", ""},
	{"a\r", ""},
	{"a\tb", ""},
	{"a\u0085b", ""},
	{"a\xffb", ""},
}

func TestParseClientDestination(t *testing.T) {
	for _, c := range clientDestinations {
		d, err := broker.ParseClientDestination(c.name)
		require.Equal(t, c.path, d.String(), "%q", c.name)
		require.Equal(t, c.path == "", d.IsZero())
		if c.path != "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, broker.ErrDestination, "%q", c.name)
		require.Equal(t, errclass.Client, errclass.Of(err))
	}
}

func TestParseReplyTo(t *testing.T) {
	for _, c := range []struct {
		header string
		ok     bool
	}{
		{"/queue/answers", true},
		{"/topic/answers", true},
		{"/temp-queue/mine", true},
		{"/temp-topic/mine", true},
		{"/remote-temp-queue/ID:host-40543-1795369064750-3:1:1", true},
		{"/remote-temp-topic/ID:host-40543-1795369064750-3:1:1", true},
		{"/queue/a b/c", true},

		{"", false},
		{"answers", false},
		{"queue://answers", false},
		{"/queue/", false},
		{"/queue/ ", false},
		{"/dsub/x", false},
		{"/queue/a,/queue/b", false},
		{"/queue/a.>", false},
		{"/queue/ActiveMQ.Statistics.Broker", false},
		{"/topic/ActiveMQ.Advisory.Connection", false},
		{"/temp-queue/a\x00b", false},
	} {
		d, err := broker.ParseReplyTo(c.header)
		if c.ok {
			require.NoError(t, err, c.header)
			require.Equal(t, c.header, d.String())
		} else {
			require.ErrorIs(t, err, broker.ErrDestination, "%q", c.header)
			require.True(t, d.IsZero())
		}
	}
}

func TestQueueAndTopicTakeBareNames(t *testing.T) {
	q, err := broker.Queue("x")
	require.NoError(t, err)
	require.Equal(t, "/queue/x", q.String())
	topic, err := broker.Topic("x")
	require.NoError(t, err)
	require.Equal(t, "/topic/x", topic.String())
	require.NotEqual(t, q, topic)
	_, err = broker.Queue("topic://x")
	require.ErrorIs(t, err, broker.ErrDestination)
}

func FuzzParseClientDestination(f *testing.F) {
	for _, c := range clientDestinations {
		f.Add(c.name)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := broker.ParseClientDestination(s)
		if err != nil {
			require.ErrorIs(t, err, broker.ErrDestination)
			return
		}
		path := d.String()
		name, queue := strings.CutPrefix(path, "/queue/")
		if !queue {
			var topic bool
			name, topic = strings.CutPrefix(path, "/topic/")
			require.True(t, topic)
		}
		require.NotEmpty(t, strings.TrimSpace(name))
		require.False(t, strings.ContainsAny(name, "*>,?"))
		require.False(t, strings.HasPrefix(name, "ActiveMQ."))
		require.Negative(t, strings.IndexFunc(name, unicode.IsControl))
		again, err := broker.ParseReplyTo(path)
		require.NoError(t, err)
		require.Equal(t, d, again)
	})
}
