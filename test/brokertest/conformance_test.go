package brokertest_test

import (
	"testing"

	"go.uber.org/goleak"

	"gcbridge/test/brokertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestActiveMQConforms(t *testing.T) {
	brokertest.RunConformance(t, brokertest.Features{Broker: "ActiveMQ 5.17.2"},
		func(t *testing.T, s brokertest.Setup) brokertest.Instance {
			var opts []brokertest.Option
			if s.User != "" {
				opts = append(opts, brokertest.Login(s.User, s.Password))
			}
			if s.SmallQueues {
				opts = append(opts, brokertest.QueueLimit("1 mb"))
			}
			return brokertest.ActiveMQ(t, opts...)
		})
}
