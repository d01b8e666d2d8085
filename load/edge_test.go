package load

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
)

func TestTarget(t *testing.T) {
	here, away := []string{"stomp://localhost:61613"}, "198.51.100.7"
	for name, c := range map[string]struct {
		target Target
		why    string // "" = it may be played
	}{
		"a simulator here":          {Target{Brokers: here, Simulator: "http://127.0.0.1:8445"}, ""},
		"a Finesse here":            {Target{Brokers: here, Finesse: []string{"https://[::1]:8445/finesse/api", "127.0.0.1:8445"}}, ""},
		"nothing is known":          {Target{Brokers: here}, "nothing says which Finesse"},
		"a broker elsewhere":        {Target{Brokers: append(here, "stomp+ssl://amq:61614"), Simulator: "http://127.0.0.1:1"}, "the broker stomp+ssl://amq:61614 is not"},
		"a Finesse elsewhere":       {Target{Brokers: here, Finesse: []string{"https://" + away + ":8445/finesse/api"}}, "the Finesse https://" + away},
		"also beside a simulator":   {Target{Brokers: here, Finesse: []string{away + ":8445"}, Simulator: "http://127.0.0.1:1"}, "the Finesse " + away},
		"a simulator elsewhere":     {Target{Brokers: here, Simulator: "http://sim:8445"}, "the simulator http://sim:8445"},
		"a name that looks like it": {Target{Brokers: here, Simulator: "http://127.0.0.1.example.org"}, "the simulator"},
		"what is no address":        {Target{Brokers: here, Finesse: []string{""}}, "the Finesse"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.target.Check()
			if c.why == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrNotHere)
			require.ErrorContains(t, err, c.why)
		})
	}
}

func TestReadAgents(t *testing.T) {
	list := "# id, extension, password\n1001,2001,pw 1\n1002, 2002,\"a,b\"\n1003,2003,x\n"
	got, err := ReadAgents(strings.NewReader(list), 2)
	require.NoError(t, err)
	require.Equal(t, []Agent{
		{ID: "1001", Extension: "2001", Password: secret.New("pw 1")},
		{ID: "1002", Extension: "2002", Password: secret.New("a,b")},
	}, got)
	for _, c := range []struct {
		list string
		n    int
	}{{list, 4}, {"1001,2001\n", 1}, {"\"", 0}} {
		_, err := ReadAgents(strings.NewReader(c.list), c.n)
		require.ErrorIs(t, err, ErrConfig)
	}
}

// web is a stand-in for a simulator, and for an admin address.
func web(t *testing.T, answer func(r *http.Request, body string) (int, any)) (url string, client *http.Client) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		status, v := answer(r, string(body))
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, srv.Client()
}

func TestSimulator(t *testing.T) {
	var asked []string
	url, client := web(t, func(r *http.Request, body string) (int, any) {
		asked = append(asked, r.Method+" "+r.URL.Path+" "+body)
		switch r.URL.Path {
		case "/sim/agents/1":
			return http.StatusOK, map[string]string{"State": "NOT_READY"}
		case "/sim/agents/2":
			return http.StatusOK, map[string]string{"State": "LOGOUT"}
		case "/sim/calls":
			return http.StatusCreated, nil
		}
		return http.StatusNotFound, map[string]string{"error": "no agent"}
	})
	s, err := NewSimulator(url, client)
	require.NoError(t, err)
	require.NoError(t, s.Known(t.Context(), "1"))
	require.ErrorIs(t, s.Known(t.Context(), "2"), errElsewhere)
	require.ErrorIs(t, s.Known(t.Context(), "3"), errElsewhere)
	require.ErrorContains(t, s.Known(t.Context(), "3"), "no agent")
	asked = nil
	require.NoError(t, s.Ring(t.Context(), "2001"))
	require.NoError(t, s.Ring(t.Context(), "2002"))
	require.Equal(t, []string{`POST /sim/calls {"from":"5551001","to":"2001"}`, `POST /sim/calls {"from":"5551002","to":"2002"}`}, asked)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Ring(ctx, "2001"), context.Canceled)
	_, err = NewSimulator("127.0.0.1:8445", client)
	require.ErrorIs(t, err, ErrConfig)
}

func TestAdmin(t *testing.T) {
	url, client := web(t, func(r *http.Request, _ string) (int, any) {
		if r.URL.Path != "/status" || r.Header.Get("Authorization") != "Bearer token" {
			return http.StatusUnauthorized, nil
		}
		return http.StatusOK, map[string]any{"node": "gc-1", "goroutines": 42, "finesse": []map[string]string{{"server": "127.0.0.1:8445"}}}
	})
	for _, address := range []string{url, strings.TrimPrefix(url, "http://"), url + "/status"} {
		st, err := Admin{Address: address, Token: secret.New("token"), Client: client}.Status(t.Context())
		require.NoError(t, err)
		require.Equal(t, "gc-1", st.Node)
		require.Equal(t, "127.0.0.1:8445", st.Finesse[0].Server)
		n, err := Admin{Address: address, Token: secret.New("token"), Client: client}.Goroutines(t.Context())
		require.NoError(t, err)
		require.Equal(t, 42, n)
	}
	_, err := Admin{Address: url, Client: client}.Status(t.Context())
	require.ErrorContains(t, err, "401")
}

func TestWatchReadsProc(t *testing.T) {
	proc := t.TempDir()
	dir := filepath.Join(proc, "7")
	require.NoError(t, os.Mkdir(dir, 0o755))
	write := func(stat, status string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "stat"), []byte(stat), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "status"), []byte(status), 0o600))
	}
	write("7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 250 150 0 0 20 0 9 0 1 2 3", "Name:\ta\nVmHWM:\t  4096 kB\nVmRSS:\t  2048 kB\n")
	got, err := readProcess(proc, 7)
	require.NoError(t, err)
	require.Equal(t, reading{resident: 2, peak: 4, cpu: 4}, got)
	for _, stat := range []string{"", "7 (a S 1", "7 (a) S 1", "7 (a) S 1 7 7 0 -1 4194304 100 0 0 0 x y 0"} {
		write(stat, "")
		_, err := readProcess(proc, 7)
		require.ErrorIs(t, err, errStat, stat)
	}
	_, err = readProcess(proc, 8)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestWatchOfThisProcess(t *testing.T) {
	var failures []error
	count := func(context.Context) (int, error) { return 5, nil }
	w, err := NewWatch(os.Getpid(), count, func(err error) { failures = append(failures, err) })
	require.NoError(t, err)
	w.Begin()
	w.before.cpu -= 0.5 // as if it had worked
	u := w.End(100)
	require.Empty(t, failures)
	require.Greater(t, u.ResidentMiB, 1.0)
	require.GreaterOrEqual(t, u.PeakMiB, u.ResidentMiB)
	require.GreaterOrEqual(t, u.CPUSeconds, 0.5)
	require.InDelta(t, u.CPUSeconds*10, u.CPUPerOperation, 1e-9)
	require.Equal(t, 5, u.Goroutines)
	require.Zero(t, w.End(0).CPUPerOperation)
	w.pid = -1
	w.Begin()
	require.Zero(t, w.End(1))
	require.Len(t, failures, 2)
	_, err = NewWatch(-1, nil, nil)
	require.Error(t, err)
}
