package callcontrol

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAnythingKeepsTheInvariants runs random commands, sensible and not, and
// checks after each that the centre makes sense, and at the end that every
// POST had exactly one DELETE.
func TestAnythingKeepsTheInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flavor := rapid.SampledFrom([]Flavor{CCE, CCX}).Draw(t, "flavor")
		rule := rapid.SampledFrom([]WrapUpRule{WrapUpRequired, WrapUpOptional, WrapUpNotAllowed, WrapUpRequiredData}).Draw(t, "wrap-up")
		cfg := testConfig(flavor, rule)
		cfg.MaxConference = 4
		cfg.LogoutOnDisconnect = rapid.Bool().Draw(t, "load")
		e, now := New(cfg), epoch
		seen := map[string]int{} // agent/dialog: POST +1, DELETE -1
		note := func(out []Event) {
			for _, ev := range out {
				if ev.Dialog == nil {
					continue
				}
				key := ev.Agent + "/" + ev.Dialog.ID
				switch ev.Kind {
				case DialogAdded:
					seen[key]++
				case DialogRemoved:
					seen[key]--
				}
				want := 1
				if ev.Kind == DialogRemoved {
					want = 0
				}
				if seen[key] != want {
					t.Fatalf("%s with %d open POSTs of %s", ev.Kind, seen[key], key)
				}
			}
		}
		apply := func(c Command) {
			out, _ := e.Apply(now, "", c)
			note(out)
			checkInvariants(t, e)
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 15).Draw(t, "wait")) * time.Second)
			note(e.Advance(now))
			checkInvariants(t, e)
			apply(drawCommand(t, e))
		}
		for id := 1; id < e.nextID; id++ { // everybody puts the phone down
			for _, d := range []string{fmt.Sprint(id)} {
				for e.dialogs[d] != nil {
					p := e.dialogs[d].outside()
					if p == nil {
						break
					}
					apply(HangUp{Dialog: d, Address: p.address})
				}
			}
		}
		note(e.Advance(now.Add(time.Hour)))
		for key, n := range seen {
			if n != 0 {
				t.Fatalf("%s was never deleted", key)
			}
		}
		if len(e.dialogs) != 0 {
			t.Fatalf("%d dialogs left", len(e.dialogs))
		}
	})
}

func drawCommand(t *rapid.T, e *Engine) Command {
	agent := rapid.SampledFrom([]string{"1001", "1002", "1003", "1004"}).Draw(t, "agent")
	number := rapid.SampledFrom([]string{"2001", "2002", "2003", "2004", "2001", "2002", "9000", "7000", "4711", "0551", "3001", "3002"}).Draw(t, "number")
	dialog := fmt.Sprint(rapid.IntRange(max(1, e.nextID-4), e.nextID).Draw(t, "dialog"))
	switch rapid.SampledFrom([]string{"login", "state", "state", "in", "in", "call", "act", "act", "act", "act", "act", "hang", "lost", "back", "monitor", "monitor", "barge", "dial", "dial"}).Draw(t, "what") {
	case "login":
		return SetState{Agent: agent, State: Login, Extension: "2" + agent[1:]}
	case "state":
		return SetState{
			Agent: agent, Forced: rapid.Bool().Draw(t, "forced"),
			State: rapid.SampledFrom([]State{Ready, Ready, NotReady, Logout, Work, WorkReady}).Draw(t, "state"),
		}
	case "in":
		return Inbound{From: rapid.SampledFrom([]string{"0551", "0552", "2003"}).Draw(t, "from"), To: number}
	case "call":
		return MakeCall{Agent: agent, To: number}
	case "monitor":
		return SilentMonitor{Agent: agent, To: number}
	case "barge":
		for _, d := range e.Dialogs(agent) {
			if d.CallType == monitorType {
				return Barge{Agent: agent, To: d.To, Monitor: d.ID}
			}
		}
		return Barge{Agent: agent, To: number, Monitor: dialog}
	case "dial":
		return Outbound{Agent: agent, Number: number, Mode: rapid.SampledFrom([]DialMode{Preview, Progressive, Predictive, Callback}).Draw(t, "mode")}
	case "hang":
		return HangUp{Dialog: dialog, Address: rapid.SampledFrom([]string{"", number}).Draw(t, "who")}
	case "lost":
		return PresenceLost{agent}
	case "back":
		return PresenceBack{agent}
	}
	c := Act{Agent: agent, Dialog: dialog, Target: "2" + agent[1:], To: number}
	if mine := e.Dialogs(agent); len(mine) > 0 {
		d := rapid.SampledFrom(mine).Draw(t, "mine")
		p, _ := d.Party(c.Target)
		c.Dialog = d.ID
		if len(p.Actions) > 0 && rapid.Bool().Draw(t, "valid") {
			c.Action = rapid.SampledFrom(p.Actions).Draw(t, "action")
			return c
		}
	}
	c.Action = rapid.SampledFrom(Actions()).Draw(t, "action")
	return c
}

