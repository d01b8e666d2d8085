package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rounds are samples that are alike but for their rate.
func rounds(cpu, resident, p99 float64, rates ...float64) []sample {
	var out []sample
	for _, r := range rates {
		out = append(out, sample{Rate: r, P50: p99 / 2, P99: p99, CPU: cpu, Resident: resident, Busy: map[string]float64{ours: 0.5, "broker": 0.25}})
	}
	return out
}

// measured is a run as a machine may give it.
func measured() *results {
	run := func(n float64) []agentRun {
		each := times{Mean: n / 1000, P50: n / 1000, P99: n / 500, Max: n / 400}
		return []agentRun{{
			Idle: 20, LoggedIn: 20 + n/20, AfterCalls: 20 + n/10, Goroutines: 3 * n,
			Login: each, Call: each, Answer: each, LoopRate: 3000, LoopP99: 100, LoginCPU: 0.5, CallCPU: 0.5,
		}}
	}
	r := &results{Machine: machine{Date: "2026-01-02", CPU: "a processor", Cores: 2}, TakeOvers: []float64{3.5, 2.5, 2}}
	for _, l := range legs() {
		for _, s := range rounds(0.1, 40, 110, 100, 200, 900) {
			r.addRelay(l.name, ours, s)
		}
		for _, s := range rounds(0.05, 20, 100, 100, 250, 1000) {
			r.addRelay(l.name, bareRelay, s)
		}
		for _, s := range rounds(0.3, 400, 300, 50, 90, 300) {
			r.addRelay(l.name, camel, s)
		}
	}
	for i, name := range flowNames() {
		for _, s := range rounds(0.05, 20, 0, 1000*float64(i+1)) {
			r.addEvents(name, s)
		}
	}
	for _, n := range []float64{100, 1000, 5000} {
		r.Agents = append(r.Agents, growth{Agents: int(n), Runs: run(n)})
	}
	return r
}

// TestGoals: the figures are those of the rounds, and each is on the right side of its limit.
func TestGoals(t *testing.T) {
	var out strings.Builder
	require.NoError(t, tell(&out, measured()))
	for _, line := range []string{
		"goal P1 rate over the bare relay, 0 ms: 0.9 of ≥ 0.95, missed\n", // of 1, 0.8 and 0.9
		"goal P1 p99 over the bare relay, 200 ms: 1.1 of ≤ 1.1, met\n",
		"goal P2 event rate over the bare publisher: 0.333 of ≥ 0.9, missed\n",
		"goal P3 rate over Camel: 2.22 of ≥ 2, met\n",
		"goal P3 memory over Camel: 0.1 of ≤ 0.1, met\n",
		"goal P3 CPU over Camel: 0.333 of ≤ 0.5, met\n",
		"goal P4 login and ready of 1000, mean: 1 s of ≤ 1 s, met\n",
		"goal P4 1000 calls at once, mean: 1 s of ≤ 0.15 s, missed\n",
		"goal P5 resident, 1000 logged in: 70 MiB of ≤ 48 MiB, missed\n",
		"goal P5 resident, 1000 after calls: 120 MiB of ≤ 64 MiB, missed\n",
		"goal P5 resident, 1000 logged in, TLS: not measured of ≤ 72 MiB, left out\n",
		"goal P6 memory per agent, 5000 over 100: 1 of ≤ 1.2, met\n",
		"goal P7 take-over of 2000 at 200 ms: 2.5 s of ≤ 3 s, met\n",
		"goal P8 CPU of a login: 0.5 ms of ≤ 1 ms, met\n",
		"goal P8 CPU of a state command: 0.1 ms of ≤ 0.15 ms, met\n",
	} {
		require.Contains(t, out.String(), line)
	}
	require.Equal(t, len(goals()), strings.Count(out.String(), "goal "))

	short := &results{Short: true}
	out.Reset()
	require.NoError(t, tell(&out, short))
	require.Equal(t, len(goals()), strings.Count(out.String(), ": not measured of "), "nothing measured, nothing met")
}

