package compose

import (
	"strings"
	"testing"

	"github.com/go-stomp/stomp/v3"
	"github.com/stretchr/testify/require"

	"gcbridge/test/brokertest"
	"gcbridge/test/javapeer"
	"gcbridge/test/wait"
)

// dial logs a client in; it ends with the test.
func dial(t *testing.T, b *brokertest.Broker, user, password string) *stomp.Conn {
	t.Helper()
	c, err := stomp.Dial("tcp", strings.TrimPrefix(b.URL(), "stomp://"), stomp.ConnOpt.Login(user, password), stomp.ConnOpt.HeartBeat(0, 0))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.MustDisconnect() })
	return c
}

// settle returns when the broker has handled what c has sent, with its refusal if
// that is what it said.
func settle(c *stomp.Conn) error {
	tx, err := c.BeginWithError()
	if err == nil {
		err = tx.Abort()
	}
	if err == nil {
		err = c.Send("/queue/Connector1", "", nil, stomp.SendOpt.Receipt, stomp.SendOpt.Header("expires", "1"))
	}
	return err
}

// TestStrangersAreRefused: with the brokers' configurations of docs/pair a client
// reads neither commands nor what the nodes say to each other, by no name and no
// pattern, and cannot speak in the name of a node; nodes and clients work.
func TestStrangersAreRefused(t *testing.T) {
	s := newStand(t)
	b := s.broker("broker-1", brokertest.Name("broker-1"))
	desk := func(t *testing.T) *stomp.Conn { t.Helper(); return dial(t, b, "desk", s.secrets["client_password"]) }
	for _, from := range []string{
		"/queue/Connector1", "/queue/Connector1.rejected", "/queue/Connector1.memory", "/topic/ConnectorSync", "/queue/DLQ.Connector1", "/topic/AgentStates", "/queue/gc.desk.1001",
		"/queue/>", "/queue/*", "/queue/*.>", "/queue/*.*", "/queue/*.*.>", "/queue/*.rejected", "/queue/*.memory", "/queue/Connector1.>", "/queue/Connector1.*",
		"/topic/>", "/topic/*", "/topic/*.>", "/topic/ConnectorSync.>", "/topic/desk.1001", "/topic/ActiveMQ.Advisory.>",
		"/queue/gc.desk.1001,/queue/Connector1", "/topic/gc.desk.1001,/topic/ConnectorSync", "/queue/Connector1?consumer.exclusive=true",
	} {
		t.Run("read "+from, func(t *testing.T) {
			c := desk(t)
			sub, err := c.Subscribe(from, stomp.AckAuto)
			require.NoError(t, err, "not sent with a receipt")
			m := wait.For(t, sub.C, "the refusal")
			require.ErrorContains(t, m.Err, "User desk is not authorized to ")
		})
	}
	for _, to := range []string{"/topic/ConnectorSync", "/queue/Connector1.rejected", "/queue/Connector1.memory", "/topic/gc.desk.1001", "/topic/AgentStates", "/queue/other"} {
		t.Run("write "+to, func(t *testing.T) {
			err := desk(t).Send(to, "", []byte("x"), stomp.SendOpt.Receipt)
			require.ErrorContains(t, err, "User desk is not authorized to ")
		})
	}

	node := dial(t, b, "gcbridge", s.secrets["broker_password"])
	commands, err := node.Subscribe("/queue/Connector1", stomp.AckAuto)
	require.NoError(t, err)
	peers, err := node.Subscribe("/topic/ConnectorSync", stomp.AckAuto)
	require.NoError(t, err)
	require.NoError(t, settle(node))
	require.NoError(t, node.Send("/topic/ConnectorSync", "", []byte("heartbeat"), stomp.SendOpt.Receipt))
	require.Equal(t, "heartbeat", string(wait.For(t, peers.C, "a message of the pair").Body))

	client := desk(t)
	own, err := client.Subscribe("/topic/gc.desk.1001", stomp.AckAuto)
	require.NoError(t, err)
	require.NoError(t, settle(client))
	require.NoError(t, client.Send("/queue/Connector1", "", []byte("x"), stomp.SendOpt.Receipt, stomp.SendOpt.Header("type", "GetState#1001")))
	require.Equal(t, "GetState#1001", wait.For(t, commands.C, "a command").Header.Get("type"))
	require.NoError(t, node.Send("/topic/gc.desk.1001", "", []byte("READY"), stomp.SendOpt.Receipt))
	require.Equal(t, "READY", string(wait.For(t, own.C, "an output").Body))

	// A Java client asks with a temporary queue to answer to, as many do.
	java := javapeer.Compile(t).Start(t, b.OpenWireURL()+"?jms.userName=desk&jms.password="+s.secrets["client_password"])
	java.Listen("topic://gc.desk.1002")
	java.Send(javapeer.Send{To: "queue://Connector1", Type: "GetState#1002", ReplyTo: java.TempQueue()})
	reply := wait.For(t, commands.C, "the Java client's command").Header.Get("reply-to")
	for _, to := range []string{reply, "/topic/gc.desk.1002"} {
		require.NoError(t, node.Send(to, "", []byte("NOT_READY"), stomp.SendOpt.Receipt, stomp.SendOpt.NoContentLength))
		java.Expect(patience, "an answer to "+to, func(m javapeer.Message) bool { return m.Body == "NOT_READY" })
	}
}
