package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// fakeServer is a Finesse that records what it is asked.
type fakeServer struct {
	name       string
	mu         sync.Mutex
	user       finesse.User
	dialogs    []finesse.Dialog
	reasons    []finesse.ReasonCode
	asked      []string // "LOGIN 2001", "READY", "NOT_READY 102", "MAKE_CALL 2001 9001", ...
	ids        []string // request ids of the state changes and calls, in order
	fail       map[string]error
	connectErr error
	closed     chan struct{} // Connect waits for its end, nil: for nothing
	streams    []*fakeStream
	panics     bool
	stuck      bool // User never answers
	desk       fakeDesk
	lastCred   finesse.Credentials // of the last state change
	onUser     func()              // before User is answered
	onSet      func(c finesse.StateChange, requestID string)
	right      string                                          // the password that REST and XMPP take; "" = XMPP takes pw, REST takes any
	tries      []string                                        // passwords that were shown and are not right
	tokens     []string                                        // that Connect takes beside pw
	renew      func(finesse.TokenProof) (finesse.Token, error) // nil: refused
	renewCtx   func(context.Context)
	renewals   []finesse.TokenProof
	loginName  string // good for reading the user alone; all else wants the login id
}

type fakeStream struct {
	c     chan finesse.Notification
	ask   func(string) error // tells the server of subscriptions
	mu    sync.Mutex
	err   error
	ended bool
}

func (f *fakeStream) C() <-chan finesse.Notification { return f.c }

func (f *fakeStream) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *fakeStream) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.ended {
		f.ended, f.err = true, err
		close(f.c)
	}
}

func (f *fakeStream) Close() error { f.end(nil); return nil }
func (f *fakeStream) Abort()       { f.end(nil) }

func (f *fakeServer) Name() string { return f.name }

func (f *fakeServer) Connect(_ context.Context, cred finesse.Credentials) (Stream, error) {
	if f.closed != nil {
		<-f.closed
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, "CONNECT")
	if f.loginName != "" && cred.User == f.loginName {
		return nil, fmt.Errorf("login: %w", finesse.ErrAuth)
	}
	if f.connectErr != nil {
		return nil, f.connectErr
	}
	if !slices.Contains(append(f.tokens, cmp.Or(f.right, "pw")), cred.Password.Reveal()) {
		f.tries = append(f.tries, cred.Password.Reveal())
		return nil, fmt.Errorf("login: %w", finesse.ErrAuth)
	}
	st := &fakeStream{c: make(chan finesse.Notification, 64), ask: func(what string) error { return f.ask(what, "") }}
	f.streams = append(f.streams, st)
	return st, nil
}

func (f *fakeServer) RenewToken(ctx context.Context, p finesse.TokenProof) (finesse.Token, error) {
	f.mu.Lock()
	f.renewals = append(f.renewals, p)
	renew, wait := f.renew, f.renewCtx
	f.mu.Unlock()
	if wait != nil {
		wait(ctx)
	}
	if renew == nil {
		return finesse.Token{}, &finesse.Error{Op: "POST token", Status: 401, Class: errclass.Upstream}
	}
	return renew(p)
}

func (f *fakeServer) ask(what, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.panics {
		f.panics = false
		panic("defect")
	}
	f.asked = append(f.asked, what)
	if id != "" {
		f.ids = append(f.ids, id)
	}
	return f.fail[what]
}

// check is a 401 where the password is wrong.
func (f *fakeServer) check(cred finesse.Credentials) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.loginName != "" && cred.User == f.loginName && f.asked[len(f.asked)-1] != "USER":
	case f.right == "" || cred.Password.Reveal() == f.right:
		return nil
	}
	f.tries = append(f.tries, cred.Password.Reveal())
	return &finesse.Error{Op: "any", Status: 401, Class: errclass.Upstream}
}

