package gateway

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/protocol"
)

func at(name string) wire.Binding { return wire.Binding{To: address(name)} }

func last(t *testing.T, k *Book, agent string) wire.Binding {
	t.Helper()
	b, ok := k.LastKnown(agent)
	require.True(t, ok)
	return b
}

func TestBookRemembers(t *testing.T) {
	k := NewBook(nil)
	k.Expect("1001", at("A"))
	require.Equal(t, at("A"), last(t, k, "1001"))
	k.Expect("1001", at("B"))
	require.Equal(t, at("A"), last(t, k, "1001"), "what is known is not guessed")
	k.Bind(at("B"))
	json := at("B")
	json.Dialect.Format = protocol.FormatJSON
	k.Belongs("1001", json, true)
	require.Equal(t, json, last(t, k, "1001"))
	k.Expect("1001", at("C"))
	require.Equal(t, json, last(t, k, "1001"))
	_, ok := k.Seen(address("C"))
	require.False(t, ok)
	b, ok := k.Seen(address("B"))
	require.True(t, ok)
	require.Equal(t, at("B"), b)
	require.Len(t, k.All(), 1)
	k.Belongs("1002", at("D"), false)
	require.Equal(t, at("D"), last(t, k, "1002"))
	require.Equal(t, 1, k.Len(), "nobody has named it")
	k.Belongs("1002", at("D"), true)
	require.Equal(t, at("D"), last(t, k, "1002"))
	require.Equal(t, 2, k.Len())
}

// invent lets clients name that many destinations, each with an agent.
func invent(k *Book, prefix string, n int) {
	for i := range n {
		b := at(prefix + strconv.Itoa(i))
		k.Bind(b)
		k.Expect(prefix+strconv.Itoa(i), b)
		k.Belongs(prefix+strconv.Itoa(i), b, false)
	}
}

func TestBookIsBounded(t *testing.T) {
	tel := telemetry.New(nil)
	k := NewBook(tel)
	k.Bind(at("desk"))
	k.Belongs("1001", at("desk"), true)
	k.Bind(at("wallboard"))
	invent(k, "x", maxUnused-1)
	require.Equal(t, maxUnused+1, k.Len())
	_, ok := k.Seen(address("wallboard")) // a Beat
	require.True(t, ok)
	invent(k, "y", maxUnused-1)
	require.Equal(t, maxUnused+1, k.Len())
	require.Len(t, k.All(), maxUnused+1)
	require.EqualValues(t, maxUnused-1, tel.Counts()["destinations_forgotten"])
	for _, name := range []string{"desk", "wallboard", "y0"} {
		_, ok := k.Seen(address(name))
		require.True(t, ok, name)
	}
	_, ok = k.Seen(address("x0"))
	require.False(t, ok, "the one named longest ago goes first")
	_, ok = k.LastKnown("x0")
	require.False(t, ok)
	require.Equal(t, at("y0"), last(t, k, "y0"))
	require.Equal(t, at("desk"), last(t, k, "1001"))
}

// What an accepted agent leaves behind is one of the unused ones again.
func TestDestinationsThatAgentsLeave(t *testing.T) {
	k := NewBook(nil)
	for i := range 3 * maxUnused { // one agent, who comes from ever new places
		b := at(strconv.Itoa(i))
		k.Bind(b)
		k.Belongs("1001", b, true)
		k.Belongs("1001", b, true)
	}
	require.Equal(t, maxUnused+1, k.Len())
	k.Belongs("1002", last(t, k, "1001"), true)
	k.Belongs("1001", at("elsewhere"), true)
	invent(k, "x", 2*maxUnused)
	_, ok := k.Seen(last(t, k, "1002").To)
	require.True(t, ok, "the other agent is still there")
	_, ok = k.Seen(address("elsewhere"))
	require.True(t, ok)
	require.Equal(t, maxUnused+2, k.Len())
}

// TestNobodyListensThere: an address that nobody named is not one of the book's,
// and the question when it was heard holds nobody up.
func TestNobodyListensThere(t *testing.T) {
	k := NewBook(nil)
	_, ok := k.At(address("A"))
	require.False(t, ok)
	k.Bind(at("A"))
	k.Heard(address("A"))
	b, ok := k.At(address("A"))
	require.True(t, ok)
	require.Equal(t, at("A"), b)
}
