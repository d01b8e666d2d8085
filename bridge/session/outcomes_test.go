package session

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// TestCodeOfAFailure: a client shows other words for a failed login, a call that is
// gone and a team that is not the agent's [E1].
func TestCodeOfAFailure(t *testing.T) {
	gone := &finesse.Error{Status: 404, Class: errclass.Upstream}
	denied := &finesse.Error{Status: 401, Class: errclass.Upstream}
	for name, tc := range map[string]struct {
		begin         func(g *rig)
		jmsType, body string
		asks          string
		fails         error
		want          protocol.ErrorCode
	}{
		"login":            {(*rig).loggedIn, "Login#1001", "pw,2001", "LOGIN 2001", errors.New("odd"), protocol.ErrGeneralError},
		"mobile login":     {(*rig).loggedIn, "MobileAgentLogin#1001", "pw,2001,90001,true", "LOGIN 2001 CALL_BY_CALL 90001", errors.New("odd"), protocol.ErrGeneralError},
		"state":            {(*rig).loggedIn, "MakeReady#1001", "", "READY", errors.New("odd"), protocol.ErrGenericError},
		"transfer":         {func(g *rig) { g.loggedIn(); g.twoCalls() }, "TransferCall#1001", "2002,56", "TRANSFER 55 2001", gone, protocol.ErrNoDialogID},
		"conference":       {func(g *rig) { g.loggedIn(); g.twoCalls() }, "ConferenceCall#1001", "2002,56", "CONFERENCE 55 2001", gone, protocol.ErrNoDialogID},
		"barge, no call":   {(*rig).monitoring, "bargein#1001", "2002,70", "BARGE 2001 2002 70", gone, protocol.ErrNoDialogID},
		"barge, no rights": {(*rig).monitoring, "bargein#1001", "2002,70", "BARGE 2001 2002 70", denied, protocol.ErrAuthorization},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				tc.begin(g)
				g.got()
				g.server.fail[tc.asks] = tc.fails
				g.do(noDest, tc.jmsType, tc.body)
				require.Contains(t, g.server.log(), tc.asks)
				require.Equal(t, []string{"/topic/A 1001#Error#" + string(tc.want)}, g.got())
			})
		})
	}
}

// TestErrorsAreCounted: dashboards show how often clients are told which error.
func TestErrorsAreCounted(t *testing.T) {
	for name, tc := range map[string]struct {
		run  func(g *rig)
		wait time.Duration
		code protocol.ErrorCode
	}{
		"no outcome": {func(g *rig) {
			g.loggedIn()
			g.do(noDest, "MakeReady#1001", "")
		}, time.Minute, protocol.ErrGenericError},
		"not supported": {func(g *rig) {
			g.loggedIn()
			g.do(noDest, "GETSUPERVISOR#1001", "")
		}, 0, protocol.ErrGenericError},
		"not ready after the login": {func(g *rig) {
			g.deps.Options.ReadyAfterLogin = true
			g.server.fail["READY"] = &finesse.Error{Status: 503, Class: errclass.Unavailable}
			g.start()
			g.do(destA, "Connect#1001", "A,pw")
			g.do(noDest, "Login#1001", "pw,2001")
			g.tell(userEvent("", finesse.StateNotReady))
		}, 0, protocol.ErrFinesseUnavailable},
		"single sign-on ends": {func(g *rig) {
			g.signedOn()
			g.denies(errNoService)
		}, 95 * time.Second, protocol.ErrAuthorization},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				tc.run(g)
				time.Sleep(tc.wait)
				synctest.Wait()
				require.Contains(t, g.got(), "/topic/A 1001#Error#"+string(tc.code))
				require.Equal(t, 1, g.count("errors_"+string(tc.code)))
			})
		})
	}
}

// TestOutcomesAreCounted: by what showed them, so that people see when events are missing.
func TestOutcomesAreCounted(t *testing.T) {
	for name, tc := range map[string]struct {
		begin, happens func(g *rig)
		wait           time.Duration
		by             string
	}{
		"an event": {(*rig).loggedIn, func(g *rig) {
			g.do(noDest, "MakeReady#1001", "")
			g.tell(userEvent(g.server.ids[0], finesse.StateReady))
		}, 0, "event"},
		"a member's event": {(*rig).supervise, func(g *rig) {
			g.do(noDest, "getteamusers#1001", "1,true")
			g.force("MakeNotReady#1002")
			g.tell(memberEvent("1002", "", finesse.StateNotReady))
		}, 0, "event"},
		"a read of the member": {(*rig).supervise, func(g *rig) {
			g.force("MakeNotReady#1002")
			g.setMember("1002", finesse.StateNotReady)
		}, 2 * time.Second, "read"},
		"another client": {(*rig).loggedIn, func(g *rig) {
			g.do(noDest, "MakeReady#1001", "")
			g.do(destB, "Connect#1001", "B,pw")
		}, 0, "unbound"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				tc.begin(g)
				before := g.count("outcomes_" + tc.by)
				tc.happens(g)
				time.Sleep(tc.wait)
				g.got()
				require.Equal(t, before+1, g.count("outcomes_"+tc.by))
			})
		})
	}
}

// TestHandOverThatNobodyConfirms is counted: the order of commands was at risk.
func TestHandOverThatNobodyConfirms(t *testing.T) {
	bubble(t, func(g *rig) {
		g.succeedInCompany()
		require.Zero(t, g.count("hand_overs_unconfirmed"))
		time.Sleep(answerTime)
		synctest.Wait()
		require.Equal(t, 1, g.count("hand_overs_unconfirmed"))
		g.got()
	})
}

// TestTeamListAfterLetGo: nobody would tell the members' states from here.
func TestTeamListAfterLetGo(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.desk.teams = map[string]finesse.Team{"1": {ID: "1", Name: "Sales"}}
		g.s = New("1001", g.deps)
		g.s.tenure.released, g.s.life.ended = true, true
		g.s.client.Binding = wire.Binding{To: destA, Dialect: g.deps.Dialect}
		g.s.presence.Connected(g.server, &fakeStream{c: make(chan finesse.Notification), ask: func(string) error { return nil }}, finesse.Credentials{User: "1001"})
		c, err := protocol.ParseCommand("getteamusers#1001", []byte("1,true"))
		require.NoError(t, err)
		require.True(t, g.s.Offer(g.request(c, wire.Binding{})))
		g.s.Run(g.t.Context())
		require.Equal(t, []string{"/topic/A 1001#Error#PLEASE_RETRY"}, g.got(), "the next owner can")
	})
}
