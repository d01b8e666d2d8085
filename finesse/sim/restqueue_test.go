package sim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim/callcontrol"
)

func statistics(numbers ...string) string {
	names := []string{
		"callsInQueue", "startTimeOfLongestCallInQueue", "agentsReady", "agentsNotReady", "agentsBusyOther", "agentsLoggedOn",
		"agentsTalkingInbound", "agentsTalkingOutbound", "agentsTalkingInternal", "agentsWrapUpNotReady", "agentsWrapUpReady",
	}
	var b strings.Builder
	for i, n := range numbers {
		b.WriteString("<" + names[i] + ">" + n + "</" + names[i] + ">")
	}
	return "<statistics>" + b.String() + "</statistics>"
}

func TestQueues(t *testing.T) {
	s := Start(t)
	c := connectMellium(t, s, "1005", "r")
	c.subscribe(t, "/finesse/api/Queue/10")
	c.subscribe(t, "/finesse/api/User/1005/Queues")
	event := func(stats string) {
		t.Helper()
		require.Equal(t, "<Update><data><Queue><uri>/finesse/api/Queue/10</uri><name>Sales</name>"+stats+"</Queue></data>"+
			"<event>PUT</event><requestId></requestId><source>/finesse/api/Queue/10</source></Update>", stampText.ReplaceAllString(c.next(t), "T"))
	}
	id, err := s.Call("0551", "3001")
	require.NoError(t, err)
	event(statistics("1", "T", "0", "0", "0", "0", "0", "0", "0", "0", "0"))
	q, ok := s.Queue("10")
	require.True(t, ok)
	require.False(t, q.LongestSince.IsZero())
	putState(t, s, "1001", "<state>LOGIN</state><extension>2001</extension>", callcontrol.NotReady)
	event(statistics("1", "T", "0", "1", "0", "1", "0", "0", "0", "0", "0"))
	status, _ := do(t, s, "1001", "PUT", "/finesse/api/User/1001", "<User><state>READY</state></User>")
	require.Equal(t, 202, status)
	event(statistics("0", "", "0", "0", "0", "1", "0", "0", "0", "0", "0")) // at once RESERVED
	a, _ := s.Agent("1001")
	require.Equal(t, id, a.Dialogs[0].ID)

	_, body := do(t, s, "1002", "GET", "/finesse/api/User/1002/Queues", "")
	require.Equal(t, "<Queues><Queue><uri>/finesse/api/Queue/10</uri><name>Sales</name>"+statistics("0", "", "0", "0", "0", "1", "0", "0", "0", "0", "0")+"</Queue></Queues>", body)
	_, body = do(t, s, "1002", "GET", "/finesse/api/Queue/20", "") // anybody may
	require.Equal(t, "<Queue><uri>/finesse/api/Queue/20</uri><name>Support</name>"+statistics("0", "", "0", "0", "0", "0", "0", "0", "0", "0", "0")+"</Queue>", body)
	status, body = do(t, s, "1002", "GET", "/finesse/api/Queue/7", "")
	require.Equal(t, 404, status)
	require.Contains(t, body, "<ErrorType>Not Found</ErrorType>")
}

func TestQueuesWithoutNumbers(t *testing.T) {
	none := statistics("-1", "", "-1", "-1", "-1", "-1", "-1", "-1", "-1", "-1", "-1")
	s := Start(t, WithFlavor(callcontrol.CCX))
	_, body := do(t, s, "1001", "GET", "/finesse/api/User/1001/Queues", "")
	require.Contains(t, body, none)
	s = Start(t, WithScenario(`queues: [{id: "1", name: Nobody's, number: "3009"}]`))
	_, body = do(t, s, "1001", "GET", "/finesse/api/Queue/1", "")
	require.Contains(t, body, none)
	_, body = do(t, s, "1001", "GET", "/finesse/api/User/1001/Queues", "")
	require.Equal(t, "<Queues/>", body)
}

func TestSupervisorSeesTheQueuesOfAllHisTeams(t *testing.T) {
	s := Start(t, WithScenario("teams:\n  - {id: \"1\", name: A, supervisors: [\"1001\"]}\n  - {id: \"2\", name: B, supervisors: [\"1001\"]}\n"))
	_, body := do(t, s, "1001", "GET", "/finesse/api/User/1001/Queues", "")
	require.Equal(t, 2, strings.Count(body, "<Queue>"))
	_, body = do(t, s, "1002", "GET", "/finesse/api/User/1002/Queues", "")
	require.Equal(t, 1, strings.Count(body, "<Queue>"))
}
