package compose

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// instruction is a line of a Dockerfile.
type instruction struct{ word, args string }

func instructions(text string) []instruction {
	var out []instruction
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		word, args, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word != "" && !strings.HasPrefix(word, "#") {
			out = append(out, instruction{strings.ToUpper(word), strings.TrimSpace(args)})
		}
	}
	return out
}

// complaints are what is wrong with a Dockerfile.
func complaints(text string) []string {
	var out []string
	last := map[string]string{} // of the final stage
	for _, i := range instructions(text) {
		if i.word == "FROM" {
			clear(last)
			image, _, _ := strings.Cut(i.args, " ")
			_, tag, _ := strings.Cut(image, ":")
			if image != "scratch" && (tag == "" || tag == "latest") {
				out = append(out, "base "+image+" has no tag of a version")
			}
		}
		if i.word == "ADD" {
			out = append(out, "ADD fetches and unpacks: use COPY")
		}
		last[i.word] = i.args
	}
	if user, _, _ := strings.Cut(last["USER"], ":"); user == "" || user == "root" || user == "0" {
		out = append(out, "it runs as root")
	}
	_, check, _ := strings.Cut(last["HEALTHCHECK"], "CMD ")
	for word, args := range map[string]string{"ENTRYPOINT": last["ENTRYPOINT"], "CMD": last["CMD"], "HEALTHCHECK": check} {
		var argv []string
		if json.Unmarshal([]byte(args), &argv) != nil || len(argv) == 0 {
			out = append(out, word+" is missing or needs a shell")
		}
	}
	return out
}

func TestDockerfile(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)
	text := string(b)
	require.Empty(t, complaints(text))
	for _, tc := range []struct{ from, to, want string }{
		{"golang:1.26-bookworm", "golang", "base golang has no tag"},
		{"golang:1.26-bookworm", "golang:latest", "base golang:latest has no tag"},
		{"USER 65532:65532\n", "", "runs as root"},
		{"USER 65532:65532\n", "USER 0:0\n", "runs as root"},
		{"USER 65532:65532\n", "USER 1\nFROM scratch\n", "runs as root"},
		{`ENTRYPOINT ["/gcbridge"]`, `ENTRYPOINT /gcbridge`, "ENTRYPOINT is missing or needs a shell"},
		{`CMD ["serve"]`, `CMD serve`, "CMD is missing or needs a shell"},
		{`CMD ["/gcbridge", "healthcheck", "--live"]`, `CMD /gcbridge healthcheck`, "HEALTHCHECK is missing or needs a shell"},
		{"HEALTHCHECK", "# HEALTHCHECK", "HEALTHCHECK is missing"},
		{"COPY . .", "ADD . .", "use COPY"},
	} {
		require.Contains(t, text, tc.from)
		require.Contains(t, strings.Join(complaints(strings.Replace(text, tc.from, tc.to, 1)), "\n"), tc.want, tc.to)
	}
}

// What the build does not need stays out of it, secrets above all.
func TestBuildContext(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	require.NoError(t, err)
	for _, path := range []string{".git", "secrets", "testdata", "bin"} {
		require.Contains(t, strings.Split(string(b), "\n"), path)
	}
	b, err = os.ReadFile(filepath.Join(root, ".gitignore"))
	require.NoError(t, err)
	require.Contains(t, strings.Split(string(b), "\n"), "/secrets/")
}
