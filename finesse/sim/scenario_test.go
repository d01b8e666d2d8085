package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim/callcontrol"
)

func TestExampleScenario(t *testing.T) {
	s := Start(t, WithConfig(func(c *Config) { c.ScenarioPath = "testdata/scenario.yaml" }))
	require.Equal(t, "4002", s.Extension("3002"))
	require.Equal(t, "pw3002", s.Password("3002"))
	require.Empty(t, s.Extension("1001"))
	status, body := do(t, s, "3002", "GET", "/finesse/api/User/3002/ReasonCodes?category=NOT_READY", "")
	require.Equal(t, 200, status)
	require.Contains(t, body, "<code>27</code><forAll>true</forAll><id>49</id>")
	putState(t, s, "3002", "<state>LOGIN</state><extension>4999</extension>", callcontrol.NotReady)
	_, body = do(t, s, "3002", "GET", "/finesse/api/User/3002/Queues", "")
	require.Contains(t, body, "<uri>/finesse/api/Queue/5022</uri><name>Orders</name>")
	_, body = do(t, s, "3002", "GET", "/finesse/api/User/3002/PhoneBooks", "")
	require.Contains(t, body, "<name>Depots</name><type>TEAM</type>")
	require.NotContains(t, body, "Company")
	status, _, err := try(s, "root", "toor", "GET", "/finesse/api/User/3002", "")
	require.NoError(t, err)
	require.Equal(t, 200, status, "the administrator sees all")
}

func TestScenarioMistakes(t *testing.T) {
	for name, row := range map[string]struct{ yaml, want string }{
		"unknown key":  {"agents:\n  - id: \"1\"\n    extensions: \"2\"\n", "[3:5]"},
		"no yaml":      {"agents: [", "scenario"},
		"twice":        {"agents:\n  - {id: \"1\", extension: \"2\", team: \"1\"}\n  - {id: \"1\", extension: \"3\", team: \"1\"}\n", `agent id "1"`},
		"no extension": {"agents:\n  - {id: \"1\", team: \"1\"}\n", "extension"},
		"no team":      {"agents:\n  - {id: \"1\", extension: \"2\", team: \"9\"}\n", `no team "9"`},
		"wrap-up":      {"agents:\n  - {id: \"1\", extension: \"2\", team: \"1\", wrapUpOnIncoming: SOMETIMES}\n", "SOMETIMES"},
		"category":     {"reasonCodes:\n  - {id: \"1\", code: 2, label: x, category: LUNCH}\n", "LOGOUT"},
		"behaviour":    {"numbers:\n  - {pattern: \"1\", behaviour: sing}\n", "sing"},
		"flavor":       {"flavor: avaya\n", "avaya"},
		"queue twice":  {"queues: [{id: \"1\", number: \"3\"}, {id: \"1\", number: \"4\"}]", `queue id "1"`},
		"queue number": {"queues: [{id: \"1\", number: \"2001\"}]", "taken"},
		"queue team":   {"queues: [{id: \"1\", number: \"3\", teams: [\"9\"]}]", "unknown team"},
		"book twice":   {"phoneBooks: [{id: \"1\", type: GLOBAL}, {id: \"1\", type: GLOBAL}]", `phone book id "1"`},
		"book type":    {"phoneBooks: [{id: \"1\", type: YELLOW}]", "YELLOW"},
		"book team":    {"phoneBooks: [{id: \"1\", type: TEAM, teams: [\"9\"]}]", "unknown team"},
		"no teams":     {"teams: []\n", "no teams"},
	} {
		_, err := New(Config{Scenario: []byte(row.yaml)})
		require.ErrorContains(t, err, row.want, name)
	}
	_, err := New(Config{ScenarioPath: "testdata/missing.yaml"})
	require.ErrorContains(t, err, "missing.yaml")
	_, err = New(Config{ScenarioPath: "testdata/scenario.yaml", Scenario: []byte("x")})
	require.ErrorContains(t, err, "both")
	_, err = New(Config{XMPPTLS: "maybe"})
	require.ErrorContains(t, err, "maybe")
	_, err = New(Config{RESTAddr: "no address"})
	require.ErrorContains(t, err, "REST")
}

func TestScale(t *testing.T) {
	s := Start(t, WithScale(2000))
	require.Equal(t, "502000", s.Extension("102000"))
	signIn(t, s, "102000")
}
