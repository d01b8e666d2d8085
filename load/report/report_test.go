package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"gcbridge/load/measure"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is different; look at it, and rewrite it with -update:\n%s", name, diff)
	}
}

const ms = time.Millisecond

// sample is a report with all that there can be: several series, a gap, something
// lost, a worker.
func sample() Report {
	began := time.Date(2026, 11, 28, 7, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return began.Add(d) }
	login := measure.Begin("login-ready", began, 3, "login and ready", "login", "not in this run")
	for i, key := range []string{"a", "b", "c"} {
		came := time.Duration(i+1) * 30 * ms
		login.Expect("login", "login "+key, began)
		login.Arrived("login "+key, at(came))
		login.Expect("login and ready", key, began)
		login.Arrived(key, at(came+4*ms))
	}
	loop := measure.Begin("state-loop", began, 0, "state change")
	for i := range 400 {
		came := time.Duration(i) * 5 * ms
		if came > 800*ms && came < 1000*ms {
			continue
		}
		loop.Expect("state change", "x", at(came))
		loop.Arrived("x", at(came+time.Duration(1+i%17)*ms))
	}
	loop.Expect("state change", "100001 <script>", at(1500*ms))
	loop.Told(at(0), "100002", "READY")
	loop.Told(at(0), "100002", "READY")
	loop.Skipped()
	loop.Fault("PLEASE_RETRY", "100003")
	use := &Worker{ResidentMiB: 36.94, PeakMiB: 45.1, CPUSeconds: 0.14, CPUPerOperation: 1.4, Goroutines: 512}
	return Report{
		Started: began, Agents: 3, Failure: "the load was not answered as it must be",
		Settings: []Setting{{"broker", "stomp://127.0.0.1:61613"}, {"active", "3"}},
		Phases:   []Phase{Of(login.End(at(time.Second)), use), Of(loop.End(at(2*time.Second)), &Worker{ResidentMiB: 42})},
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, sample().WriteTable(&out))
	golden(t, "table.txt", out.Bytes())
}

func TestPage(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, sample().WriteHTML(&out))
	golden(t, "page.html", out.Bytes())
	page := out.String()
	require.NotContains(t, page, "<script>", "what came from outside is escaped")
	require.NotRegexp(t, regexp.MustCompile(`(src|href)=|url\(|@import`), page, "it needs nothing else")
	require.NotContains(t, page, "ZgotmplZ")
	require.NotContains(t, page, "NaN")
	require.Contains(t, page, "prefers-color-scheme: dark")
}

// TestPicturesAreWellFormed reads each picture as XML and looks for what is outside
// of it.
func TestPicturesAreWellFormed(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, sample().WriteHTML(&out))
	pictures := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(out.String(), -1)
	require.Len(t, pictures, 2*3, "two for each series that has times")
	point := regexp.MustCompile(`[ML](-?[0-9.]+) (-?[0-9.]+)`)
	for _, p := range pictures {
		dec := xml.NewDecoder(strings.NewReader(p))
		for {
			_, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, p)
		}
		for _, xy := range point.FindAllStringSubmatch(p, -1) {
			require.GreaterOrEqual(t, number(t, xy[1]), float64(left))
			require.LessOrEqual(t, number(t, xy[1]), float64(chartWidth-right))
			require.GreaterOrEqual(t, number(t, xy[2]), float64(top))
			require.LessOrEqual(t, number(t, xy[2]), float64(chartHeight-bottom))
		}
	}
}

func number(t *testing.T, s string) (f float64) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(s), &f))
	return f
}

func TestPageOfNothing(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Report{OK: true}.WriteHTML(&out))
	require.Contains(t, out.String(), "every event came, once")
	empty := Of(measure.Begin("x", time.Time{}, 0, "y").End(time.Time{}), nil)
	require.NoError(t, Report{Phases: []Phase{empty}}.WriteHTML(&out))
	require.NoError(t, Report{Phases: []Phase{empty}}.WriteTable(&out))
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	want := sample()
	require.NoError(t, want.WriteJSON(&out))
	for _, name := range []string{`"p50Ms"`, `"residentMiB"`, `"cpuMsPerOperation"`, `"lost": 1`, `"doubled": 1`, `"errors": 1`, `"skipped": 1`, `"sliceSeconds"`} {
		require.Contains(t, out.String(), name)
	}
	var got Report
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	require.Empty(t, cmp.Diff(want, got, cmpopts.EquateEmpty()))
}

// full is a writer without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	r := sample()
	for name, write := range map[string]func(io.Writer) error{"table": r.WriteTable, "JSON": r.WriteJSON, "page": r.WriteHTML} {
		require.ErrorIs(t, write(full{}), io.ErrShortWrite, name)
	}
}

func TestGapsAreGaps(t *testing.T) {
	s := Series{Width: 1, Slices: []Slice{
		{From: 0, Times: Times{Count: 1, P50: 10, Max: 10}},
		{From: 1, Times: Times{Count: 1, P50: 5, Max: 10}},
		{From: 2},
		{From: 3, Times: Times{Count: 1, P50: 10, Max: 10}},
	}}
	c := latencyChart(s, 4)
	p50 := c.Lines[2]
	require.Equal(t, 1, strings.Count(p50.Path, "M"), p50.Path)
	require.Equal(t, 1, strings.Count(p50.Path, "L"), p50.Path)
	require.Len(t, p50.Dots, 1, "a point alone is a dot")
	require.Empty(t, p50.Area)
	require.Len(t, c.Bars, 4)
	rate := rateChart(s, 4)
	require.Equal(t, 3, strings.Count(rate.Lines[0].Path, "L"), "nothing is a rate of 0")
	require.NotEmpty(t, rate.Lines[0].Area)
}

func TestNiceStep(t *testing.T) {
	for most, want := range map[float64]float64{0: 1, 0.3: 0.1, 4: 1, 4.1: 2, 9: 5, 20: 5, 21: 10, 3999: 1000} {
		require.InDelta(t, want, niceStep(most, 4), 1e-9, most)
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{0: "-", 0.5: "0.50 ms", 9.876: "9.88 ms", 98.76: "98.8 ms", 987.6: "988 ms", 1234: "1.23 s", 123456: "123 s"} {
		require.Equal(t, want, Short(v))
	}
}

func TestBar(t *testing.T) {
	for want, p := range map[string]measure.Progress{
		"login-ready     [............] 0/300  0s  -":                                 {Name: "login-ready", Goal: 300},
		"login-ready     [######......] 150/300  1.5s  100/s  last 20.0 ms  150 open": {Name: "login-ready", Goal: 300, Done: 150, Open: 150, Since: 1500 * ms, Last: 20 * ms},
		"state-loop      1000  10s  100/s  last 1.50 s  1 errors  2 doubled":          {Name: "state-loop", Done: 1000, Errors: 1, Doubled: 2, Since: 10 * time.Second, Last: 1500 * ms},
		"login-ready     [############] 4/3  1s  4/s  last 1.00 ms":                   {Name: "login-ready", Goal: 3, Done: 4, Since: time.Second, Last: ms},
	} {
		require.Equal(t, want, Bar(p))
	}
}
