package observe_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol/spec"
	"gcbridge/test/observe"
)

// fakeTest is a test that can fail without failing this one.
type fakeTest struct {
	testing.TB
	name    string
	errors  int
	cleanup []func()
}

func (f *fakeTest) Name() string          { return f.name }
func (f *fakeTest) Failed() bool          { return f.errors > 0 }
func (f *fakeTest) Errorf(string, ...any) { f.errors++ }
func (f *fakeTest) Cleanup(fn func())     { f.cleanup = append(f.cleanup, fn) }

func (f *fakeTest) end() {
	for _, fn := range f.cleanup {
		fn()
	}
}

// message is an output as it comes.
type message struct{ code, agent, correlation, body string }

func (m message) headers() observe.Headers {
	return observe.Headers{"gcCode": m.code, "gcAgent": m.agent, "correlation-id": m.correlation}
}

// play tells a story of commands and of messages that the test asked for.
func play(l *observe.Log, f *fakeTest, tell func(s *observe.Story, took func(message))) {
	s := l.Story(f)
	tell(s, func(m message) {
		s.Arrived(m.headers(), m.body)
		s.Took(f.name+"/case", m.headers(), m.body)
	})
	f.end()
}

var (
	ready   = message{"O-001", "1001", "", "1001#State#READY##### #1001#2001###"}
	refusal = message{"O-002", "1001", "c1", "1001#Error#PLEASE_RETRY"}
)

func TestWhatAStoryProves(t *testing.T) {
	of := func(m message, correlation string) message { m.correlation = correlation; return m }
	tests := map[string]struct {
		tell func(s *observe.Story, took func(message))
		want []string
	}{
		"nothing": {func(*observe.Story, func(message)) {}, nil},
		"a command without answer": {func(s *observe.Story, _ func(message)) {
			s.Sent("MakeReady#1001", "", "c1")
		}, nil},
		"an answer by correlation": {func(s *observe.Story, took func(message)) {
			s.Sent("MakeReady#1001", "", "c1")
			s.Sent("GetState#1001", "", "c2")
			took(of(ready, "c1"))
		}, []string{"A-07", "O-001", "State#READY"}},
		"a later event answers the last command": {func(s *observe.Story, took func(message)) {
			s.Sent("MakeReady#1001", "", "c1")
			s.Sent("GetState#1001", "", "c2")
			s.Sent("GetState#1002", "", "c3")
			took(ready)
		}, []string{"A-09", "O-001", "State#READY"}},
		"an event before the command": {func(s *observe.Story, took func(message)) {
			took(ready)
			s.Sent("MakeReady#1001", "", "c1")
		}, []string{"O-001", "State#READY"}},
		"somebody else's answer": {func(s *observe.Story, took func(message)) {
			s.Sent("MakeReady#1001", "", "c1")
			took(of(ready, "c9"))
		}, []string{"O-001", "State#READY"}},
		"an output that is no answer": {func(s *observe.Story, took func(message)) {
			s.Sent("AnswerCall#1001", "17", "c1")
			took(of(ready, "c1"))
		}, []string{"O-001", "State#READY"}},
		"a refusal": {func(s *observe.Story, took func(message)) {
			s.Sent("MakeReady#1001", "", "c1")
			took(refusal)
			took(ready)
		}, []string{"Error#PLEASE_RETRY", "O-001", "O-002", "State#READY", "error PLEASE_RETRY"}},
		"a refusal that nobody looks at": {func(s *observe.Story, took func(message)) {
			s.Sent("MakeReady#1001", "", "c1")
			took(ready)
			s.Arrived(refusal.headers(), refusal.body)
		}, []string{"O-001", "State#READY"}},
		"a command that the protocol refuses": {func(s *observe.Story, took func(message)) {
			s.Sent("AnswerCall#1001", "", "c1")
			took(message{"O-008", "1001", "", "1001#InboundCall#DROP#DialogID:1#2#ani=#2019-09-17 12:46:21#CallType:#ParticipantsCount:0#participants:"})
		}, []string{"InboundCall#DROP", "O-008"}},
		"an unsupported command says so": {func(s *observe.Story, took func(message)) {
			s.Sent("GETSUPERVISOR#1001", "", "c1")
			took(refusal)
		}, []string{"Error#PLEASE_RETRY", "O-002", "X-09", "error PLEASE_RETRY"}},
		"JSON": {func(s *observe.Story, took func(message)) {
			s.Sent("Connect#1001", "A,pw", "c1")
			took(message{"ConnectStatus", "1001", "c1", `{"type":"ConnectStatus","status":"ConnectSuccess"}`})
			took(message{"O-008", "1001", "", `{"type":"InboundCall","dialogId":"1","prevDialogId":null,"state":"DROPPED","agentId":"1001"}`})
			took(message{"O-002", "1001", "", `{"type":"Error","errorType":"DOWN","errorMessage":"","agentId":"1001"}`})
		}, []string{"A-03", "ConnectStatus", "Error#DOWN", "InboundCall#DROP", "O-002", "O-008", "error DOWN"}},
		"a claim": {func(s *observe.Story, _ func(message)) {
			s.Sent("wrapup#1001", "Label,17", "c1")
			s.Claim("TestFake/case", "A-25")
		}, []string{"A-25"}},
		"no output at all": {func(_ *observe.Story, took func(message)) { took(message{body: "copy"}) }, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l, f := observe.NewLog(), &fakeTest{name: "TestFake"}
			play(l, f, tt.tell)
			require.Zero(t, f.errors)
			want := spec.Proofs{}
			for _, clause := range tt.want {
				if known(clause) {
					want.Add(clause, "TestFake/case")
				}
			}
			require.Equal(t, want, l.Proofs())
		})
	}
}

