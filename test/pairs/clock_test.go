package pairs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/gateway/clocks"
	"gcbridge/finesse/sim"
	"gcbridge/test/wait"
)

// buildAhead compiles the program with a clock that is ahead. The program takes no
// such setting: the standard library under it says another time of day. What a Go
// program measures by its monotonic clock is as it was.
func buildAhead(ctx context.Context, dir string, ahead time.Duration) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	text, err := os.ReadFile(original)
	if err != nil {
		return "", fmt.Errorf("the clock of Go: %w", err)
	}
	const now = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	if !bytes.Contains(text, []byte(now)) {
		return "", fmt.Errorf("%s has another Now", original)
	}
	text = bytes.Replace(text, []byte(now), fmt.Appendf(nil, "%s\tsec += %d\n", now, int(ahead/time.Second)), 1)
	changed, overlay, bin := filepath.Join(dir, "time.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "gcbridge-ahead")
	instead, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	for name, content := range map[string][]byte{changed: text, overlay: instead} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return "", err
		}
	}
	out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-overlay", overlay, "-o", bin, "gcbridge/cmd/gcbridge").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return bin, nil
}

// clockDesk is the client of one agent, whose clock may be wrong.
type clockDesk struct {
	t *testing.T
	*Client
	agent string
}

// asks sends a command as a client whose clock is so far behind, and returns its answer.
func (d clockDesk) asks(behind time.Duration, word, body string) Event {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	corr, err := d.DoAt(ctx, time.Now().Add(-behind), word+"#"+d.agent, body)
	require.NoError(d.t, err)
	var answer Event
	require.True(d.t, wait.Until(patience, func() bool {
		all := d.Events()
		i := slices.IndexFunc(all, func(e Event) bool { return e.Corr == corr })
		if i >= 0 {
			answer = all[i]
		}
		return i >= 0
	}), "%s is not answered", word)
	return answer
}

// served shows that a node carries out the agent's commands.
func (d clockDesk) served(node *Node, behind time.Duration) {
	d.t.Helper()
	for _, step := range [][2]string{{"MakeReady", "#State#READY#"}, {"MakeNotReady", "#State#NOT_READY#"}} {
		e := d.asks(behind, step[0], "")
		require.Contains(d.t, e.Body, d.agent+step[1])
		require.Equal(d.t, node.Name, e.Node)
	}
}

// calm shows what the client was never told.
func (d clockDesk) calm() {
	d.t.Helper()
	for _, e := range d.Events() {
		require.NotContains(d.t, e.Body, "LOGOUT")
		require.NotContains(d.t, e.Body, "RE_LOGIN")
	}
}

// clockLab is a pair and its clients.
type clockLab struct {
	*Lab
	t       *testing.T
	brokers Brokers
}

func newClockLab(t *testing.T, b Brokers, name string) clockLab {
	t.Helper()
	set := ActivePassive(b)
	set.Finesse = []*sim.Server{StartFinesse(t, sim.WithScale(2))}
	return clockLab{NewLab(t, program, "Clocks"+name, set), t, b}
}

// settled waits until the nodes have consumed for a while: what comes before then
// may have waited in the queue, and is judged by clocks that are believed to agree.
func (l clockLab) settled() {
	l.t.Helper()
	from := time.Now()
	require.True(l.t, wait.Until(patience, func() bool { return time.Since(from) > 1500*time.Millisecond }))
}

// desk logs the nth agent in, from a client whose clock is so far behind.
func (l clockLab) desk(n int, behind time.Duration) clockDesk {
	l.t.Helper()
	dest := fmt.Sprintf("desk.%s.%d", l.Queue, n)
	d := clockDesk{l.t, NewClient(l.t, l.Queue, []string{"/queue/" + dest}, l.brokers.One.URL()), agentID(n)}
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	_, err := d.DoAt(ctx, time.Now().Add(-behind), "Connect#"+d.agent, "queue://"+dest+",pw"+d.agent)
	require.NoError(l.t, err)
	require.Contains(l.t, d.asks(behind, "Login", fmt.Sprintf("pw%s,%d", d.agent, 500001+n)).Body, "#AgentInfo#")
	return d
}

// TestClocks plays what wrong clocks do to a pair.
func TestClocks(t *testing.T) {
	b := StartBrokers(t)
	t.Run("a node is 40 s fast", func(t *testing.T) {
		bin, err := buildAhead(t.Context(), t.TempDir(), 40*time.Second)
		require.NoError(t, err)
		lab := newClockLab(t, b, "Fast")
		lab.Nodes[0].bin = bin
		for _, n := range lab.Nodes {
			n.Start()
		}
		consuming := func(n *Node) bool { return n.Ready() && strings.Contains(n.Log(), `"message":"consuming"`) }
		require.True(t, wait.Until(patience, func() bool { return consuming(lab.Nodes[0]) && consuming(lab.Nodes[1]) }))
		lab.settled()
		fast := lab.Nodes[0]
		right, slow := lab.desk(0, 0), lab.desk(1, 31*time.Second)
		right.served(fast, 0)
		slow.served(fast, 31*time.Second)
		require.True(t, fast.Ready())

		st, err := fast.Status()
		require.NoError(t, err)
		behind := func(want time.Duration) bool {
			return slices.ContainsFunc(st.Clocks, func(o clocks.Offset) bool { return (o.Behind - want).Abs() < 5*time.Second })
		}
		require.True(t, behind(40*time.Second), "%+v", st.Clocks)
		require.Positive(t, st.Counters["clocks_off_producer"]+st.Counters["clocks_off_broker"])
		require.Contains(t, fast.Log(), "a clock is off against this node's")
		for _, n := range lab.Nodes {
			require.Contains(t, n.Log(), "their clocks differ", n.Name)
		}
	})
	t.Run("a client is 31 s slow", func(t *testing.T) {
		lab := newClockLab(t, b, "Slow")
		lab.Start()
		lab.settled()
		right, slow := lab.desk(0, 0), lab.desk(1, 31*time.Second)
		slow.served(lab.Nodes[0], 31*time.Second)
		right.served(lab.Nodes[0], 0)
		lab.Whole(2)
		lab.Nodes[0].Kill()
		slow.served(lab.Nodes[1], 31*time.Second)
		slow.calm()
		right.calm()
	})
	t.Run("a node that refuses most gives way", func(t *testing.T) {
		lab := newClockLab(t, b, "Doubt")
		lab.Start()
		lab.settled()
		right, odd := lab.desk(0, 0), lab.desk(1, 0)
		right.served(lab.Nodes[0], 0)
		odd.served(lab.Nodes[0], 0)
		refused := 0
		for i := 0; lab.Nodes[0].Ready(); i++ {
			require.Less(t, i, 60, "the node goes on refusing")
			if strings.Contains(odd.asks(time.Duration(40+3*(i%4))*time.Second, "GetState", "").Body, "PLEASE_RETRY") {
				refused++
			}
		}
		require.GreaterOrEqual(t, refused, 5)
		require.Contains(t, lab.Nodes[0].why(), "most commands are refused as too old")
		lab.Holding(0, 2)
		require.True(t, lab.Nodes[1].Ready())
		right.served(lab.Nodes[1], 0)
		right.calm()
	})
}

// why is what the node says of its readiness.
func (n *Node) why() string {
	resp, err := n.get("/readyz")
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	_, _ = b.ReadFrom(resp.Body)
	return b.String()
}
