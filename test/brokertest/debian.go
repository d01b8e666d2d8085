package brokertest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// install is what a machine needs for the tests of this package.
const install = "apt-get install activemq default-jdk-headless libxstream-java libjettison-java"

// errMissing is a part that is not installed.
var errMissing = errors.New("not installed (" + install + ")")

// share is Debian's folder of architecture-independent files; a test host that
// keeps them elsewhere sets XDG_DATA_DIRS, as for any other program.
func share(path ...string) (string, error) {
	dirs := filepath.SplitList(os.Getenv("XDG_DATA_DIRS"))
	for _, dir := range append(dirs, "/usr/share") {
		full := filepath.Join(append([]string{dir}, path...)...)
		if _, err := os.Stat(full); err == nil {
			return full, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("brokertest: %w", err)
		}
	}
	return "", fmt.Errorf("brokertest: %s is %w", filepath.Join(path...), errMissing)
}

// Java finds a program of the JDK: "java" or "javac".
func Java(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("brokertest: %s is %w", program, errMissing)
	}
	return path, nil
}

// clientJars is what a JMS client over OpenWire needs at run time. Without
// hawtbuf plain sends work, but failover URLs do not.
var clientJars = []string{
	"activemq-client.jar", "geronimo-jms_1.1_spec.jar", "geronimo-j2ee-management-1.1-spec.jar",
	"hawtbuf.jar", "slf4j-api.jar", "slf4j-nop.jar",
}

// ClientClasspath is the class path for compiling and running a JMS 1.1 client
// of ActiveMQ with Debian's jars.
func ClientClasspath() (string, error) {
	jars := make([]string, 0, len(clientJars))
	for _, name := range clientJars {
		jar, err := share("java", name)
		if err != nil {
			return "", err
		}
		jars = append(jars, jar)
	}
	return strings.Join(jars, string(os.PathListSeparator)), nil
}

// testdata finds a folder under the module's testdata, from any package of it.
func testdata(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("brokertest: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata", name), nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("brokertest: no go.mod above the working directory")
		}
		dir = up
	}
}