// known leaves out values that are no row of the page.
func known(id string) bool {
	for _, c := range spec.Clauses() {
		if c.ID == id {
			return true
		}
	}
	return false
}

func TestOnlyPassedTestsCount(t *testing.T) {
	l, f := observe.NewLog(), &fakeTest{name: "TestFake"}
	play(l, f, func(_ *observe.Story, took func(message)) {
		took(ready)
		f.Errorf("something else was wrong")
	})
	require.Empty(t, l.Proofs())
	play(l, &fakeTest{name: "TestFake"}, func(_ *observe.Story, took func(message)) { took(ready) })
	require.NotEmpty(t, l.Proofs(), "a second run of the test passes")
}

func TestWhatFailsATest(t *testing.T) {
	for name, tell := range map[string]func(s *observe.Story, took func(message)){
		"a message that the document does not know": func(_ *observe.Story, took func(message)) {
			took(message{"O-001", "1001", "", "1001#State#ready"})
		},
		"an unknown code": func(s *observe.Story, _ func(message)) {
			s.Arrived(observe.Headers{"gcCode": "O-099"}, "x")
		},
		"a claim without command": func(s *observe.Story, _ func(message)) { s.Claim("TestFake", "A-25") },
		"a claim of a refused command": func(s *observe.Story, took func(message)) {
			s.Sent("wrapup#1001", "Label,17", "c1")
			took(refusal)
			s.Claim("TestFake", "A-25")
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, f := observe.NewLog(), &fakeTest{name: "TestFake"}
			play(l, f, tell)
			require.Equal(t, 1, f.errors)
			require.Empty(t, l.Proofs())
		})
	}
}

// run is a testing.M that gives a code.
type run int

func (r run) Run() int { return int(r) }

func TestKeeper(t *testing.T) {
	l := observe.NewLog()
	play(l, &fakeTest{name: "TestFake"}, func(_ *observe.Story, took func(message)) { took(ready) })
	file := filepath.Join(t.TempDir(), "sub", "proofs.tsv")
	var out bytes.Buffer
	keeper := func(code int, l *observe.Log, update, whole bool) int {
		out.Reset()
		return observe.Keeper{
			Tests: run(code), Log: l, File: file, Update: &update, Out: &out, Whole: func() bool { return whole },
		}.Run()
	}
	require.Equal(t, 1, keeper(0, l, false, true), "nothing is kept yet")
	require.Contains(t, out.String(), "O-001 is shown by TestFake/case")
	require.Equal(t, 0, keeper(0, l, false, false), "not all tests ran")
	require.Equal(t, 1, keeper(0, l, true, false))
	require.Contains(t, out.String(), "all tests")
	require.NoFileExists(t, file)
	require.Equal(t, 0, keeper(0, l, true, true))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), "O-001\tTestFake/case\n")
	require.Equal(t, 0, keeper(0, l, false, true))
	require.Equal(t, 1, keeper(0, observe.NewLog(), false, true), "nothing is shown any more")
	require.Contains(t, out.String(), "no longer shown")
	require.Equal(t, 2, keeper(2, observe.NewLog(), false, true), "failed tests are what matters")
	require.Empty(t, out.String())
	require.NoError(t, os.WriteFile(file, []byte("no tab\n"), 0o600))
	require.Equal(t, 1, keeper(0, l, false, true))
	require.Contains(t, out.String(), "line 1")
}
