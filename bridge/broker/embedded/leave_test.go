package embedded_test

import (
	"testing"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker/embedded"
	"gcbridge/test/brokertest"
)

// TestTemporaryQueuesOfOthers: a client that goes takes its own temporary queues with
// it, and nobody waits in vain for an answer because of that.
func TestTemporaryQueuesOfOthers(t *testing.T) {
	b := start(t, embedded.Config{})
	asker, service, other := brokertest.Dial(t, b.URL()), brokertest.Dial(t, b.URL()), brokertest.Dial(t, b.URL())
	asker.Subscribe("/temp-queue/answers")
	service.Subscribe("/queue/questions")
	asker.Send("/queue/questions", "question", "reply-to", "/temp-queue/answers")
	reply := service.Expect(frame.MESSAGE).Header.Get("reply-to")

	other.Subscribe("/temp-queue/answers")
	other.Subscribe("/queue/work")
	asker.Send("/queue/work", "work")
	require.Equal(t, "work", string(other.Expect(frame.MESSAGE).Body))
	other.Close()
	service.Write(frame.SUBSCRIBE, nil, frame.Destination, "/queue/work", frame.Id, "work")
	require.Equal(t, "work", string(service.Expect(frame.MESSAGE).Body), "the other one has gone")

	service.Send(reply, "answer")
	require.Equal(t, "answer", string(asker.Expect(frame.MESSAGE).Body))
}

// TestPriority: consumers see one, between 0 and 9.
func TestPriority(t *testing.T) {
	b := start(t, embedded.Config{})
	p := brokertest.Dial(t, b.URL())
	p.Subscribe("/queue/q")
	for sent, want := range map[string]string{"7": "7", "99": "9", "-1": "0", "high": "4"} {
		p.Write(frame.SEND, []byte(sent), frame.Destination, "/queue/q", "priority", sent)
		m := p.Expect(frame.MESSAGE)
		require.Equal(t, sent, string(m.Body))
		require.Equal(t, []string{want}, m.Header.GetAll("priority"))
	}
}
