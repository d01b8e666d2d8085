package broker_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/test/brokertest"
)

// TestMapMessagesAreTold from text, by an ActiveMQ that can; one that cannot, as
// Debian ships it, works as before.
func TestMapMessagesAreTold(t *testing.T) {
	for name, tc := range map[string]struct {
		opts  []brokertest.Option
		tells bool
	}{
		"ActiveMQ":              {nil, true},
		"without the libraries": {[]brokertest.Option{brokertest.Bare()}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := brokertest.ActiveMQ(t, tc.opts...)
			queue, err := broker.Queue("classes")
			require.NoError(t, err)
			l := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}}, broker.Subscription{From: queue, Classes: true})
			client, err := brokertest.Connect(t.Context(), b.URL(), nil, nil)
			require.NoError(t, err)
			t.Cleanup(client.Close)
			next := func(text bool, body string, headers ...string) *broker.Delivery {
				t.Helper()
				require.NoError(t, client.Send("/queue/classes", text, body, headers...))
				d := l.Next()
				d.Ack()
				return d
			}
			d := next(true, "text")
			require.Equal(t, "text", string(d.Body))
			require.False(t, d.Neither)
			d = next(true, "")
			require.False(t, d.Neither, "an empty text is a text")
			d = next(false, "bytes")
			require.True(t, d.Bytes)
			require.False(t, d.Neither)
			if tc.tells { // the other one cannot make a Map message of this
				d = next(true, `{"map":{"entry":{"string":["a","b"]}}}`, "transformation", "jms-map-json")
				require.True(t, d.Neither)
				require.NotContains(t, d.Properties, "transformation")
			}
			require.Zero(t, l.Stats().Reconnects)
		})
	}
}
