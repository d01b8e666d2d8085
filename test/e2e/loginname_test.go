package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
)

// named are agents who sign in with names of their own.
const named = `
teams:
  - {id: "1", name: Sales}
agents:
  - {id: "6021", loginName: ann.lee, password: pwann.lee, firstName: Ann, lastName: Lee, extension: "2001", team: "1"}
  - {id: "6022", loginName: bob, password: pw6022, extension: "2002", team: "1"}
`

// TestLoginName: on CCE an agent may sign in with the login name, of which Finesse
// takes only the question for the login id; the client never hears of that id.
func TestLoginName(t *testing.T) {
	for _, flavor := range []string{"ucce", "uccx"} {
		t.Run(flavor, func(t *testing.T) {
			l := newLab(t, brokers[1].start(t), nil, sim.WithScenario("flavor: "+flavor+named))
			p := newPhone(t, l.broker, own, "/topic/B")
			p.login(own, "ann.lee", "2001")
			p.answer(own, p.do("MakeReady#ann.lee", ""), "ann.lee#State#READY#")
			p.answer(own, p.do("MakeCall#ann.lee", "90001"), "ann.lee#")
			require.Equal(t, 1, l.sim.DropXMPP("6021"))
			require.Equal(t, "true", p.expect(own, "ann.lee#DialogStatus#").header.Get("gcRecovered"))
			lookups := 0
			for _, r := range l.asked() {
				if strings.Contains(r.Path, "ann.lee") || r.User == "ann.lee" {
					lookups++
					require.Equal(t, "GET /finesse/api/User/ann.lee", r.Method+" "+r.Path)
				}
			}
			require.Equal(t, 1, lookups, "the login id is asked for once")
			require.Empty(t, l.sim.BadPasswords())
			require.NotContains(t, p.describe(), "6021#")

			p.login("/topic/B", "6022", "2002")
			p.do("Connect#bob", "A,pw6022")
			p.expect("/topic/B", "6022#State#LOGOUT#")
			p.expect("/topic/B", "6022#Error#SESSION_INVALIDATED")
			p.answer(own, p.do("GetState#bob", ""), "bob#State#NOT_READY#")
		})
	}
}

// TestLoginIDThatIsNone: the text says what is wrong with an id.
func TestLoginIDThatIsNone(t *testing.T) {
	l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.MessageFormat = "JSON" }, sim.WithScenario("flavor: ucce"+named))
	p := newPhone(t, l.broker, own)
	p.answer(own, p.do("Connect#carl", "A,pw"), `"errorType":"SUBSCRIPTION_FAILED"`)
	require.NoError(t, l.sim.AddFault(sim.Fault{Path: "/finesse/api/User/carla", Status: 404}))
	p.answer(own, p.do("Connect#carla", "A,pw"), `"errorType":"USER_NOT_FOUND"`, "Finesse knows no agent by this login id or login name")
}

// TestLoginNameIsTakenOver: the other node needs no lookup, and the client sees no
// difference.
func TestLoginNameIsTakenOver(t *testing.T) {
	l := newLab(t, brokers[0].start(t), func(c *config.Config) { paired(c); c.ConsumerPriority = 100; c.NodeID = "node-2" },
		sim.WithScenario("flavor: ucce"+named))
	first, stop := l.second("node-1", 127)
	require.Eventually(t, func() bool { return len(first.Snapshot().Pair.Peers) == 1 }, patience, tick, "they see each other")
	p := newPhone(t, l.broker, own)
	p.login(own, "ann.lee", "2001")
	require.Equal(t, 1, first.Snapshot().Pair.Held)
	l.sim.ClearRequests()
	stop()
	st := p.expect(own, "ann.lee#DialogStatus#")
	require.Equal(t, "node-2", st.header.Get("gcNode"))
	p.answer(own, p.do("MakeReady#ann.lee", ""), "ann.lee#State#READY#")
	require.False(t, slices.ContainsFunc(l.asked(), func(r sim.Request) bool { return strings.Contains(r.Path, "ann.lee") }))
	require.Empty(t, l.sim.BadPasswords())
	require.NotContains(t, p.describe(), "RE_LOGIN")
}
