package broker_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/broker/brokertest"
)

// Why a link went down stays to be seen when it is up again at once, as after a
// renewal, which no other error covers.
func TestWhyTheLinkWentDown(t *testing.T) {
	b := startEmbedded(t)
	l := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}})
	require.Empty(t, l.Stats().LastError)
	l.Renew()
	err := l.AwaitDown()
	require.True(t, errors.Is(err, broker.ErrLost))
	l.AwaitUp()
	require.Equal(t, err.Error(), l.Stats().LastError)
}