// TestDocument: what is measured is in it, what is missed is said, and a short run has no room for the rest.
func TestDocument(t *testing.T) {
	dir := t.TempDir()
	r := measured()
	require.NoError(t, write(dir, r))
	again, err := kept(dir)
	require.NoError(t, err)
	require.Equal(t, r, again)
	text, err := document(r)
	require.NoError(t, err)
	for _, part := range []string{
		"- **P2 event rate over the bare publisher**: 0.333, 63 % less than the goal.",
		"- **P5 resident, 1000 logged in**: 70 MiB, 1.46 times the goal.",
		"| 0 ms, Camel | 90 | 150 | 300 | 0.3 | 400 | 2.22 | 0.37 | 0.33 | 0.10 |",
		"A state command costs the worker 0.1 ms", "costs 0.05 ms: read", "3.5, 2.5, 2.",
		"| 5000 | 20 | 102 | 3 | 0.5 | 0.5 | 10 | 10 |",
	} {
		require.Contains(t, text, part)
	}
	require.NotContains(t, text, "no value")
	require.NotContains(t, text, "NaN")

	r.Broken, r.Agents[2].Failed = []string{"take-overs"}, 2
	text, err = document(r)
	require.NoError(t, err)
	require.Contains(t, text, "incomplete below:** take-overs.")
	require.Contains(t, text, "Of the runs with 5000 agents, 2 were not answered")
	require.Equal(t, 1, strings.Count(text, "Of the runs with"))

	short := &results{Short: true, Relays: r.Relays}
	text, err = document(short)
	require.NoError(t, err)
	require.Contains(t, text, "This was the short form")
	require.NotContains(t, text, "## Growth")
	require.NotContains(t, plots(short), "memory.svg")
}

// TestPlots: each is well-formed and shows its values.
func TestPlots(t *testing.T) {
	all := plots(measured())
	require.Len(t, all, 6)
	for name, svg := range all {
		dec := xml.NewDecoder(strings.NewReader(svg))
		for {
			_, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, name)
		}
	}
	require.Contains(t, all["rate.svg"], ">250</text>", "the bare relay's median")
	require.Equal(t, 3, strings.Count(all["memory.svg"], "<polyline"))
	require.Equal(t, 6, strings.Count(all["memory.svg"], "<circle"), "three points, twice; none with TLS")
}

func TestScale(t *testing.T) {
	for most, want := range map[float64][2]float64{
		0: {1, 1}, 1: {0.2, 1}, 95: {20, 100}, 4707: {1000, 5000}, 818: {200, 1000}, 2.3: {0.5, 2.5}, 0.61: {0.1, 0.7},
	} {
		step, top := scale(most)
		require.InDelta(t, want[0], step, 1e-9, "%g", most)
		require.InDelta(t, want[1], top, 1e-9, "%g", most)
	}
}

func TestProc(t *testing.T) {
	took, err := parseStat("77 (a ) name) S 1 2 3 4 5 6 7 8 9 10 120 34 0 0 20 0 9 0")
	require.NoError(t, err)
	require.Equal(t, 1540*time.Millisecond, took)
	for _, bad := range []string{"", "77 (x) S 1", "77 (x) S 1 2 3 4 5 6 7 8 9 10 a 34 0", "77 (x) S 1 2 3 4 5 6 7 8 9 10 120 b 0"} {
		_, err := parseStat(bad)
		require.ErrorIs(t, err, errProc, bad)
	}
	mib, err := parseResident("VmHWM:\t  9999 kB\nVmRSS:\t    1536 kB\n")
	require.NoError(t, err)
	require.InDelta(t, 1.5, mib, 1e-9)
	_, err = parseResident("VmHWM:\t  9999 kB\n")
	require.ErrorIs(t, err, errProc)
}

// TestCutUser: what Finesse answers becomes an event with another state and time.
func TestCutUser(t *testing.T) {
	p, err := cutUser("7", "<?xml version=\"1.0\"?><User><dialogs>d</dialogs><state>LOGOUT</state><stateChangeTime></stateChangeTime><uri>u</uri></User>\n")
	require.NoError(t, err)
	require.Equal(t, "<Update><data><user><dialogs>d</dialogs><state>READY</state><stateChangeTime>now</stateChangeTime><uri>u</uri></user></data>"+
		"<event>PUT</event><requestId></requestId><source>/finesse/api/User/7</source></Update>", p.head+"READY"+p.middle+"now"+p.tail)
	_, err = cutUser("7", "<User><uri>u</uri></User>")
	require.ErrorIs(t, err, errAnswer)
}

// TestLoadReport: a report without what is looked at is no measurement.
func TestLoadReport(t *testing.T) {
	var rep loadReport
	var a agentRun
	require.ErrorIs(t, a.read(rep, 10), errAnswer)
}