// checkQueues counts the queues anew.
func checkQueues(t *rapid.T, e *Engine) {
	for _, q := range e.queues {
		want := QueueStats{ID: q.ID, Name: q.Name, Assigned: true, CallsInQueue: len(q.waiting)}
		for _, a := range q.members {
			want.count(tallyOf(a), 1)
			if len(q.waiting) > 0 && a.shown == Ready {
				t.Fatalf("a call waits in queue %s and agent %s is READY", q.ID, a.profile.ID)
			}
		}
		for _, d := range q.waiting {
			if e.dialogs[d.id] != d || d.answered() {
				t.Fatalf("dialog %s waits in queue %s and should not", d.id, q.ID)
			}
		}
		got, _ := e.Queue(q.ID)
		got.LongestSince = time.Time{}
		if got != want {
			t.Fatalf("queue %s counts %+v, is %+v", q.ID, got, want)
		}
	}
}

// checkInvariants judges by the public snapshots alone.
func checkInvariants(t *rapid.T, e *Engine) {
	for id := range e.dialogs {
		d, _ := e.Dialog(id)
		if len(d.Parties) < 1 {
			t.Fatalf("dialog %s has no participants", id)
		}
		if d.State == Held || d.State == WrapUp {
			t.Fatalf("dialog %s is %s", id, d.State)
		}
		if !slices.ContainsFunc(d.Parties, func(p Party) bool { return p.State != Dropped }) {
			t.Fatalf("dialog %s is kept with everybody gone", id)
		}
	}
	checkQueues(t, e)
	for id := range e.agents {
		u, _ := e.User(id)
		checkAgent(t, e.cfg.Flavor, u, e.Dialogs(id))
	}
}

func checkAgent(t *rapid.T, f Flavor, u User, calls []*Dialog) {
	count := map[CallState]int{}
	listened, previews := 0, 0
	for _, d := range calls {
		p, ok := d.Party(u.Extension)
		if !ok {
			t.Fatalf("agent %s sees dialog %s and is not in it", u.ID, d.ID)
		}
		switch {
		case d.CallType == monitorType && d.To == u.Extension:
			if len(p.Actions) > 0 {
				t.Fatalf("agent %s may %v where somebody listens", u.ID, p.Actions)
			}
			listened++
			continue
		case slices.Contains(p.Actions, "ACCEPT"):
			previews++
			continue
		}
		count[p.State]++
	}
	connected := count[Active] + count[Initiating] + count[Initiated] + count[Failed]
	ok := true
	switch u.State {
	case Logout:
		ok = len(calls) == 0 && u.Extension == "" && u.Pending == ""
	case Talking:
		ok = connected > 0 || f == CCX && count[Held] > 0
	case Hold:
		ok = f == CCE && connected == 0 && count[Held] > 0
	case Reserved:
		ok = connected == 0 && count[Alerting] > 0
	case Work, WorkReady:
		ok = count[WrapUp] == 1 && connected+count[Held] == 0 && (f == CCE || u.State == Work)
	case ReservedPreview:
		ok = previews == 1 && len(calls) == 1
	case ReservedOutbound:
		ok = count[Alerting] == 1 && len(calls) == 1
	case Ready:
		ok = len(calls) == 0
	case NotReady: // calls that no queue sent do not show on CCX, nor while they ring
		ok = f == CCX && count[WrapUp] == 0 || connected+count[Held]+count[WrapUp] == 0
	}
	if previews > 0 && u.State != ReservedPreview {
		t.Fatalf("agent %s previews and is %s", u.ID, u.State)
	}
	if listened > 1 || listened > 0 && count[Active]+count[Held] == 0 {
		t.Fatalf("agent %s is listened to %d times, with calls %v", u.ID, listened, count)
	}
	if count[Active] > 1 {
		t.Fatalf("agent %s speaks in %d calls", u.ID, count[Active])
	}
	if count[Dropped] > 0 {
		t.Fatalf("agent %s still sees a call that they left", u.ID)
	}
	if !ok {
		t.Fatalf("agent %s is %s with calls %v", u.ID, u.State, count)
	}
}
