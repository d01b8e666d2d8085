package config

import (
	"os"
	"slices"
	"strings"
)

// originals are the names of the original connector's settings, with what stands
// for them here; "" = nothing does. Its documents spell some of them in several
// ways; case does not count.
func originals() map[string]string {
	const (
		notHere = ""
		account = "GC_FINESSE_ADMIN_USER and GC_FINESSE_ADMIN_PASSWORD"
	)
	return map[string]string{
		"NUMBER_OF_LICENSES": "GC_MAX_AGENTS", "CUSTOMER_NAME": notHere,
		"FINESSE_1": "GC_FINESSE_URLS", "FINESSE_2": "GC_FINESSE_URLS", "SERVER_ADDRESS_1": "GC_FINESSE_URLS", "SERVER_ADDRESS_2": "GC_FINESSE_URLS",
		"FINESSE_REQUEST_TIMEOUT": "GC_FINESSE_TIMEOUT", "FINESSE_HEARTBEAT_SLEEP": "GC_FINESSE_HEARTBEAT", "BYPASS_SSL": "GC_FINESSE_INSECURE_TLS",
		"ACCESS_TOKEN_URL": "GC_SSO_TOKEN_URL",
		"ACTIVEMQ1":        "GC_BROKER_URLS", "ACTIVEMQ2": "GC_BROKER_URLS", "ACTIVEMQ_URL_1": "GC_BROKER_URLS", "ACTIVEMQ_URL_2": "GC_BROKER_URLS",
		"ACTIVEMQ_TIMEOUT": notHere, "GRC_CONSUMER_PRIORITY": "GC_CONSUMER_PRIORITY", "PRIORITY_BACKUP": "GC_BROKER_PRIORITY_BACKUP",
		"RANDOMIZE": notHere, "PREFETCH_SIZE": "GC_COMMAND_PREFETCH",
		"AGENT_STATES_PUBLISHER_DURATION": "GC_AGENT_STATES_INTERVAL",
		"GC_HEARTBEAT_TIMEOUT":            "GC_SYNC_TIMEOUT", "GC_HEARTBEAT_SLEEP": "GC_SYNC_INTERVAL", "CLIENT_HEARTBEAT_SLEEP": notHere,
		"AGENT_INACTIVITY_TIME_SWITCH": "GC_INACTIVITY_LOGOUT", "AGENT_INACTIVITY_DURATION": "GC_INACTIVITY_LOGOUT",
		"DEFAULT_NOT_READY_REASON": "GC_DEFAULT_NOT_READY_REASON", "DEFAULT_LOGOUT_REASON": "GC_DEFAULT_LOGOUT_REASON",
		"SUPERVISOR_INITIATED_NOTREADYREASONCODE": "GC_SUPERVISOR_NOT_READY_REASON", "SUPERVISOR_INITIATED_NOTRAADYREASONCODE": "GC_SUPERVISOR_NOT_READY_REASON",
		"SUPERVISOR_INITIATED_LOGOUTREASONCODE": "GC_SUPERVISOR_LOGOUT_REASON",
		"MAKE_AGENT_READY":                      "GC_READY_AFTER_LOGIN", "CHANGE_STATE_ON_WRAPUP": notHere,
		"USE_ENCRYPTED_PASSWORDS": "GC_PASSWORD_CIPHER", "AGENT_XMPP_SUBS_TIME": notHere, "XMPP_PING_INTERVAL": "GC_XMPP_PING",
		"MESSAGE_FORMAT": "GC_MESSAGE_FORMAT", "COMMUNICATION_FORMAT": notHere, "SPRING_PORT": "GC_ADMIN_LISTEN",
		"ADMIN_ID": account, "ADMIN_PASSWORD": account,
		"UCCX_SERVER_IP": notHere, "UCCX_SERVER_USERNAME": notHere, "UCCX_SERVER_PASSWORD": notHere, "UCCX_DB_USERNAME": notHere, "UCCX_DB_PASSWORD": notHere,
		"UCCX_DB_RETRY_ATTEMPTS": notHere, "UCCX_DB_TIMEOUT_CONNECTION": notHere,
		"GET_SKILL_AND_SUP_FORMAT": notHere, "UCCE_SERVER_IP": notHere, "DOMAIN_ADMINISTRATOR_USER": notHere, "DOMAIN_ADMINISTRATOR_PASSWORD": notHere,
		"SKILL_GROUP_ALL_RESULT": notHere, "AXL_URL": notHere, "AXL_USER": notHere, "AXL_PASSWORD": notHere,
		"TRUST_STORE": "GC_BROKER_CA_FILE", "TRUST_STORE_PASSWORD": "GC_BROKER_CA_FILE", "KEY_STORE": "GC_BROKER_CERT_FILE and GC_BROKER_KEY_FILE",
		"KEY_STORE_TYPE": "GC_BROKER_CERT_FILE and GC_BROKER_KEY_FILE", "KEY_STORE_PASSWORD": "GC_BROKER_CERT_FILE and GC_BROKER_KEY_FILE",
		"LOGLEVEL": "GC_LOG_LEVEL", "AGENT_LOGS_PATH": notHere, "AGENT_LOGS_LEVEL": "GC_LOG_LEVEL", "AGENT_LOGS_MAX_FILES": notHere, "AGENT_LOGS_FILE_SIZE": notHere,
		"THREAD_POOL_COUNT": notHere,
	}
}

// ofOriginal says what stands for a setting of the original connector; known:
// the name is one.
func ofOriginal(name string) (advice string, known bool) {
	counterpart, known := originals()[strings.ToUpper(name)]
	if counterpart == "" {
		return "a name of the original connector, without a counterpart here", known
	}
	return "a name of the original connector; here it is " + counterpart, known
}

// ambiguous are names that other software sets, too: they are the original's
// only beside others of it.
func ambiguous(name string) bool {
	return slices.Contains([]string{"LOGLEVEL", "ADMIN_PASSWORD", "ADMIN_ID", "KEY_STORE", "TRUST_STORE", "CUSTOMER_NAME"}, name)
}

// unread are the names of the original connector in the environment: nobody reads
// them. Those that begin with GC_ are errors, see [Load].
func (c Config) unread() []Warning {
	var all []Warning
	sure := false
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		advice, known := ofOriginal(name)
		if !known || strings.HasPrefix(name, Prefix+"_") {
			continue
		}
		sure = sure || !ambiguous(strings.ToUpper(name))
		all = append(all, Warning{name, "is not read: " + advice})
	}
	if !sure {
		return nil
	}
	slices.SortFunc(all, func(a, b Warning) int { return strings.Compare(a.Name, b.Name) })
	return all
}
