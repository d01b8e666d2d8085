package pairs

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/test/brokertest"
	"gcbridge/test/javapeer"
	"gcbridge/test/wait"
)

// TestBrokerFails plays the troubles of a broker that lives on, or comes back.
func TestBrokerFails(t *testing.T) {
	th := newTheatre(t)
	t.Run("restart", func(t *testing.T) {
		s := th.begin(t, func(b Brokers) Setup {
			set := ActivePassive(b)
			set.Order = [2][]string{{b.One.URL()}, {b.One.URL()}} // nowhere else to go
			return set
		}, th.One)
		s.mark()
		th.One.Restart()
		s.servedBy(-1)
		s.settled()
		s.servedBy(0)
		s.quiet(2)
	})
	t.Run("over to the second and back", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		s.killBroker(th.One)
		s.servedBy(-1)
		s.restoreBroker(th.One)
		require.True(t, wait.Until(patience, func() bool {
			for _, n := range s.Nodes {
				if st, err := n.Status(); err != nil || st.Broker.URL != th.One.URL() || !st.Broker.Up {
					return false
				}
			}
			return true
		}), "both nodes return to the first broker")
		s.settled()
		s.servedBy(0)
		s.quiet(2)
	})
	t.Run("hangs, and the nodes go to the second", func(t *testing.T) {
		slow := NewPipe(t, strings.TrimPrefix(th.One.URL(), "stomp://"))
		s := th.begin(t, func(b Brokers) Setup {
			set := ActivePassive(b)
			order := []string{"stomp://" + slow.Addr(), b.Two.URL()}
			set.Order, set.Env = [2][]string{order, order}, []string{"GC_BROKER_PRIORITY_BACKUP=false"}
			return set
		})
		s.mark()
		slow.Stall()
		require.True(t, wait.Until(2*patience, func() bool {
			st, err := s.Nodes[0].Status()
			return err == nil && st.Broker.Up && st.Broker.URL == th.Two.URL()
		}), "missing heart-beats are noticed")
		s.settled()
		s.servedBy(0)
		s.quiet(2)
	})
}

// TestBrokerIsFull: a client that reads nothing fills its queue up to the
// broker's limit. Others are served, and it is told the truth when it reads.
func TestBrokerIsFull(t *testing.T) {
	one := brokertest.ActiveMQ(t, brokertest.Name("amq-1"), brokertest.QueueLimit("64 kb"))
	two := brokertest.ActiveMQ(t, brokertest.Name("amq-2"), brokertest.QueueLimit("64 kb"), brokertest.Network(one))
	th := theatre{Brokers: Brokers{one, two}, classes: javapeer.Compile(t)}
	s := th.begin(t, func(b Brokers) Setup {
		set := ActivePassive(b)
		set.Env = []string{"GC_OUTPUT_TTL=2s"}
		return set
	})
	const deaf = "1003"
	deafDesk := "queue://deaf." + s.desk
	s.do("Connect", deaf, deafDesk+",pw"+deaf)
	s.do("Login", deaf, "pw"+deaf+","+s.fin.Extension(deaf))
	require.True(t, wait.Until(patience, func() bool { a, _ := s.fin.Agent(deaf); return a.Extension != "" }))
	for i := range 300 {
		s.do("refresh", deaf, "")
		if i%10 == 9 { // no faster than they are served: the commands' queue has a limit too
			s.answer(s.do("GetState", idler, ""), idler+"#State#")
		}
	}
	s.mark()
	s.servedBy(0)
	s.Holding(3, 0)
	s.java.Listen(deafDesk)
	require.True(t, wait.Until(2*patience, func() bool {
		corr := s.do("GetState", deaf, "")
		return wait.Until(time.Second, func() bool {
			for _, m := range s.java.Received() {
				if m.CorrelationID == corr && strings.Contains(m.Body, deaf+"#State#") {
					return true
				}
			}
			return false
		})
	}), "it is told where it stands")
	s.servedBy(0)
}
