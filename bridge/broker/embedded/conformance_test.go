package embedded_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge/broker/embedded"
	"gcbridge/protocol/secret"
	"gcbridge/test/brokertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lacks is what the embedded broker cannot do.
var lacks = []brokertest.Feature{
	brokertest.ProcessDeath, brokertest.OpenWire, brokertest.Wildcards, brokertest.Composites,
	brokertest.Browsing, brokertest.Durable, brokertest.MessageGroups,
	brokertest.Advisories, brokertest.FullSelectors,
}

// instance lets the suite stop and restart the broker.
type instance struct {
	*embedded.Broker
	t *testing.T
}

func (i instance) Kill() { i.Stop() }

func (i instance) Restart() { require.NoError(i.t, i.Broker.Restart()) }

func TestEmbeddedConforms(t *testing.T) {
	brokertest.RunConformance(t, brokertest.Features{Broker: "the embedded broker", Lacks: lacks},
		func(t *testing.T, s brokertest.Setup) brokertest.Instance {
			cfg := embedded.Config{User: s.User, Password: secret.New(s.Password)}
			if s.SmallQueues {
				cfg.QueueLimit = 1 << 20
			}
			b, err := embedded.Start(cfg)
			require.NoError(t, err)
			t.Cleanup(b.Close)
			return instance{b, t}
		})
}