// wrongOnes takes the wrong passwords that were shown so far.
func (f *fakeServer) wrongOnes() (all []string) {
	synctest.Wait()
	f.set(func(f *fakeServer) { all, f.tries = f.tries, nil })
	return all
}

func (f *fakeServer) User(ctx context.Context, cred finesse.Credentials, _ string) (finesse.User, error) {
	err := errors.Join(f.ask("USER", ""), f.check(cred))
	f.mu.Lock()
	if f.onUser != nil {
		f.onUser()
	}
	stuck := f.stuck
	f.mu.Unlock()
	if stuck {
		<-ctx.Done()
		err = ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.user, err
}

func (f *fakeServer) Dialogs(context.Context, finesse.Credentials, string) ([]finesse.Dialog, error) {
	err := f.ask("DIALOGS", "")
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dialogs, err
}

func (f *fakeServer) ReasonCodes(_ context.Context, _ finesse.Credentials, _, category string) ([]finesse.ReasonCode, error) {
	return f.reasons, f.ask("REASONS "+category, "")
}

func (f *fakeServer) WrapUpReasons(context.Context, finesse.Credentials, string) ([]finesse.WrapUpReason, error) {
	return []finesse.WrapUpReason{{ID: "7", Label: "Sales"}, {ID: "9", Label: "Other"}}, f.ask("WRAPUPREASONS", "")
}

func (f *fakeServer) SetState(_ context.Context, cred finesse.Credentials, user string, c finesse.StateChange, id string) error {
	f.set(func(f *fakeServer) { f.lastCred = cred })
	what := string(c.State)
	if user != cred.User {
		what += " for " + user
	}
	for _, x := range []string{c.Extension, c.ReasonCodeID, c.MobileMode, c.MobileNumber} {
		if x != "" {
			what += " " + x
		}
	}
	err := errors.Join(f.ask(what, id), f.check(cred))
	if err == nil && f.onSet != nil {
		f.onSet(c, id)
	}
	return err
}

func (f *fakeServer) MakeCall(_ context.Context, _ finesse.Credentials, _, from, to, id string) error {
	return f.ask("MAKE_CALL "+from+" "+to, id)
}

func (f *fakeServer) Act(_ context.Context, _ finesse.Credentials, dialog string, a finesse.Action, id string) error {
	what := a.Name + " " + dialog + " " + a.Target
	if a.To != "" {
		what += " to " + a.To
	}
	for _, v := range append(slices.Clone(a.Params), a.Variables...) {
		what += " " + v.Name + "=" + v.Value
	}
	if a.WrapUpReason != "" {
		what += " wrap-up " + a.WrapUpReason
	}
	return f.ask(what, id)
}

func (f *fakeServer) log() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// set changes what the server answers.
func (f *fakeServer) set(change func(f *fakeServer)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// tell sends a notification on the newest stream.
func (f *fakeServer) tell(n finesse.Notification) {
	f.mu.Lock()
	st := f.streams[len(f.streams)-1]
	f.mu.Unlock()
	st.c <- n
}

// address is where a client of the tests listens.
type address string

func (a address) String() string { return string(a) }

// rig is a session among fakes. Use it inside a synctest bubble.
type rig struct {
	t           *testing.T
	server      *fakeServer
	s           *Session
	deps        *Deps
	mu          sync.Mutex
	out         []wire.Output
	confirm     func(wire.Output) bool // nil: confirm at once
	waiting     []func(error)
	held        []Holding
	lost        int
	yields      int
	begun       []string
	overtaken   []string // words
	intents     []string
	intendErr   error
	decided     []string
	returned    int
	again       bool // the next command is a redelivery
	bound       []string
	heard       time.Time
	current     Server
	reports     []error // requests that failed
	turns       []turnAsked
	keepWaiting bool // turns do not come by themselves
	dropped     int  // turns that were given up
	displaced   []time.Time
	notices     int // what the notification service said of the server itself
	cancel      context.CancelFunc

	before      finesse.User // for tests that put things back
	callsBefore []finesse.Dialog
}

// The rig is what a session has of the worker.

func (g *rig) Current() Server {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.current
}

func (g *rig) Report(err error)      { g.note(func() { g.reports = append(g.reports, err) }) }
func (g *rig) Displaced(t time.Time) { g.note(func() { g.displaced = append(g.displaced, t) }) }

// Turn gives a turn at once, unless the rig keeps agents waiting.
func (g *rig) Turn(urgent bool) (comes <-chan struct{}, drop func()) {
	turn := make(chan struct{})
	g.note(func() {
		g.turns = append(g.turns, turnAsked{urgent: urgent, comes: turn})
		if !g.keepWaiting {
			close(turn)
		}
	})
	return turn, func() { g.note(func() { g.dropped++ }) }
}

// turnAsked is a turn that a session asked for.
type turnAsked struct {
	urgent bool
	comes  chan struct{}
}

func (g *rig) Notice() { g.note(func() { g.notices++ }) }

func (g *rig) Belongs(_ string, b wire.Binding, _ bool) {
	g.note(func() { g.bound = append(g.bound, b.To.String()) })
}

func (g *rig) Heard(wire.Address) (t time.Time) {
	g.note(func() { t = g.heard })
	return t
}

func (g *rig) Held(_ string, h Holding) { g.note(func() { g.held = append(g.held, h) }) }
func (g *rig) Lost(string)              { g.note(func() { g.lost++ }) }
func (g *rig) Yielded(string)           { g.note(func() { g.yields++ }) }

// reported takes the failures that were reported so far.
func (g *rig) reported() (errs []error) {
	synctest.Wait()
	g.note(func() { errs, g.reports = g.reports, nil })
	return errs
}

// note writes down what a session did; there may be several.
func (g *rig) note(what func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	what()
}

func (g *rig) Begin(_ context.Context, r *Request) error {
	g.begun = append(g.begun, string(r.Command.Word))
	if !r.Command.Row.Once {
		return nil
	}
	g.intents = append(g.intents, r.MessageID)
	return g.intendErr
}

func (g *rig) Overtaken(messageID, _ string) bool {
	return slices.Contains(g.overtaken, strings.TrimPrefix(messageID, "ID:"))
}

func (g *rig) Intended(id string) bool { return slices.Contains(g.intents, id) }

func (g *rig) Send(o wire.Output) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.out = append(g.out, o)
	switch {
	case o.Confirm == nil:
	case g.confirm != nil && !g.confirm(o):
		g.waiting = append(g.waiting, o.Confirm)
	default:
		go o.Confirm(nil)
	}
}

// done are the words of the commands that are decided so far.
func (g *rig) done() []string {
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.decided)
}

