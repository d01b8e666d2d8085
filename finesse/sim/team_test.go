package sim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim/callcontrol"
)

func TestTeam(t *testing.T) {
	s := Start(t)
	sup := connectMellium(t, s, "1005", "r")
	sup.subscribe(t, "/finesse/api/Team/1/Users")
	signIn(t, s, "1001")
	for _, want := range []string{"NOT_READY", "READY"} {
		got := stampText.ReplaceAllString(sup.next(t), "T")
		require.Equal(t, "<Update><event>put</event><source>/finesse/api/User/1001</source><requestId></requestId><data><user>"+
			"<uri>/finesse/api/User/1001</uri><loginId>1001</loginId><firstName>Ada</firstName><lastName>Agent</lastName>"+
			"<dialogs>/finesse/api/User/1001/Dialogs</dialogs><extension>2001</extension><pendingState></pendingState><state>"+want+"</state>"+
			"<stateChangeTime>T</stateChangeTime></user></data></Update>", got)
	}
	status, body := do(t, s, "1005", "GET", "/finesse/api/Team/1", "")
	require.Equal(t, 200, status)
	require.Equal(t, 5, strings.Count(body, "<User>"))
	_, body = do(t, s, "1005", "GET", "/finesse/api/Team/1?includeLoggedOutAgents=false", "")
	require.Equal(t, 1, strings.Count(body, "<User>"))
	require.Contains(t, body, "<Team><uri>/finesse/api/Team/1</uri><id>1</id><name>Sales</name><users><User><uri>/finesse/api/User/1001</uri>")
	status, _ = do(t, s, "1001", "GET", "/finesse/api/Team/1", "")
	require.Equal(t, 401, status, "agents may not")
	status, body = do(t, s, "1005", "GET", "/finesse/api/Team/9", "")
	require.Equal(t, 404, status)
	require.Contains(t, body, "<ErrorType>TeamId Not Found</ErrorType>")
}

func TestTeamEventsCarryTheReason(t *testing.T) {
	s := Start(t, WithFlavor(callcontrol.CCX))
	signIn(t, s, "1001")
	sup := connectMellium(t, s, "1005", "r")
	sup.subscribe(t, "/finesse/api/Team/1/Users")
	putState(t, s, "1001", "<state>NOT_READY</state><reasonCodeId>102</reasonCodeId>", callcontrol.NotReady)
	got := sup.next(t)
	require.Contains(t, got, "<state>NOT_READY</state>")
	require.Contains(t, got, "<reasonCode><category>NOT_READY</category><code>12</code><forAll>true</forAll><id>102</id><label>Lunch</label>")
	require.Contains(t, got, "<mediaState>IDLE</mediaState>", "CCX")
	putState(t, s, "1001", "<state>READY</state>", callcontrol.Ready)
	sup.next(t)
	_, err := s.Call("0551", "2001")
	require.NoError(t, err)
	require.Contains(t, sup.next(t), "<mediaState>BUSY</mediaState>")
}
