package pairs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gcbridge/finesse/sim"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

const (
	patience = 20 * time.Second // bounds every wait for something that must come
	tick     = 5 * time.Millisecond
)

// Brokers are two brokers in a network.
type Brokers struct{ One, Two *brokertest.Broker }

// StartBrokers starts them; they end with t.
func StartBrokers(t TB) Brokers {
	t.Helper()
	one := brokertest.ActiveMQ(t, brokertest.Name("amq-1"))
	two := brokertest.ActiveMQ(t, brokertest.Name("amq-2"), brokertest.Network(one))
	t.Cleanup(func() {
		keepLog(os.Getenv("PAIRS_LOGS"), "amq-1", one.Log())
		keepLog(os.Getenv("PAIRS_LOGS"), "amq-2", two.Log())
	})
	return Brokers{one, two}
}

// Setup is how the nodes of a [Lab] are arranged.
type Setup struct {
	Brokers    Brokers // whose logs are evidence
	Failback   bool
	Priorities [2]int
	// Order holds for each node the URLs of its brokers, first choice first.
	Order [2][]string
	// Timeout is GC_SYNC_TIMEOUT; Interval GC_SYNC_INTERVAL.
	Timeout, Interval time.Duration
	Env               []string    // further NAME=value of both nodes
	NodeEnv           [2][]string // and of each
	// Alone starts the first node only, and it knows of no pair.
	Alone   bool
	Finesse []*sim.Server
	// REST and XMPP override where the nodes find the Finesse servers.
	REST, XMPP []string
}

// ActivePassive is the set-up in which node 1 serves, node 2 stands by; both know AMQ-1 first.
func ActivePassive(b Brokers) Setup {
	order := []string{b.One.URL(), b.Two.URL()}
	return Setup{
		Brokers: b, Failback: true, Priorities: [2]int{127, 100}, Order: [2][]string{order, order},
		Timeout: time.Second, Interval: time.Second,
	}
}

// ActiveActive is the set-up in which each node has a broker of its own, and
// keeps what it has.
func ActiveActive(b Brokers) Setup {
	s := ActivePassive(b)
	s.Failback = false
	s.Order[1] = []string{b.Two.URL(), b.One.URL()}
	return s
}

// Lab is a pair of nodes at work. Its queue and topic are its own, so that
// brokers can be used by one lab after the other. With PAIRS_LOGS in the
// environment the logs are left in that folder.
type Lab struct {
	t     TB
	Nodes [2]*Node
	Queue string // of commands
	Setup Setup
}

// syncKey is the lab's GC_SYNC_KEY: 32 bytes in hex.
var syncKey = strings.Repeat("5a", 32)

// keepLog leaves a log in a folder, if one is given.
func keepLog(dir, name, text string) {
	if dir != "" {
		_ = os.WriteFile(filepath.Join(dir, name+".log"), []byte(text), 0o600) // for a person, who sees if it is missing
	}
}

// StartFinesse runs a simulator until the test ends.
func StartFinesse(t TB, opts ...sim.Option) *sim.Server {
	t.Helper()
	return sim.Start(t, append(slices.Clone(opts), sim.WithEnvironment(os.Getenv))...)
}

