package sim

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim/callcontrol"
)

// faultyMorning is what agent 1001 hears of a sign-in, a routed call, a HOLD
// that is refused and the answer. The supervisor subscribes to the team and
// counts.
func faultyMorning(t *testing.T, s *Server) (heard []string, team int) {
	t.Helper()
	agent, supervisor := connectMellium(t, s, "1001", "r1"), connectMellium(t, s, "1005", "r1")
	supervisor.subscribe(t, "/finesse/api/Team/1/Users")
	signIn(t, s, "1001")
	id, err := s.Call("0551", "2001")
	require.NoError(t, err)
	for _, action := range []string{"HOLD", "ANSWER"} {
		status, out := do(t, s, "1001", "PUT", "/finesse/api/Dialog/"+id,
			"<Dialog><targetMediaAddress>2001</targetMediaAddress><requestedAction>"+action+"</requestedAction></Dialog>")
		require.Equal(t, 202, status, out)
	}
	talking := func() bool { a, _ := s.Agent("1001"); return a.State == callcontrol.Talking }
	require.Eventually(t, talking, limit, time.Millisecond) // by then its events are published
	const last = "<Update><event>LAST</event></Update>"
	s.PublishEvent("1001", "/finesse/api/User/1001", last)
	s.PublishEvent("1005", "/finesse/api/User/1005", last)
	for line := brief(agent.next(t)); line != "LAST"; line = brief(agent.next(t)) {
		heard = append(heard, strings.NewReplacer("/finesse/api/", "", id, "N").Replace(line))
	}
	for brief(supervisor.next(t)) != "LAST" {
		team++
	}
	return heard, team
}

func TestFaultsOfEvents(t *testing.T) {
	all := []string{
		"PUT User/1001 id-PUT NOT_READY", "PUT User/1001 id-PUT READY", "PUT User/1001 RESERVED",
		"POST User/1001/Dialogs ALERTING ALERTING INITIATED", "put Dialog/N id-PUT INVALID_ACTION HOLD on extension 2001",
		"PUT User/1001 TALKING", "PUT Dialog/N id-PUT ACTIVE ACTIVE ACTIVE",
	}
	noEcho := func(lines []string) (out []string) {
		for _, l := range lines {
			out = append(out, strings.Replace(l, " id-PUT", "", 1))
		}
		return out
	}
	for name, tc := range map[string]struct {
		faults []Fault
		want   []string
	}{
		"none":                    {nil, all},
		"the next two of 1001":    {[]Fault{{Events: DropEvents, Agent: "1001", Count: 2}}, all[2:]},
		"all":                     {[]Fault{{Events: DropEvents}}, nil},
		"another agent's":         {[]Fault{{Events: DropEvents, Agent: "1002"}}, all},
		"all of users":            {[]Fault{{Events: DropEvents, Kind: UserEvents}}, []string{all[3], all[4], all[6]}},
		"all of dialogs":          {[]Fault{{Events: DropEvents, Kind: DialogEvents}}, []string{all[0], all[1], all[2], all[4], all[5]}},
		"all errors":              {[]Fault{{Events: DropEvents, Kind: ErrorEvents}}, append(append([]string{}, all[:4]...), all[5:]...)},
		"the next of dialogs":     {[]Fault{{Events: DropEvents, Kind: DialogEvents, Count: 1}}, append(append([]string{}, all[:3]...), all[4:]...)},
		"no echo":                 {[]Fault{{Events: NoEcho}}, noEcho(all)},
		"no echo for one":         {[]Fault{{Events: NoEcho, Agent: "1001", Count: 1}}, append(noEcho(all[:1]), all[1:]...)},
		"no echo of errors":       {[]Fault{{Events: NoEcho, Kind: ErrorEvents}}, append(append(append([]string{}, all[:4]...), noEcho(all[4:5])...), all[5:]...)},
		"echoes are counted only": {[]Fault{{Events: NoEcho, Count: 3}}, append(noEcho(all[:5]), all[5:]...)},
		"both": {
			[]Fault{{Events: NoEcho}, {Events: DropEvents, Count: 1}, {Events: DropEvents, Kind: DialogEvents}},
			noEcho([]string{all[1], all[2], all[4], all[5]}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Start(t)
			for _, f := range tc.faults {
				require.NoError(t, s.AddFault(f))
			}
			heard, team := faultyMorning(t, s)
			require.Empty(t, cmp.Diff(tc.want, heard))
			require.Equal(t, 4, team, "the team's events are not lost")
		})
	}
	t.Run("by configuration", func(t *testing.T) {
		s := Start(t, WithConfig(func(c *Config) { c.NoEcho = true }))
		s.ClearFaults()
		heard, _ := faultyMorning(t, s)
		require.Empty(t, cmp.Diff(noEcho(all), heard))
	})
	t.Run("until they are cleared", func(t *testing.T) {
		s := Start(t)
		require.NoError(t, s.AddFault(Fault{Events: DropEvents}))
		s.ClearFaults()
		heard, _ := faultyMorning(t, s)
		require.Empty(t, cmp.Diff(all, heard))
	})
	t.Run("and leave requests alone", func(t *testing.T) {
		s := Start(t)
		require.NoError(t, s.AddFault(Fault{Events: DropEvents, Count: 1}))
		require.NoError(t, s.AddFault(Fault{Path: "/finesse/api/User", Status: 500, Count: 1}))
		status, _ := do(t, s, "1001", "GET", "/finesse/api/User/1001", "")
		require.Equal(t, 500, status)
		heard, _ := faultyMorning(t, s)
		require.Empty(t, cmp.Diff(all[1:], heard))
	})
}

