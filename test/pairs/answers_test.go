package pairs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheJudgeHearsAnswers: each fault of the answers is forged once, beside what
// must pass.
func TestTheJudgeHearsAnswers(t *testing.T) {
	at := time.Unix(7, 0)
	yes := []Answer{{Kind: outcome, Node: "a", At: at}}
	late := Answer{Kind: "PLEASE_RETRY", Node: "b", At: at.Add(3 * time.Second)}
	killed := func(node string, after time.Duration) []kill { return []kill{{at: at.Add(after), node: node}} }
	for _, tc := range []struct {
		name                string
		told                []Answer
		unsure, aside       bool
		kills               []kill
		unanswered, twofold int
		twice               int
	}{
		{name: "an outcome", told: yes},
		{name: "further events of a call", told: append(yes, yes...)},
		{name: "an error", told: []Answer{{Kind: "PLEASE_RETRY", Node: "a"}}},
		{name: "the same error from both nodes", told: []Answer{{Kind: "PLEASE_RETRY", Node: "a"}, {Kind: "PLEASE_RETRY", Node: "b"}}},
		{name: "nothing", unanswered: 1},
		{name: "nothing, and a broker put it aside", aside: true},
		{name: "nothing, and the broker may not have it", unsure: true},
		{name: "an outcome, then an error", told: append(yes, Answer{Kind: "GENERIC_ERROR", Node: "a"}), twofold: 1},
		{name: "an error, then an outcome", told: append([]Answer{{Kind: "GENERIC_ERROR", Node: "a"}}, yes...), twofold: 1},
		{name: "two errors", told: []Answer{{Kind: "GENERIC_ERROR"}, {Kind: "PLEASE_RETRY"}}, twofold: 1},
		{name: "killed before the acknowledgement", told: append(yes, late), kills: killed("a", time.Millisecond), twice: 1},
		{name: "killed before the client read the answer", told: append(yes, late), kills: killed("a", -time.Millisecond), twice: 1},
		{name: "killed when it was long acknowledged", told: append(yes, late), kills: killed("a", 2*time.Second), twofold: 1},
		{name: "the other one was killed", told: append(yes, late), kills: killed("b", time.Millisecond), twofold: 1},
		{name: "killed after both", told: append(yes, Answer{Kind: "PLEASE_RETRY", Node: "b", At: at}), kills: killed("a", time.Millisecond), twofold: 1},
		{name: "RE_LOGIN after an outcome", told: append(yes, Answer{Kind: reLogin, Node: "a"}), twofold: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := day("1001", 1)[:2]
			c[1].Unsure, c[1].Aside = tc.unsure, tc.aside
			var v Verdict
			v.Hear(c, Told{c[0].Corr: yes, c[1].Corr: tc.told}, tc.kills)
			require.Equal(t, []int{tc.unanswered, tc.twofold, tc.twice}, []int{v.Unanswered, v.TwoFold, v.ToldTwice}, v.Findings)
			require.Len(t, v.Findings, tc.unanswered+tc.twofold)
			require.Equal(t, len(v.Findings) == 0, v.Clean())
			for _, f := range v.Findings {
				require.Contains(t, f, c[1].Key)
			}
		})
	}
}

func TestKindsOfAnswers(t *testing.T) {
	at := time.Unix(7, 0)
	for body, kind := range map[string]string{
		"1001#State#READY####2026-11-28 01:49:24#Agent": outcome,
		"1001#State#RE_LOGIN":                           reLogin,
		"1001#Error#PLEASE_RETRY":                       "PLEASE_RETRY",
		"1001#Error#GENERIC_ERROR#not confirmed\n":      "GENERIC_ERROR",
		"1001#Error#CF_INVALID_OBJECT_STATE\n":          "CF_INVALID_OBJECT_STATE",
	} {
		require.Equal(t, Answer{Kind: kind, Node: "gc-1", At: at}, answerOf(Event{Body: body, Node: "gc-1", At: at, Corr: "x"}), body)
	}
}

// TestQuestionsAreNotMissedAtFinesse: a command that only asks is answered, and
// Finesse need not have seen it.
func TestQuestionsAreNotMissedAtFinesse(t *testing.T) {
	c := day("1001", 1)
	c = append(c, Command{Agent: "1001", Index: len(c), Word: "GetState", Asks: true, Corr: "q"})
	v := Judge(c, runs(c, "a", 0, 1, 2, 3), nil)
	require.True(t, v.Clean(), v.Findings)
	v.Hear(c[4:], nil, nil)
	require.Equal(t, 1, v.Unanswered)
}
