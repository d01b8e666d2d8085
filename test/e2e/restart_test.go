package e2e

import (
	"testing"

	"gcbridge/bridge/config"
)

// TestRestartWithoutAKey: a node that remembers nothing tells every client that it can
// know of: RECONNECT for a Beat, and, once a client has said by Hello or Beat where it
// listens, RE_LOGIN for the agents in whose name it sends commands. Only who has said
// nothing ends in the reject queue.
func TestRestartWithoutAKey(t *testing.T) {
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) {
			l := newLab(t, b.start(t), func(c *config.Config) { c.CommandQueue = "Idle" })
			l.cfg.CommandQueue = "Connector1"
			const beating, greeting, silent, rejects = "/topic/Beating", "/topic/Greeting", "/topic/Silent", "/queue/Connector1.rejected"
			beats, greets, none := newPhone(t, l.broker, beating), newPhone(t, l.broker, greeting), newPhone(t, l.broker, silent, rejects)
			_, stop := l.second("node-1", 127)
			beats.login(beating, "1001", "2001")
			greets.login(greeting, "1002", "2002")
			none.login(silent, "1003", "2003")
			stop()
			unserved := beats.do("MakeCall#1001", "2002") // nobody has said anything to the next one yet
			l.second("node-1", 127)
			none.answer(rejects, unserved, "2002")

			beats.answer(beating, beats.do("Beat#Beating", ""), "DESTINATION#Beating#RECONNECT")
			greets.answer(greeting, greets.do("Hello#Greeting", ""), "System#IN_SERVICE")
			beats.answer(beating, beats.do("MakeReady#1001", ""), "1001#State#RE_LOGIN")
			greets.answer(greeting, greets.do("MakeCall#1002", "2001"), "1002#State#RE_LOGIN")
			greets.answer(greeting, greets.do("MakeCall#1001", "2001"), "1001#State#RE_LOGIN") // who speaks for an agent is told
			none.answer(rejects, none.do("MakeReady#1003", ""))

			beats.do("Connect#1001", "Beating,pw1001")
			beats.answer(beating, beats.do("Login#1001", "pw1001,2001"), "1001#State#")
			beats.answer(beating, greets.do("MakeReady#1001", ""), "1001#State#READY") // an agent who is known is told at home
		})
	}
}
