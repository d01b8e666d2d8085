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

// TestEachNameOfTheOriginal: an operator who moves finds each setting of the old
// configuration files again, in the spellings of its documents.
func TestEachNameOfTheOriginal(t *testing.T) {
	for counterpart, names := range map[string]string{
		"GC_MAX_AGENTS":                              "NUMBER_OF_LICENSES",
		"GC_FINESSE_URLS":                            "FINESSE_1 FINESSE_2 SERVER_ADDRESS_1 SERVER_ADDRESS_2",
		"GC_FINESSE_TIMEOUT":                         "FINESSE_REQUEST_TIMEOUT",
		"GC_FINESSE_HEARTBEAT":                       "FINESSE_HEARTBEAT_SLEEP",
		"GC_FINESSE_INSECURE_TLS":                    "BYPASS_SSL",
		"GC_SSO_TOKEN_URL":                           "ACCESS_TOKEN_URL",
		"GC_BROKER_URLS":                             "ActiveMQ1 ActiveMQ2 ActiveMQ_URL_1 ActiveMQ_URL_2",
		"GC_CONSUMER_PRIORITY":                       "GRC_CONSUMER_PRIORITY",
		"GC_BROKER_PRIORITY_BACKUP":                  "PRIORITY_BACKUP",
		"GC_COMMAND_PREFETCH":                        "PREFETCH_SIZE",
		"GC_AGENT_STATES_INTERVAL":                   "AGENT_STATES_PUBLISHER_DURATION",
		"GC_SYNC_TIMEOUT":                            "GC_HEARTBEAT_TIMEOUT",
		"GC_SYNC_INTERVAL":                           "GC_HEARTBEAT_SLEEP",
		"GC_INACTIVITY_LOGOUT":                       "AGENT_INACTIVITY_TIME_SWITCH AGENT_INACTIVITY_DURATION",
		"GC_DEFAULT_NOT_READY_REASON":                "DEFAULT_NOT_READY_REASON",
		"GC_DEFAULT_LOGOUT_REASON":                   "DEFAULT_LOGOUT_REASON",
		"GC_SUPERVISOR_NOT_READY_REASON":             "Supervisor_initiated_NotReadyReasonCode Supervisor_initiated_NotRaadyReasonCode",
		"GC_SUPERVISOR_LOGOUT_REASON":                "Supervisor_initiated_LogOutReasonCode",
		"GC_READY_AFTER_LOGIN":                       "MAKE_AGENT_READY",
		"GC_PASSWORD_CIPHER":                         "USE_ENCRYPTED_PASSWORDS",
		"GC_XMPP_PING":                               "XMPP_PING_INTERVAL",
		"GC_MESSAGE_FORMAT":                          "MESSAGE_FORMAT",
		"GC_ADMIN_LISTEN":                            "SPRING_PORT",
		"GC_LOG_LEVEL":                               "LOGLEVEL AGENT_LOGS_LEVEL",
		"GC_BROKER_CA_FILE":                          "TRUST_STORE TRUST_STORE_PASSWORD",
		"GC_BROKER_CERT_FILE and GC_BROKER_KEY_FILE": "KEY_STORE KEY_STORE_TYPE KEY_STORE_PASSWORD",
		"GC_FINESSE_ADMIN_USER and GC_FINESSE_ADMIN_PASSWORD": "ADMIN_ID ADMIN_PASSWORD",
		"": "CUSTOMER_NAME ACTIVEMQ_TIMEOUT RANDOMIZE CLIENT_HEARTBEAT_SLEEP CHANGE_STATE_ON_WRAPUP AGENT_XMPP_SUBS_TIME COMMUNICATION_FORMAT " +
			"UCCX_SERVER_IP UCCX_SERVER_USERNAME UCCX_SERVER_PASSWORD UCCX_DB_USERNAME UCCX_DB_PASSWORD UCCX_DB_RETRY_ATTEMPTS UCCX_DB_TIMEOUT_CONNECTION " +
			"GET_SKILL_AND_SUP_FORMAT UCCE_SERVER_IP DOMAIN_ADMINISTRATOR_USER DOMAIN_ADMINISTRATOR_PASSWORD SKILL_GROUP_ALL_RESULT AXL_URL AXL_USER AXL_PASSWORD " +
			"AGENT_LOGS_PATH AGENT_LOGS_MAX_FILES AGENT_LOGS_FILE_SIZE THREAD_POOL_COUNT",
	} {
		for name := range strings.FieldsSeq(names) {
			advice, known := ofOriginal(name)
			require.True(t, known, name)
			if counterpart == "" {
				require.True(t, strings.HasSuffix(advice, "without a counterpart here"), "%s: %s", name, advice)
				continue
			}
			require.True(t, strings.HasSuffix(advice, " "+counterpart), "%s: %s", name, advice)
		}
	}
	_, known := ofOriginal("PATH")
	require.False(t, known)
}

// TestNamesOfAnybody: what other software sets, too, is no sign of the original.
func TestNamesOfAnybody(t *testing.T) {
	for _, name := range []string{"LOGLEVEL", "ADMIN_PASSWORD", "ADMIN_ID", "KEY_STORE", "TRUST_STORE", "CUSTOMER_NAME"} {
		clean(t)
		t.Setenv(name, "x")
		c, err := Load()
		require.NoError(t, err)
		require.Empty(t, c.Warnings(), name)
	}
}