// count is a counter of the session.
func (g *rig) count(name string) int { return int(g.deps.Telemetry.Counts()[name]) }

const (
	destA  = address("/topic/A")
	destB  = address("/topic/B")
	noDest = address("")
)

func textDialect(t *testing.T) protocol.Dialect {
	d, err := protocol.NewDialect(protocol.Edition44, protocol.FormatDefault, "", time.UTC)
	require.NoError(t, err)
	return d
}

// bubble runs test with a fresh rig in a synctest bubble; every goroutine must
// be gone when it ends.
func bubble(t *testing.T, test func(g *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := &rig{t: t, server: &fakeServer{name: "f1", fail: map[string]error{}}}
		g.current = g.server
		g.server.user = finesse.User{
			ID: "1001", LoginName: "agent1", FirstName: "Ann", LastName: "Lee", State: finesse.StateNotReady,
			Extension: "2001", ReasonCodeID: "-1", Roles: []string{"Agent"}, TeamID: "1", TeamName: "Sales", WrapUpOnIncome: "OPTIONAL",
		}
		g.server.reasons = []finesse.ReasonCode{{ID: "102", Code: "12", Label: "Lunch"}}
		tel := telemetry.New(nil)
		trust, err := NewTrust(tel)
		require.NoError(t, err)
		g.deps = &Deps{
			Node: "n1", Epoch: 1, Dialect: textDialect(t),
			Finesse: g, Out: g, Cluster: g, Book: g, Places: NewPlaces(0), Telemetry: tel, Log: zerolog.Nop(),
			Trust:   trust,
			Options: Options{CommandTimeout: 13 * time.Second, OutcomeTimeout: outcome, Linger: 5 * time.Minute},
		}
		test(g)
		if g.cancel != nil {
			g.cancel()
			<-g.s.Done()
		}
	})
}