// NewLab prepares nodes of the program bin, and starts none. name tells labs on
// the same brokers apart.
func NewLab(t TB, bin, name string, s Setup) *Lab {
	t.Helper()
	l := &Lab{t: t, Queue: "Connector." + name, Setup: s}
	for i := range l.Nodes {
		l.Nodes[i] = &Node{Name: "gc-" + strconv.Itoa(i+1), t: t, bin: bin, env: l.env(i, name)}
	}
	t.Cleanup(func() {
		for _, n := range l.Nodes {
			n.Kill()
			keepLog(os.Getenv("PAIRS_LOGS"), name+"-"+n.Name, n.Log())
			if t.Failed() {
				t.Logf("end of the log of %s:\n%s", n.Name, lastLines(n.Log(), 60))
			}
		}
	})
	return l
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func (l *Lab) env(i int, name string) []string {
	s := l.Setup
	rest, xmpp := s.REST, s.XMPP
	for _, f := range s.Finesse {
		if s.REST == nil {
			rest = append(rest, f.RESTURL())
		}
		if s.XMPP == nil {
			xmpp = append(xmpp, f.XMPPAddr())
		}
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"GC_NODE_ID=gc-" + strconv.Itoa(i+1),
		"GC_BROKER_URLS=" + strings.Join(s.Order[i], ","),
		"GC_COMMAND_QUEUE=" + l.Queue, "GC_REJECT_QUEUE=" + l.Queue + ".rejected",
		"GC_CONSUMER_PRIORITY=" + strconv.Itoa(s.Priorities[i]),
		"GC_MESSAGE_FORMAT=DEFAULT", "GC_TIMEZONE=UTC",
		"GC_FINESSE_URLS=" + strings.Join(rest, ","), "GC_XMPP_ADDRS=" + strings.Join(xmpp, ","),
		"GC_XMPP_TLS=" + s.Finesse[0].XMPPTLS(), "GC_FINESSE_HEARTBEAT=200ms",
		"GC_SYNC_KEY=" + syncKey, "GC_SYNC_TOPIC=Sync." + name,
		"GC_SYNC_TIMEOUT=" + s.Timeout.String(), "GC_SYNC_INTERVAL=" + s.Interval.String(),
		"GC_FAILBACK=" + strconv.FormatBool(s.Failback),
		"GC_ADMIN_LISTEN=127.0.0.1:0",
	}
	if s.Alone {
		env = append(env, "GC_SYNC_TOPIC=") // of two values of a name the last counts
	}
	return append(append(env, s.Env...), s.NodeEnv[i]...)
}

// Start starts the nodes and waits until they are ready and know each other.
func (l *Lab) Start() {
	l.t.Helper()
	if l.Setup.Alone {
		l.Nodes[0].Start()
		if !wait.Until(patience, l.Nodes[0].Ready) {
			l.t.Fatalf("%s is not ready", l.Nodes[0].Name)
		}
		return
	}
	for _, n := range l.Nodes {
		n.Start()
	}
	l.Whole(0)
	// Either may have been the first to consume; now each gets what is its own.
	for _, n := range l.Nodes {
		if !wait.Until(patience, func() bool { return strings.Contains(n.Log(), `"message":"consuming"`) }) {
			l.t.Fatalf("%s does not consume", n.Name)
		}
	}
}

// Whole waits until both nodes live, are ready, and between them know of the
// given number of agents on either node.
func (l *Lab) Whole(agents int) {
	l.t.Helper()
	if l.Setup.Alone {
		return
	}
	var why string
	ok := wait.Until(2*patience, func() bool {
		why = l.notWhole(agents)
		return why == ""
	})
	if !ok {
		l.t.Fatalf("the pair is not whole: %s", why)
	}
}

func (l *Lab) notWhole(agents int) string {
	held := 0
	for _, n := range l.Nodes {
		st, err := n.Status()
		switch {
		case err != nil:
			return err.Error()
		case !n.Ready():
			return n.Name + " is not ready"
		case st.Pair == nil || !st.Pair.Ready || len(st.Pair.Peers) == 0 || !st.Pair.Peers[0].Up:
			return fmt.Sprintf("%s has not heard its peer: %+v", n.Name, st.Pair)
		case st.Pair.Taking > 0:
			return fmt.Sprintf("%s is taking %d agents", n.Name, st.Pair.Taking)
		case st.Pair.Held+st.Pair.Replicas < agents:
			return fmt.Sprintf("%s knows %d and %d of %d agents", n.Name, st.Pair.Held, st.Pair.Replicas, agents)
		}
		held += st.Pair.Held
	}
	if held != agents && agents > 0 {
		return fmt.Sprintf("%d agents are held of %d", held, agents)
	}
	return ""
}

// Holding waits until each node holds so many agents.
func (l *Lab) Holding(first, second int) {
	l.t.Helper()
	var held [2]int
	ok := wait.Until(2*patience, func() bool {
		for i, n := range l.Nodes {
			st, err := n.Status()
			if held[i] = -1; err == nil && st.Pair != nil {
				held[i] = st.Pair.Held
			}
		}
		return held == [2]int{first, second}
	})
	if !ok {
		l.t.Fatalf("the nodes hold %v agents instead of %d and %d", held, first, second)
	}
}
