package connectorsync

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestHeard: each destination is told once, in as many heartbeats as it takes, and
// not while nobody could hear it.
func TestHeard(t *testing.T) {
	beats := func(out []Effect) (all [][]string) {
		for _, b := range sent[Heartbeat](out) {
			all = append(all, b.Heard)
		}
		return all
	}
	c := online(t, Config{})
	c.LinkDown()
	c.Heard([]string{"/topic/A", "/topic/A", "", "a\x01"})
	require.Empty(t, beats(c.Tick(c.now.Add(time.Second))))
	require.Equal(t, [][]string{{"/topic/A"}}, beats(c.LinkUp(c.now.Add(2*time.Second))))
	require.Equal(t, [][]string{{}}, nonNil(beats(c.Tick(c.now.Add(4*time.Second)))))

	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprint("/topic/", strings.Repeat("x", 1000), i))
	}
	c.Heard(many)
	first := beats(c.Tick(c.now.Add(6 * time.Second)))
	second := beats(c.Tick(c.now.Add(8 * time.Second)))
	require.Len(t, first, 1)
	require.Len(t, second, 1)
	require.Less(t, len(first[0]), len(many))
	require.Equal(t, many, append(first[0], second[0]...))
}

func nonNil(list [][]string) [][]string {
	for i := range list {
		if len(list[i]) == 0 {
			list[i] = []string{}
		}
	}
	return list
}