// outcome is GC_OUTCOME_TIMEOUT in these tests.
const outcome = 5 * time.Second

func (g *rig) start() {
	g.s = New("1001", g.deps)
	g.run()
}

func (g *rig) run() {
	ctx, cancel := context.WithCancel(g.t.Context())
	g.cancel = cancel
	go g.s.Run(ctx)
}

// do sends a command and waits until everything has settled.
func (g *rig) do(dest address, jmsType, body string) {
	g.t.Helper()
	c, err := protocol.ParseCommand(jmsType, []byte(body))
	require.NoError(g.t, err)
	b := wire.Binding{}
	if dest != noDest {
		b = wire.Binding{To: dest, Dialect: g.deps.Dialect}
	}
	r := g.request(c, b)
	require.True(g.t, g.s.Offer(r), "mailbox took %s", jmsType)
	synctest.Wait()
}

// request is a command as the worker makes it.
func (g *rig) request(c protocol.Command, b wire.Binding) *Request {
	return &Request{
		Command: c, CorrelationID: "corr-" + string(c.Word), Binding: b, Received: time.Now(),
		MessageID: "ID:" + string(c.Word), Redelivered: g.again,
		Decided: func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.decided = append(g.decided, string(c.Word))
		},
		Unserved: func() { g.returned++ },
	}
}

// got takes the messages published so far, as "destination body".
func (g *rig) got() []string {
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, e := range g.out {
		out = append(out, e.To.String()+" "+e.Message.Body)
	}
	g.out = nil
	return out
}

// outputs takes the messages published so far.
func (g *rig) outputs() []wire.Output {
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	out := g.out
	g.out = nil
	return out
}

func (g *rig) tell(n finesse.Notification) {
	n.Received = time.Now()
	g.server.tell(n)
	synctest.Wait()
}

// loggedIn brings the session to the state after a login.
func (g *rig) loggedIn() {
	g.t.Helper()
	g.start()
	g.do(destA, "Connect#1001", "A,pw")
	g.do(noDest, "Login#1001", "pw,2001")
	g.tell(userEvent("", finesse.StateNotReady))
	require.Len(g.t, g.got(), 3, "AgentInfo, State, DialogStatus")
	g.server.set(func(f *fakeServer) { f.asked, f.ids = nil, nil })
}

func userEvent(requestID string, st finesse.AgentState) finesse.Notification {
	return finesse.Notification{
		Node: "/finesse/api/User/1001", Source: "/finesse/api/User/1001", Event: finesse.EventPut, RequestID: requestID,
		User: &finesse.UserPatch{State: &st},
	}
}

func dialogEvent(ev finesse.Event, id, state, own string) finesse.Notification {
	return finesse.Notification{
		Node: "/finesse/api/User/1001/Dialogs", Source: "/finesse/api/User/1001/Dialogs", Event: ev,
		Dialogs: []finesse.Dialog{callDialog(id, state, own)},
	}
}

func callDialog(id, state, own string) finesse.Dialog {
	return finesse.Dialog{
		ID: id, State: state, From: "90001", To: "2001", CallType: "ACD_IN",
		Participants: []finesse.Participant{
			{Address: "90001", State: "ACTIVE"}, {Address: "2001", State: own, AddressType: "AGENT_DEVICE"},
		},
	}
}
