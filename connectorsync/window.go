package connectorsync

// windowSize is how far back a message may come late. The answer to a sync
// request of 2,000 agents has some 4,000 messages.
const windowSize = 8192

// window remembers which sequence numbers of a node's boot were seen. Each is
// accepted once, in any order; one that is windowSize behind the highest is
// refused because it can no longer be told from a replay.
type window struct {
	top  uint64
	seen [windowSize / 64]uint64
}

func (w *window) admit(seq uint64) bool {
	if seq == 0 || seq >= maxSeq || seq+windowSize <= w.top {
		return false
	}
	if seq > w.top {
		if seq-w.top >= windowSize {
			clear(w.seen[:])
		} else {
			for n := w.top + 1; n <= seq; n++ {
				w.seen[n%windowSize/64] &^= 1 << (n % 64)
			}
		}
		w.top = seq
	}
	word, bit := &w.seen[seq%windowSize/64], uint64(1)<<(seq%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}
