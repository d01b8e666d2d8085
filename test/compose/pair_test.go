package compose

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-stomp/stomp/v3"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge"
	"gcbridge/bridge/broker"
	"gcbridge/protocol/secret"
	"gcbridge/test/brokertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stand is the composition on this machine: each service a process on loopback.
type stand struct {
	t       *testing.T
	c       composition
	bin     string
	secrets map[string]string // of the compose file, by name
	places  []string          // what containers call things, and what they are here: pairs for a Replacer
}

// newStand prepares the secrets as files, and the program.
func newStand(t *testing.T) *stand {
	t.Helper()
	c, err := parse(composeFile(t))
	require.NoError(t, err)
	require.Empty(t, findings(c))
	s := &stand{t: t, c: c, bin: build(t), secrets: map[string]string{
		"broker_password": "b-c4n4ry", "client_password": "c-c4n4ry", "admin_token": "a-c4n4ry",
		"sync_key": "3q2+7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs=",
	}}
	dir := t.TempDir()
	for name := range c.Secrets {
		require.Contains(t, s.secrets, name)
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(s.secrets[name]+"\n"), 0o600))
		s.place("/run/secrets/"+name, path)
	}
	return s
}

// place says what something of the containers is here.
func (s *stand) place(container, here string) { s.places = append(s.places, container, here) }

// here translates a value of the compose file or of a file that it mounts.
func (s *stand) here(value string) string { return strings.NewReplacer(s.places...).Replace(value) }

// broker starts ActiveMQ with the configuration that the compose file mounts.
func (s *stand) broker(name string, opts ...brokertest.Option) *brokertest.Broker {
	s.t.Helper()
	svc := s.c.Services[name]
	i := slices.IndexFunc(svc.Configs, func(c struct {
		Source string `yaml:"source"`
		Target string `yaml:"target"`
	},
	) bool {
		return strings.HasSuffix(c.Target, "/conf/activemq.xml")
	})
	require.GreaterOrEqual(s.t, i, 0)
	xml, err := os.ReadFile(filepath.Join(root, s.c.Configs[svc.Configs[i].Source].File))
	require.NoError(s.t, err)
	require.Len(s.t, svc.Volumes, 1)
	_, data, _ := strings.Cut(svc.Volumes[0], ":")
	require.Contains(s.t, string(xml), data, "the broker keeps its messages in the volume")
	text := strings.NewReplacer(
		data, "{{.Data}}", "tcp://broker-1:61616", "{{.Peer}}",
		"0.0.0.0:61616", "127.0.0.1:{{.OpenWirePort}}", "0.0.0.0:61613", "127.0.0.1:{{.StompPort}}",
	).Replace(string(xml))
	path := filepath.Join(s.t.TempDir(), "activemq.xml.tmpl")
	require.NoError(s.t, os.WriteFile(path, []byte(s.here(text)), 0o600))
	b := brokertest.ActiveMQ(s.t, append(opts, brokertest.Template(path))...)
	s.place("stomp://"+name+":61613", b.URL())
	return b
}

// sim starts the simulator with the arguments of the compose file.
func (s *stand) sim() {
	s.t.Helper()
	const rest, xmpp = "0.0.0.0:8082", "0.0.0.0:5222"
	command := strings.Join(s.c.Services["sim"].Command, "\x00")
	require.Contains(s.t, command, rest)
	require.Contains(s.t, command, xmpp)
	command = strings.NewReplacer(rest, "127.0.0.1:0", xmpp, "127.0.0.1:0").Replace(command)
	p := start(s.t, s.bin, nil, strings.Split(command, "\x00"))
	s.place("http://sim:8082/finesse/api", p.find(s.t, `(?m)^REST (\S+)$`))
	s.place("sim:5222", p.find(s.t, `(?m)^XMPP (\S+) `))
}

// node is a service that runs `gcbridge serve`.
type node struct {
	*process
	env   []string
	admin string // host:port
}

// node starts a node with the environment of the compose file.
func (s *stand) node(name string) *node {
	s.t.Helper()
	svc := s.c.Services[name]
	n := &node{}
	for variable, value := range svc.Environment {
		if variable == "GC_ADMIN_LISTEN" {
			require.Equal(s.t, ":8112", value, "the published port")
			value = "127.0.0.1:0"
		}
		value = s.here(value)
		for service := range s.c.Services {
			require.False(s.t, variable != "GC_NODE_ID" && strings.Contains(value, service), "%s=%s has no counterpart here", variable, value)
		}
		n.env = append(n.env, variable+"="+value)
	}
	n.process = start(s.t, s.bin, n.env, svc.Command)
	n.admin = n.find(s.t, `"address":"([^"]+)"[^\n]*"message":"admin endpoints"`)
	for i, v := range n.env {
		if strings.HasPrefix(v, "GC_ADMIN_LISTEN=") {
			n.env[i] = "GC_ADMIN_LISTEN=" + n.admin
		}
	}
	return n
}

