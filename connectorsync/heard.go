package connectorsync

// heardBytes bounds the destinations of one heartbeat; the rest waits for the next.
const heardBytes = 64 << 10

// heard are the destinations from which this node has heard something that its
// peers have not been told yet.
type heard struct {
	known map[string]bool
	order []string
}

func (h *heard) add(destinations []string) {
	if h.known == nil {
		h.known = map[string]bool{}
	}
	for _, d := range destinations {
		if d != "" && isText(d) && !h.known[d] {
			h.known[d] = true
			h.order = append(h.order, d)
		}
	}
}

// take are the oldest that fit into a heartbeat.
func (h *heard) take() []string {
	n, size := 0, 0
	for ; n < len(h.order) && size+len(h.order[n]) <= heardBytes; n++ {
		size += len(h.order[n])
		delete(h.known, h.order[n])
	}
	out := h.order[:n:n]
	h.order = h.order[n:]
	return out
}

// Heard says from which destinations something has come here since the last call,
// as [Context] spells them. The next heartbeat tells it: a client is silent only if
// no node hears it.
func (s *State) Heard(destinations []string) { s.heard.add(destinations) }
