// Package compose holds docker-compose.yml and the Dockerfile to what is true:
// its tests check both files and start the same parts as processes. It has no
// code of its own.
package compose

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
)

// root is the module's folder.
var root = filepath.Join("..", "..")

// composition is as much of a compose file as the tests use.
type composition struct {
	Services map[string]service `yaml:"services"`
	Configs  map[string]source  `yaml:"configs"`
	Secrets  map[string]source  `yaml:"secrets"`
	Volumes  map[string]any     `yaml:"volumes"`
}

type service struct {
	Image       string            `yaml:"image"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Secrets     []string          `yaml:"secrets"`
	Volumes     []string          `yaml:"volumes"`
	Ports       []string          `yaml:"ports"`
	Configs     []struct {
		Source string `yaml:"source"`
		Target string `yaml:"target"`
	} `yaml:"configs"`
	Healthcheck struct {
		Test    []string `yaml:"test"`
		Disable bool     `yaml:"disable"`
	} `yaml:"healthcheck"`
}

type source struct {
	File string `yaml:"file"`
}

// parse reads a compose file and checks it against the Compose Specification's
// own schema.
func parse(text []byte) (composition, error) {
	var c composition
	var doc any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return c, err
	}
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(root, "testdata", "compose", "compose-spec.json"))
	if err != nil {
		return c, err
	}
	if err := schema.Validate(plain(doc)); err != nil {
		return c, err
	}
	return c, yaml.Unmarshal(text, &c)
}

// plain turns what a YAML parser makes into what a JSON parser would make.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			out[key] = plain(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = plain(value)
		}
		return out
	case uint64:
		return float64(v)
	case int64:
		return float64(v)
	}
	return v
}

// findings are what is wrong with a composition that the schema cannot see.
func findings(c composition) []string {
	var out []string
	found := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	known := map[string]bool{}
	var cfg config.Config
	for _, v := range config.Vars(&cfg) {
		known[v.Name] = !v.Secret // a secret is a file
		known[v.Name+"_FILE"] = v.Secret
	}
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		s := c.Services[name]
		if _, tag, ok := strings.Cut(s.Image, ":"); !ok || tag == "latest" {
			found("%s: image %q has no tag of a version", name, s.Image)
		}
		if len(s.Healthcheck.Test) == 0 && !s.Healthcheck.Disable {
			found("%s: no health check", name)
		}
		for _, secret := range s.Secrets {
			if c.Secrets[secret].File == "" {
				found("%s: secret %s is no file", name, secret)
			}
		}
		for _, cf := range s.Configs {
			if _, err := os.Stat(filepath.Join(root, c.Configs[cf.Source].File)); err != nil || c.Configs[cf.Source].File == "" {
				found("%s: config %s is no file of the repository", name, cf.Source)
			}
		}
		for _, volume := range s.Volumes {
			if from, _, _ := strings.Cut(volume, ":"); !declared(c.Volumes, from) {
				found("%s: volume %s is not declared", name, from)
			}
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				found("%s: port %s is open to everybody", name, port)
			}
		}
		for _, variable := range slices.Sorted(maps.Keys(s.Environment)) {
			value := s.Environment[variable]
			secret, isFile := strings.CutPrefix(value, "/run/secrets/")
			switch {
			case !known[variable]:
				found("%s: %s is not a variable of gcbridge, or is a secret in clear", name, variable)
			case strings.HasSuffix(variable, "_FILE") && isFile && !slices.Contains(s.Secrets, secret):
				found("%s: %s names secret %s, which the service is not given", name, variable, secret)
			}
		}
	}
	return out
}

func declared(m map[string]any, key string) bool {
	_, ok := m[key]
	return ok
}

func composeFile(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	require.NoError(t, err)
	return text
}

func TestComposeFile(t *testing.T) {
	c, err := parse(composeFile(t))
	require.NoError(t, err)
	require.Empty(t, findings(c))
	require.Equal(t, []string{"broker-1", "broker-2", "node-1", "node-2", "sim"}, slices.Sorted(maps.Keys(c.Services)))
	for node, priority := range map[string]string{"node-1": "127", "node-2": "100"} {
		env := c.Services[node].Environment
		require.Equal(t, node, env["GC_NODE_ID"])
		require.Equal(t, priority, env["GC_CONSUMER_PRIORITY"])
		require.Equal(t, []string{"serve"}, c.Services[node].Command)
		require.Equal(t, []string{"CMD", "/gcbridge", "healthcheck"}, c.Services[node].Healthcheck.Test)
	}
}

// Each finding is made of a file that is wrong in one place.
func TestComposeFindings(t *testing.T) {
	text := string(composeFile(t))
	for _, tc := range []struct{ from, to, want string }{
		{"GC_FAILBACK:", "GC_FAIL_BACK:", "GC_FAIL_BACK is not a variable"},
		{"GC_SYNC_KEY_FILE:", "GC_SYNC_KEY:", "GC_SYNC_KEY is not a variable of gcbridge, or is a secret in clear"},
		{"/run/secrets/admin_token", "/run/secrets/token", "names secret token"},
		{"sync_key: {file: secrets/sync_key}", "sync_key: {external: true}", "secret sync_key is no file"},
		{"docs/pair/broker-1.xml", "docs/pair/broker-3.xml", "config broker-1 is no file"},
		{"source: broker-2", "source: broker-3", "config broker-3 is no file"},
		{`"broker-2:/opt`, `"broker-3:/opt`, "volume broker-3 is not declared"},
		{"127.0.0.1:8113:8112", "8113:8112", "port 8113:8112 is open"},
		{"apache/activemq-classic:5.19.2", "apache/activemq-classic", "no tag of a version"},
		{"gcbridge:pair", "gcbridge:latest", "no tag of a version"},
		{"healthcheck: {disable: true}", "", "sim: no health check"},
	} {
		t.Run(tc.want, func(t *testing.T) {
			require.Contains(t, text, tc.from)
			c, err := parse([]byte(strings.ReplaceAll(text, tc.from, tc.to)))
			require.NoError(t, err)
			require.Contains(t, strings.Join(findings(c), "\n"), tc.want)
		})
	}
	for from, to := range map[string]string{"restart:": "restarts:", "interval: 10s": "interval: [10]", "services:": "service:"} {
		_, err := parse([]byte(strings.ReplaceAll(text, from, to)))
		require.ErrorContains(t, err, "jsonschema", to)
	}
}
