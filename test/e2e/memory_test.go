package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge"
	"gcbridge/bridge/config"
	"gcbridge/protocol/secret"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// afterAll is a lab in which one node of a pair runs after the other: while none does,
// nobody has anything but the broker.
func afterAll(t *testing.T, brokerURL string) *lab {
	t.Helper()
	l := newLab(t, brokerURL, func(c *config.Config) { c.CommandQueue = "Idle" })
	l.cfg.CommandQueue = "Connector1"
	paired(&l.cfg)
	return l
}

// TestMemory: what the last node knew is known to the next; test/pairs kills them.
func TestMemory(t *testing.T) {
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) { memory(t, b.start(t)) })
	}
}

func memory(t *testing.T, brokerURL string) {
	t.Helper()
	l := afterAll(t, brokerURL)
	w, stop := l.another(l.cfg, bridge.Options{Linger: time.Second})
	p := newPhone(t, l.broker, own, rejected)
	p.login(own, "1001", "2001")
	p.answer(own, p.do("MakeReady#1001", ""), "READY")
	p.login(own, "1002", "2002")
	p.answer(own, p.do("Logout#1002", ""), "LOGOUT")
	require.True(t, wait.Until(patience, func() bool { return w.Snapshot().Pair.Held == 1 }), "their session has ended")
	require.True(t, wait.Until(patience, func() bool { m := w.Snapshot().Memory; return m.Reader && m.Keeps && m.Agents == 1 && m.Gone == 1 }))
	stop()
	ready := p.do("GetState#1001", "")
	gone := p.do("GetState#1002", "")
	nobody := p.do("GetState#1003", "")

	w, stop = l.another(l.cfg, bridge.Options{})
	require.Equal(t, "true", p.expect(own, "1001#DialogStatus#").header.Get("gcRecovered"))
	p.answer(own, ready, "1001#State#READY#")
	p.answer(own, gone, "1002#State#RE_LOGIN") // where they listened is known, and they are not raised
	p.answer(rejected, nobody)
	p.answer(own, p.do("Beat#A", ""), "System#IN_SERVICE")
	require.Empty(t, l.sim.Resources("1002"))
	require.Len(t, l.sim.Resources("1001"), 1)
	require.NotContains(t, p.describe(), "LOGOUT")
	require.EqualValues(t, 2, w.Snapshot().Counters["memory_read"])
	stop()

	t.Run("another key", func(t *testing.T) {
		cfg := l.cfg
		cfg.SyncKey = secret.New(strings.Repeat("ab", 32))
		w, stop := l.another(cfg, bridge.Options{})
		p.answer(own, p.do("Beat#A", ""), "RECONNECT")
		require.True(t, wait.Until(patience, func() bool { return w.Snapshot().Memory.Strange > 1 }))
		require.Zero(t, w.Snapshot().Counters["memory_read"])
		require.Equal(t, 1, strings.Count(l.logs.String(), "with another GC_SYNC_KEY perhaps"))
		stop()
		_, stop = l.another(l.cfg, bridge.Options{})
		p.answer(own, p.do("GetState#1001", ""), "1001#State#READY#")
		stop()
	})
	t.Run("switched off", func(t *testing.T) {
		cfg := l.cfg
		cfg.Memory = "off"
		w, stop := l.another(cfg, bridge.Options{})
		require.Nil(t, w.Snapshot().Memory)
		p.answer(own, p.do("Beat#A", ""), "RECONNECT")
		p.answer(own, p.do("GetState#1001", ""), "1001#State#RE_LOGIN") // the Beat has said where
		stop()
	})
}

// TestMemoryThatDoesNotWork: a node whose memory is full, or forbidden, works as if it
// had none, and says so once.
func TestMemoryThatDoesNotWork(t *testing.T) {
	for name, start := range map[string]func(t *testing.T, c *config.Config) string{
		"full": func(t *testing.T, _ *config.Config) string {
			t.Helper()
			amq := brokertest.ActiveMQ(t, brokertest.QueueLimit("1 mb"))
			body := strings.Repeat("x", 100<<10)
			for n := 0; ; n++ {
				p := newPhone(t, amq.URL())
				if p.conn.Send("/queue/Connector1.memory", true, body) != nil {
					return amq.URL()
				}
				require.Less(t, n, 100, "the limit is about 1 MB")
			}
		},
		"forbidden": func(t *testing.T, c *config.Config) string {
			t.Helper()
			c.BrokerUser, c.BrokerPassword = "node", secret.New("pw")
			return brokertest.ActiveMQ(t, brokertest.Template(withoutRights(t))).URL()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var url string
			l := newLab(t, "stomp://replaced:1", func(c *config.Config) {
				paired(c)
				url = start(t, c)
				c.BrokerURLs = []string{url}
			})
			p := newPhone(t, url, own)
			p.login(own, "1001", "2001")
			p.answer(own, p.do("MakeReady#1001", ""), "READY")
			require.True(t, wait.Until(patience, func() bool { return !l.worker.Snapshot().Memory.Keeps }))
			from := time.Now()
			p.answer(own, p.do("MakeCall#1001", "90001"), "1001#")
			require.Less(t, time.Since(from), 3*time.Second, "a call waits a second at most")
			p.expect(own, "1001#InboundCall#ACTIVE#")
			require.True(t, wait.Until(patience, func() bool { return l.worker.Snapshot().Counters["memory_lost"] > 0 }))
			require.NoError(t, l.worker.Ready())
			require.Zero(t, l.worker.Snapshot().Broker.Reconnects, "it costs the other connections nothing")
			require.Equal(t, 1, strings.Count(l.logs.String(), "not kept beyond the death of all nodes"))
		})
	}
}

// withoutRights is a broker's configuration in which nodes may use everything but the
// memory.
func withoutRights(t *testing.T) string {
	t.Helper()
	tmpl, err := os.ReadFile("../../testdata/activemq/activemq.xml.tmpl")
	require.NoError(t, err)
	const rights = `read="users" write="users" admin="users"/>`
	plugins := `<plugins>
      <simpleAuthenticationPlugin anonymousAccessAllowed="true" anonymousGroup="users"><users>
        <authenticationUser username="node" password="pw" groups="users"/>
      </users></simpleAuthenticationPlugin>
      <authorizationPlugin><map><authorizationMap><authorizationEntries>
        <authorizationEntry topic=">" ` + rights + `
        <authorizationEntry queue="Connector1" ` + rights + `
        <authorizationEntry queue="Connector1.rejected" ` + rights + `
        <authorizationEntry queue="settled" ` + rights + `
      </authorizationEntries></authorizationMap></map></authorizationPlugin>
    </plugins>
    <systemUsage>`
	path := filepath.Join(t.TempDir(), "activemq.xml.tmpl")
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(tmpl), "<systemUsage>", plugins, 1)), 0o600))
	return path
}
