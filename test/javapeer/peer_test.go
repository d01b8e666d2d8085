package javapeer_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/test/brokertest"
	"gcbridge/test/javapeer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const within = 10 * time.Second

// TestPeer plays two Java clients against each other: what one sends the
// other must see exactly so.
func TestPeer(t *testing.T) {
	url := brokertest.ActiveMQ(t).OpenWireURL()
	classes := javapeer.Compile(t)
	sender, receiver := classes.Start(t, url), classes.Start(t, url)
	receiver.Listen("queue://Connector1")
	receiver.Listen("topic://agent-1001")
	any := func(javapeer.Message) bool { return true }

	t.Run("text to a queue", func(t *testing.T) {
		sent := javapeer.Send{
			To: "queue://Connector1", Type: "Login#1001", CorrelationID: "c-1", Body: "grüße,\t\"2001\"\\\n",
			Persistent: true, TTL: time.Minute, Properties: map[string]string{"gcFormat": "DEFAULT", "empty": ""},
		}
		id := sender.Send(sent)
		got := receiver.Expect(within, "the text", any)
		require.Equal(t, "TextMessage", got.Class)
		require.Equal(t, "queue://Connector1", got.On)
		require.Equal(t, id, got.ID)
		require.Equal(t, sent.Type, got.Type)
		require.Equal(t, sent.CorrelationID, got.CorrelationID)
		require.Equal(t, sent.Body, got.Body)
		require.True(t, got.Persistent)
		require.Equal(t, got.Timestamp+time.Minute.Milliseconds(), got.Expiration)
		require.Equal(t, sent.Properties, got.Properties)
	})

	t.Run("bytes to a topic", func(t *testing.T) {
		sender.Send(javapeer.Send{To: "topic://agent-1001", Kind: javapeer.Bytes, Body: "ab\u00e9"})
		got := receiver.Expect(within, "the bytes", any)
		require.Equal(t, "BytesMessage", got.Class)
		require.Equal(t, "topic://agent-1001", got.On)
		require.Equal(t, "ab\u00e9", got.Body)
		require.False(t, got.Persistent)
		require.Zero(t, got.Expiration)
		require.Empty(t, got.Type)
	})

	t.Run("what no command should be", func(t *testing.T) {
		classes := map[javapeer.Kind]string{javapeer.Map: "MapMessage", javapeer.Plain: "Message"}
		for kind, class := range classes {
			sender.Send(javapeer.Send{To: "queue://Connector1", Kind: kind, Type: "Hello#x", Body: "b"})
			require.Equal(t, class, receiver.Expect(within, class, any).Class)
		}
		sender.Send(javapeer.Send{To: "queue://Connector1", NullBody: true})
		require.Empty(t, receiver.Expect(within, "the null text", any).Body)
	})

	t.Run("reply to a temporary queue", func(t *testing.T) {
		temp := sender.TempQueue()
		sender.Send(javapeer.Send{To: "queue://Connector1", ReplyTo: temp, Body: "who?"})
		require.Equal(t, temp, receiver.Expect(within, "the question", any).ReplyTo)
		sender.Send(javapeer.Send{To: temp, Body: "me"})
		require.Equal(t, "me", sender.Expect(within, "the answer", any).Body)
	})

	t.Run("expect takes what matches and leaves the rest", func(t *testing.T) {
		for _, body := range []string{"one", "two"} {
			sender.Send(javapeer.Send{To: "queue://Connector1", Body: body})
		}
		receiver.Expect(within, "two", func(m javapeer.Message) bool { return m.Body == "two" })
		left := receiver.Received()
		require.Len(t, left, 1)
		require.Equal(t, "one", left[0].Body)
	})

	t.Run("close is idempotent", func(*testing.T) {
		receiver.Close()
		receiver.Close()
	})
}