// healthy waits for the health check of the compose file.
func (s *stand) healthy(name string, n *node) {
	s.t.Helper()
	check := s.c.Services[name].Healthcheck.Test
	require.Equal(s.t, []string{"CMD", "/gcbridge"}, check[:2])
	require.Eventually(s.t, func() bool { _, ok := healthy(s.t, s.bin, n.env, check[2:]); return ok }, patience, 10*tick)
}

// status asks a node for its status with the token of the compose file.
func (s *stand) status(n *node) (bridge.Status, bool) {
	s.t.Helper()
	var st bridge.Status
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+n.admin+"/status", http.NoBody)
	require.NoError(s.t, err)
	req.Header.Set("Authorization", "Bearer "+s.secrets["admin_token"])
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return st, false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	require.NotContains(s.t, string(body), "c4n4ry")
	require.NoError(s.t, json.Unmarshal(body, &st))
	return st, true
}

// sees waits until the one node knows the other as its living peer.
func (s *stand) sees(n *node, peer string, priority int) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		st, ok := s.status(n)
		return ok && st.Paired && st.Pair.Ready && len(st.Pair.Peers) == 1 && st.Pair.Peers[0].Up &&
			st.Pair.Peers[0].Node == peer && st.Pair.Peers[0].Priority == priority
	}, patience, tick, "%s in the status of the other", peer)
}

// The pair of docker-compose.yml works: both nodes are healthy and know each
// other, an agent logs in, the node with 127 serves, and when it is killed the
// other one goes on with the agent.
func TestComposedPair(t *testing.T) {
	s := newStand(t)
	one := s.broker("broker-1", brokertest.Name("broker-1"))
	two := s.broker("broker-2", brokertest.Name("broker-2"), brokertest.Network(one))
	s.sim()
	first, second := s.node("node-1"), s.node("node-2")
	s.healthy("node-1", first)
	s.healthy("node-2", second)
	s.sees(first, "node-2", 100)
	s.sees(second, "node-1", 127)

	for user, password := range map[string]string{"gcbridge": "wrong", "desk": s.secrets["broker_password"], "": ""} {
		_, err := stomp.Dial("tcp", strings.TrimPrefix(one.URL(), "stomp://"), stomp.ConnOpt.Login(user, password))
		require.Error(t, err, "only with the password of the secret")
	}

	// A client of the other broker: the network carries both directions.
	queue, err := broker.Queue("Connector1")
	require.NoError(t, err)
	own, err := broker.Topic("gc.desk.1001")
	require.NoError(t, err)
	client := brokertest.Run(t, broker.Config{
		URLs: []string{two.URL()}, User: "desk", Password: secret.New(s.secrets["client_password"]),
	}, brokertest.Consume(own))
	do := func(word, body string) {
		t.Helper()
		require.NoError(t, client.Confirmed(broker.Message{To: queue, Type: word + "#1001", Body: body}))
	}
	expect := func(node string, parts ...string) {
		t.Helper()
		for {
			d := client.Next()
			d.Ack()
			missing := func(part string) bool { return !strings.Contains(string(d.Body), part) }
			if d.Properties["gcNode"] == node && !slices.ContainsFunc(parts, missing) {
				return
			}
		}
	}
	do("Connect", "gc.desk.1001,pw1001")
	do("Login", "pw1001,2001")
	expect("node-1", `"State"`, "NOT_READY")
	do("MakeReady", "")
	expect("node-1", `"State"`, `"READY"`)
	require.Eventually(t, func() bool {
		held, ok := s.status(first)
		replica, ok2 := s.status(second)
		return ok && ok2 && held.Pair.Held == 1 && replica.Pair.Held == 0 && replica.Pair.Replicas == 1
	}, patience, tick, "node-1 serves, node-2 holds a replica")

	first.Kill()
	said, ok := healthy(t, s.bin, first.env, s.c.Services["node-1"].Healthcheck.Test[2:])
	require.False(t, ok)
	require.Contains(t, said, "refused")
	expect("node-2", `"DialogStatus"`)
	expect("node-2", `"State"`, `"READY"`)
	do("MakeNotReady", "")
	expect("node-2", `"State"`, "NOT_READY")
	st, ok := s.status(second)
	require.True(t, ok)
	require.Equal(t, 1, st.Pair.Held)
	require.False(t, st.Pair.Peers[0].Up)
	for _, p := range []*process{first.process, second.process} {
		require.NotContains(t, p.out.String(), "c4n4ry")
		require.NotContains(t, p.out.String(), s.secrets["sync_key"])
	}
}
