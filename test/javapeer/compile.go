package javapeer

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// jars is where Debian's Java packages put their jars; libactivemq-java brings
// all of those below.
const jars = "/usr/share/java"

// Classes is a compiled Java client, from which any number can be started.
type Classes struct{ classpath string }

// Compile compiles testdata/java with javac into the test's temporary folder.
// Call it once and start as many clients from the result as needed.
func Compile(tb testing.TB) Classes {
	tb.Helper()
	dir := tb.TempDir()
	api := classpath("activemq-client.jar", "geronimo-jms_1.1_spec.jar")
	source := filepath.Join(moduleRoot(tb), "testdata", "java", "Peer.java")
	out, err := exec.CommandContext(tb.Context(), "javac", "-Xlint:all", "-Werror", "-d", dir, "-cp", api, source).CombinedOutput()
	require.NoError(tb, err, "javac: %s", out)
	runtime := classpath("geronimo-j2ee-management-1.1-spec.jar", "hawtbuf.jar", "slf4j-api.jar", "slf4j-nop.jar")
	return Classes{classpath: strings.Join([]string{dir, api, runtime}, string(filepath.ListSeparator))}
}

func classpath(names ...string) string {
	for i, name := range names {
		names[i] = filepath.Join(jars, name)
	}
	return strings.Join(names, string(filepath.ListSeparator))
}

// moduleRoot is the folder of go.mod above the package under test.
func moduleRoot(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	require.NoError(tb, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		require.NotEqual(tb, parent, dir, "no go.mod above the test")
		dir = parent
	}
}
