package pairs

import (
	"math/rand/v2"
	"strings"
	"time"

	"gcbridge/finesse"
)

// proof is what the agents show: a password, or what Finesse's token service
// answers, for SSO users.
func (s *storm) proof() proof {
	if s.TokenLife == 0 {
		return password
	}
	return func(agent string) (connect, login string) {
		answer := s.sim.SignOn(agent)
		token, err := finesse.DecodeToken([]byte(answer))
		if err != nil {
			s.t.Errorf("no token for %s: %v", agent, err)
		}
		return answer + ",SSO", token.Access.Reveal()
	}
}

// relinking cuts the notification stream of one agent after the other, until over:
// each comes back with the token as it is then.
func (s *storm) relinking(over <-chan struct{}) {
	rnd := rand.New(rand.NewPCG(s.Seed, 2))
	for s.pause(over, time.Duration(200+rnd.IntN(600))*time.Millisecond) {
		s.sim.DropXMPP(agentID(rnd.IntN(s.Agents)))
	}
}

// judgeTokens adds what became of the tokens: in a storm in which none was renewed
// nothing was shown.
func (s *storm) judgeTokens(r *Result) {
	if s.TokenLife == 0 {
		return
	}
	renewals := 0
	for _, q := range s.sim.Requests() {
		if strings.HasPrefix(q.Path, "/desktop/sso/token") {
			renewals++
		}
	}
	s.t.Logf("%d times a token was asked for", renewals)
	if renewals < 2*s.Agents {
		r.find(&r.Unsigned, "only %d times a token was asked for", renewals)
	}
}
