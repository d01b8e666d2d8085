package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNamesOfTheOriginal: its settings are recognised, and named with what stands
// for them here.
func TestNamesOfTheOriginal(t *testing.T) {
	for _, tc := range []struct {
		names []string
		want  []Warning
	}{
		{[]string{"MAKE_AGENT_READY"}, []Warning{
			{"MAKE_AGENT_READY", "is not read: a name of the original connector; here it is GC_READY_AFTER_LOGIN"},
		}},
		{[]string{"Supervisor_initiated_LogOutReasonCode", "AXL_URL"}, []Warning{
			{"AXL_URL", "is not read: a name of the original connector, without a counterpart here"},
			{"Supervisor_initiated_LogOutReasonCode", "is not read: a name of the original connector; here it is GC_SUPERVISOR_LOGOUT_REASON"},
		}},
		{[]string{"LOGLEVEL"}, nil}, // anybody's
		{[]string{"LOGLEVEL", "ActiveMq_URL_1"}, []Warning{
			{"ActiveMq_URL_1", "is not read: a name of the original connector; here it is GC_BROKER_URLS"},
			{"LOGLEVEL", "is not read: a name of the original connector; here it is GC_LOG_LEVEL"},
		}},
	} {
		t.Run(strings.Join(tc.names, ","), func(t *testing.T) {
			clean(t)
			for _, name := range tc.names {
				t.Setenv(name, "x")
			}
			c, err := Load()
			require.NoError(t, err)
			require.Equal(t, tc.want, c.Warnings())
		})
	}
	t.Run("of ours", func(t *testing.T) {
		clean(t)
		t.Setenv("GC_HEARTBEAT_TIMEOUT", "10000")
		c, err := Load()
		require.EqualError(t, err, "config: GC_HEARTBEAT_TIMEOUT is not a known variable (a name of the original connector; here it is GC_SYNC_TIMEOUT)")
		require.Empty(t, c.Warnings())
	})
}

// TestCounterpartsExist: what stands for a name is a variable.
func TestCounterpartsExist(t *testing.T) {
	known := map[string]bool{}
	var c Config
	for _, v := range Vars(&c) {
		known[v.Name] = true
	}
	for name, counterpart := range originals() {
		require.Equal(t, strings.ToUpper(name), name)
		require.False(t, known[name], "it would not be recognised")
		for _, v := range strings.Split(counterpart, " and ") {
			require.True(t, v == "" || known[v], "%s for %s", v, name)
		}
	}
}
