package main

import "gcbridge/test/pairs"

// part is a row of what is measured.
type part struct {
	name string
	long bool // left out by the short form
	play func(s *site, t pairs.TB, size size, r *results)
}

func parts() []part {
	return []part{
		{"relays", false, (*site).measureRelays},
		{"events", false, (*site).measureEvents},
		{"agents", true, (*site).measureAgents},
		{"take-overs", true, (*site).measureTakeOvers},
	}
}
