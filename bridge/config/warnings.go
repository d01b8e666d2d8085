package config

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
)

// Warning is a setting that works and that others can make use of.
type Warning struct {
	Name string // of the variable
	Text string
}

// Warnings are what people should know of this configuration before it runs: what
// goes in clear beyond this machine, what is not verified, and secret files that
// others can write. Each is one line; none is an error.
func (c Config) Warnings() []Warning {
	var all []Warning
	for _, look := range []func(Config) []Warning{
		Config.unverified, Config.plainPasswords, Config.plainURLs, Config.plainXMPP, Config.writableSecrets, Config.unread,
	} {
		all = append(all, look(c)...)
	}
	return all
}

func (c Config) unverified() []Warning {
	if !c.FinesseInsecureTLS {
		return nil
	}
	return []Warning{{"GC_FINESSE_INSECURE_TLS", "Finesse's certificates are not verified: whoever is in between gets the agents' passwords"}}
}

func (c Config) plainPasswords() []Warning {
	if !c.SyncPlaintext || c.SyncTopic == "" {
		return nil
	}
	return []Warning{{"GC_SYNC_PLAINTEXT", "the agents' passwords go in clear to the topic " + c.SyncTopic + ": whoever may read it has them"}}
}

// plainURLs are the connections without TLS that leave the machine.
func (c Config) plainURLs() []Warning {
	var all []Warning
	for _, v := range []struct {
		name, scheme string
		urls         []string
		what         string
	}{
		{"GC_BROKER_URLS", "stomp", c.BrokerURLs, "commands go to the broker in clear, with the agents' passwords"},
		{"GC_FINESSE_URLS", "http", c.FinesseURLs, "the agents' passwords go to Finesse in clear"},
		{"GC_RECORDING_PAUSE_URL", "http", []string{c.RecordingPauseURL}, "the call recorder is told in clear"},
		{"GC_RECORDING_RESUME_URL", "http", []string{c.RecordingResumeURL}, "the call recorder is told in clear"},
	} {
		var hosts []string
		for _, raw := range v.urls {
			u, err := url.Parse(strings.TrimSpace(raw))
			if err == nil && u.Scheme == v.scheme && !loopback(u.Hostname()) {
				hosts = append(hosts, u.Host)
			}
		}
		if len(hosts) > 0 {
			all = append(all, Warning{v.name, fmt.Sprintf("%s without TLS to %s: %s", v.scheme, strings.Join(hosts, ", "), v.what)})
		}
	}
	return all
}

// plainXMPP looks where the notifications come from: GC_XMPP_ADDRS, else the
// hosts of Finesse.
func (c Config) plainXMPP() []Warning {
	if c.XMPPTLS != "none" {
		return nil
	}
	var hosts []string
	if len(c.XMPPAddrs) > 0 {
		for _, a := range c.XMPPAddrs {
			if host, _, err := net.SplitHostPort(a); err == nil && !loopback(host) {
				hosts = append(hosts, a)
			}
		}
	} else {
		for _, raw := range c.FinesseURLs {
			if u, err := url.Parse(strings.TrimSpace(raw)); err == nil && !loopback(u.Hostname()) {
				hosts = append(hosts, u.Hostname())
			}
		}
	}
	if len(hosts) == 0 {
		return nil
	}
	return []Warning{{"GC_XMPP_TLS", "XMPP without TLS to " + strings.Join(hosts, ", ") + ": the agents' passwords go in clear"}}
}

// writableSecrets are the secret files of the environment that not only their
// owner can write.
func (c Config) writableSecrets() []Warning {
	var all []Warning
	for _, v := range Vars(&c) {
		name := v.Name + "_FILE"
		path := os.Getenv(name)
		if !v.Secret || path == "" {
			continue
		}
		if fi, err := os.Stat(path); err == nil && fi.Mode().Perm()&0o022 != 0 {
			all = append(all, Warning{name, fmt.Sprintf("others can write %s (mode %04o), and so choose the secret", path, fi.Mode().Perm())})
		}
	}
	return all
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
