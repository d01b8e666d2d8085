package compose

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/test/brokertest"
)

const (
	patience = 30 * time.Second // bounds every wait for something that must come
	tick     = 10 * time.Millisecond
)

// build compiles the program as the Dockerfile does.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "gcbridge")
	c := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", bin, "./cmd/gcbridge")
	c.Dir, c.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return bin
}

// process is a running container's stand-in.
type process struct {
	*brokertest.Child
	out output
}

// start runs the program with env and nothing else in its environment, until
// the test ends.
func start(t *testing.T, bin string, env, args []string) *process {
	t.Helper()
	p := &process{}
	cmd := exec.Command(bin, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &p.out, &p.out
	var err error
	p.Child, err = brokertest.Spawn(cmd)
	require.NoError(t, err)
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s:\n%s", strings.Join(args, " "), p.out.String())
		}
	})
	return p
}

// find waits for a line of the output and returns what the first group of the
// expression matches.
func (p *process) find(t *testing.T, expr string) string {
	t.Helper()
	re := regexp.MustCompile(expr)
	var m []string
	require.Eventually(t, func() bool { m = re.FindStringSubmatch(p.out.String()); return m != nil }, patience, tick,
		"no line %s", expr)
	return m[1]
}

// healthy runs the health check that the compose file names, and returns what
// it says and whether it ends with 0.
func healthy(t *testing.T, bin string, env, args []string) (string, bool) {
	t.Helper()
	c := exec.CommandContext(t.Context(), bin, args...)
	c.Env = env
	out, err := c.CombinedOutput()
	return string(out), err == nil
}

// output collects what a process prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

var _ io.Writer = (*output)(nil)

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
