package brokertest_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/test/brokertest"
)

// A network of two brokers: what one takes reaches a consumer on the other,
// and a link whose broker is killed goes on with the other one.
func TestNetworkOfBrokers(t *testing.T) {
	first := brokertest.ActiveMQ(t)
	second := brokertest.ActiveMQ(t, brokertest.Name("broker-2"), brokertest.Network(first))
	q := brokertest.Queue(t)
	consumer := brokertest.Run(t, broker.Config{URLs: []string{second.URL()}}, brokertest.Consume(q))
	producer := brokertest.Run(t, broker.Config{URLs: []string{first.URL(), second.URL()}, PriorityBackup: true})

	const n = 2000
	confirmed := make(chan error, n)
	for i := range n {
		require.NoError(t, producer.Publish(broker.Message{To: q, Body: fmt.Sprint(i)}, func(err error) { confirmed <- err }))
		if i == n/2 {
			for k := range 100 { // across the network
				d := consumer.Next()
				d.Ack()
				require.Equal(t, fmt.Sprint(k), string(d.Body))
			}
			first.Kill()
		}
	}
	for range n {
		require.NoError(t, <-confirmed)
	}
	// What the dead broker held is gone with it; the rest is there, in order.
	last := 99
	for last < n-1 {
		d := consumer.Next()
		d.Ack()
		var k int
		_, err := fmt.Sscan(string(d.Body), &k)
		require.NoError(t, err)
		last = max(last, k)
	}
	require.Equal(t, second.URL(), producer.Stats().URL)
}

// What was forwarded to a consumer that died goes back to where the next one is.
func TestForwardedCommandReturns(t *testing.T) {
	first := brokertest.ActiveMQ(t)
	second := brokertest.ActiveMQ(t, brokertest.Name("broker-2"), brokertest.Network(first))
	q := brokertest.Queue(t).String()
	subscribe := func(url string) *brokertest.Peer {
		p := brokertest.Dial(t, url)
		p.Subscribe(q)
		return p
	}
	far := subscribe(second.URL())
	brokertest.Dial(t, first.URL()).Send(q, "1", "persistent", "true")
	require.Equal(t, "1", string(far.Expect("MESSAGE").Body))
	near := subscribe(first.URL())
	far.Close() // without having acknowledged
	require.Equal(t, "1", string(near.Expect("MESSAGE").Body))
}

func TestStoppedBrokerComesBackOnItsPorts(t *testing.T) {
	b := brokertest.ActiveMQ(t, brokertest.Stock())
	url, openwire := b.URL(), b.OpenWireURL()
	require.NotContains(t, b.Log(), "tcpNoDelay")
	brokertest.Dial(t, url).Send("/queue/q", "kept", "persistent", "true")
	b.Stop()
	b.Restart()
	require.Equal(t, url, b.URL())
	require.Equal(t, openwire, b.OpenWireURL())
	p := brokertest.Dial(t, url)
	p.Write("SUBSCRIBE", nil, "destination", "/queue/q", "id", "1")
	require.Equal(t, "kept", string(p.Expect("MESSAGE").Body))
}

func TestClientClasspath(t *testing.T) {
	path, err := brokertest.ClientClasspath()
	require.NoError(t, err)
	for _, jar := range filepath.SplitList(path) {
		require.FileExists(t, jar)
	}
	require.Contains(t, path, "geronimo-jms")
	for _, program := range []string{"java", "javac"} {
		_, err := brokertest.Java(program)
		require.NoError(t, err)
	}
	_, err = brokertest.Java("no such program")
	require.Error(t, err)
	require.True(t, strings.Contains(err.Error(), "apt-get install"), "it says what to install")
}
