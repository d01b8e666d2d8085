-- Prosody as a stand-in for the Cisco Finesse Notification Service: PLAIN on
-- a plain port and on a direct TLS port, a pubsub component whose nodes come
-- into being on first use, and an external component that may publish.
-- The {{NAMES}} are filled in by package prosodytest.

run_as_root = true
data_path = "{{DATA}}"
certificates = "{{DATA}}"
pidfile = "{{DATA}}/prosody.pid"
log = { { levels = { min = "info" }, to = "console", timestamps = true } }

interfaces = { "127.0.0.1" }
c2s_ports = { {{C2S_PORT}} }
c2s_direct_tls_ports = { {{TLS_PORT}} }
component_ports = { {{COMPONENT_PORT}} }
http_ports = { {{HTTP_PORT}} }
http_interfaces = { "127.0.0.1" }
https_ports = {}
http_default_host = "{{DOMAIN}}"
consider_websocket_secure = true
component_interfaces = { "127.0.0.1" }

c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "{{AUTHENTICATION}}"
insecure_open_authentication = "Yes please, I know what I'm doing!"
storage = { accounts = "internal"; ["*"] = "memory" }

modules_enabled = { "roster", "saslauth", "tls", "disco", "ping", "posix", "websocket" }
modules_disabled = { "s2s" }

ssl = { certificate = "{{DATA}}/cert.pem"; key = "{{DATA}}/key.pem" }
c2s_direct_tls_ssl = { certificate = "{{DATA}}/cert.pem"; key = "{{DATA}}/key.pem" }

VirtualHost "{{DOMAIN}}"

Component "pubsub.{{DOMAIN}}" "pubsub"
	admins = { "publisher.{{DOMAIN}}" }
	autocreate_on_publish = true
	autocreate_on_subscribe = {{AUTOCREATE_ON_SUBSCRIBE}}

Component "publisher.{{DOMAIN}}"
	component_secret = "{{COMPONENT_SECRET}}"