func TestFaultsOfEventsOverTheControlAPI(t *testing.T) {
	s := Start(t)
	for body, want := range map[string]string{
		`{"events":"drop","agent":"1001","count":2}`: "",
		`{"events":"no-echo","kind":"error"}`:        "",
		`{"events":"lose"}`:                          "neither drop nor no-echo",
		`{"events":"drop","kind":"team"}`:            "none of user, dialog, error",
		`{"events":"drop","count":-1}`:               "must not be negative",
		`{"events":"drop","path":"/finesse"}`:        "either one of events or one of requests",
		`{"events":"drop","method":"PUT"}`:           "either one of events or one of requests",
		`{"events":"drop","status":503}`:             "either one of events or one of requests",
		`{"events":"drop","delayMs":1}`:              "either one of events or one of requests",
		`{"events":"drop","after":true}`:             "either one of events or one of requests",
		`{"path":"/finesse","agent":"1001"}`:         "are for faults of events",
		`{"path":"/finesse","kind":"user"}`:          "are for faults of events",
	} {
		status, out := do(t, s, "", "POST", "/sim/faults", body)
		if want == "" {
			require.Equal(t, http.StatusNoContent, status, out)
			continue
		}
		require.Equal(t, http.StatusBadRequest, status, body)
		require.Contains(t, out, want, body)
	}
	status, out := do(t, s, "", "POST", "/sim/faults", `{"events":"drop","agent":"7"}`)
	require.Equal(t, http.StatusNotFound, status)
	require.Contains(t, out, "no agent 7")
	require.Len(t, s.faults.list, 2)
}

func TestTheEnvironmentLeavesOutTheEcho(t *testing.T) {
	for value, want := range map[string]bool{"": false, "0": false, "1": true} {
		var c Config
		WithEnvironment(func(name string) string {
			require.Equal(t, "GCSIM_NO_ECHO", name)
			return value
		})(&c)
		require.Equal(t, want, c.NoEcho)
	}
	c := Config{NoEcho: true}
	WithEnvironment(func(string) string { return "" })(&c)
	require.True(t, c.NoEcho, "the test's own wish stays")
}
