package pairs

import (
	"slices"
	"time"
)

// killing kills one node after the other and lets each come back, until over.
func (s *storm) killing(over <-chan struct{}) {
	for range s.Kills {
		if !s.pause(over, time.Duration(s.rnd.IntN(1500))*time.Millisecond) {
			return
		}
		window := Window(s.rnd.IntN(int(numberWindows)))
		dead := s.killAt(window, over)
		if dead == nil {
			return
		}
		back := s.pause(over, time.Duration(s.rnd.IntN(2500))*time.Millisecond)
		dead.Start()
		s.lab.Whole(s.Agents)
		if !back {
			return
		}
	}
}

// killAt kills a node in a window and returns it; nil when the storm is over.
func (s *storm) killAt(w Window, over <-chan struct{}) *Node {
	if w == AnyTime {
		n := s.lab.Nodes[s.rnd.IntN(len(s.lab.Nodes))]
		s.note(kill{n.Kill(), w, n.Name})
		return n
	}
	wait := map[Window]time.Duration{
		BeforeAck: time.Duration(s.rnd.IntN(3000)) * time.Microsecond,
		AfterAck:  time.Duration(10+s.rnd.IntN(100)) * time.Millisecond,
	}[w]
	var dead *Node
	sprung := s.tap.Arm(w, wait, "", func(node string) {
		i := slices.IndexFunc(s.lab.Nodes[:], func(n *Node) bool { return n.Name == node })
		dead = s.lab.Nodes[i]
		s.note(kill{dead.Kill(), w, node})
	})
	select {
	case <-sprung:
		return dead
	case <-over:
		s.tap.Disarm()
		return nil
	}
}

func (s *storm) note(k kill) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kills = append(s.kills, k)
}
