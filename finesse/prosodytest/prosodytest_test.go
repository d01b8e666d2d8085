package prosodytest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/finesse/prosodytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestStart: a server comes up, takes what a publisher publishes, and can be
// killed before the test ends.
func TestStart(t *testing.T) {
	s := prosodytest.Start(t, prosodytest.Options{})
	s.Publisher(t).Publish(t, "/finesse/api/User/1001", "1", "urn:xmpp:push:0", "<Update/>")
	require.NotContains(t, s.Log(), "error")
	s.Kill()
	s.Kill()
}
