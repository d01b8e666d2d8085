package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gcbridge/protocol/secret"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func runAgent(t *testing.T, args ...string) error {
	t.Helper()
	c := agentCommand()
	c.SilenceUsage, c.SilenceErrors = true, true
	c.SetArgs(append([]string{}, args...)) // nil would be the arguments of the test
	c.SetIn(strings.NewReader(""))
	c.SetOut(io.Discard)
	return c.ExecuteContext(t.Context())
}

func TestAgentFlags(t *testing.T) {
	dir := t.TempDir()
	mistake := filepath.Join(dir, "mistake.script")
	require.NoError(t, os.WriteFile(mistake, []byte("hello\ndance\n"), 0o600))
	tests := map[string]struct {
		args []string
		want string
	}{
		"no id":              {nil, `required flag(s) "id" not set`},
		"two passwords":      {[]string{"--id", "1", "--agent-password", "a", "--agent-password-file", "b"}, "none of the others can be"},
		"no password file":   {[]string{"--id", "1", "--agent-password-file", filepath.Join(dir, "none")}, "password: open"},
		"no script":          {[]string{"--id", "1", "--script", filepath.Join(dir, "none")}, "no such file"},
		"mistake in script":  {[]string{"--id", "1", "--script", mistake}, "line 2: dance: no such command"},
		"format":             {[]string{"--id", "1", "--format", "xml"}, `format "XML"`},
		"no broker":          {[]string{"--id", "1", "--broker", "stomp://127.0.0.1:1", "--timeout", "100ms"}, "no broker within 100ms"},
		"not a broker's URL": {[]string{"--id", "1", "--broker", "http://127.0.0.1:1"}, "http"},
		"argument":           {[]string{"--id", "1", "hello"}, "unknown command"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, runAgent(t, tt.args...), tt.want)
		})
	}
}

func TestReadSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pw")
	require.NoError(t, os.WriteFile(file, []byte(" pw 1001 \r\n"), 0o600))
	got, err := readSecret(file, "")
	require.NoError(t, err)
	require.Equal(t, secret.New(" pw 1001 "), got)
	got, err = readSecret("", "flag")
	require.NoError(t, err)
	require.Equal(t, secret.New("flag"), got)
}

func TestInterruptible(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	r := &interruptible{ctx: ctx, in: read}
	go func() { _, _ = write.Write([]byte("hello\n")) }()
	buf := make([]byte, 16)
	n, err := r.Read(buf)
	require.NoError(t, err)
	require.Equal(t, "hello\n", string(buf[:n]))

	cancel()
	_, err = r.Read(buf)
	require.ErrorIs(t, err, io.EOF, "the input has ended")
	require.NoError(t, write.Close()) // ends the read that was left behind
}

func TestTerminal(t *testing.T) {
	require.False(t, terminal(&bytes.Buffer{}))
	file, err := os.Open(t.TempDir())
	require.NoError(t, err)
	defer file.Close()
	require.False(t, terminal(file))
}
