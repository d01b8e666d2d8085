package gateway

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
	"gcbridge/protocol"
)

// id is the JMSMessageID of a message of a producer of a connection.
func id(connection, producer, n int) string {
	return fmt.Sprintf("ID:crm-41231-1568724000000-3:%d:1:%d:%d", connection, producer, n)
}

func TestWhatAProducerHasNamed(t *testing.T) {
	type named struct {
		by, at string
	}
	for name, tc := range map[string]struct {
		named []named
		ask   string
		want  string // "" = nothing can be said
	}{
		"one":                                  {[]named{{id(1, 1, 1), "A"}}, id(1, 1, 7), "A"},
		"the same again":                       {[]named{{id(1, 1, 1), "A"}, {id(1, 1, 2), "A"}}, id(1, 1, 7), "A"},
		"two":                                  {[]named{{id(1, 1, 1), "A"}, {id(1, 1, 2), "B"}}, id(1, 1, 7), ""},
		"two, and one of them again":           {[]named{{id(1, 1, 1), "A"}, {id(1, 1, 2), "B"}, {id(1, 1, 3), "B"}}, id(1, 1, 7), ""},
		"another connection":                   {[]named{{id(2, 1, 1), "A"}}, id(1, 1, 7), ""},
		"another producer of the connection":   {[]named{{id(1, 1, 1), "A"}}, id(1, 2, 1), "A"},
		"two producers of the connection":      {[]named{{id(1, 1, 1), "A"}, {id(1, 2, 1), "B"}}, id(1, 3, 1), ""},
		"its own beside another's":             {[]named{{id(1, 1, 1), "A"}, {id(1, 2, 1), "B"}}, id(1, 2, 2), "B"},
		"an id that names nobody":              {[]named{{"ID:1", "A"}}, "ID:2", ""},
		"nor here":                             {[]named{{"", "A"}, {"17", "A"}}, "", ""},
		"a client of another make":             {[]named{{"414d5120:1:1:1:1", "A"}}, "414d5120:1:1:1:2", ""},
		"nothing, by a connection of the same": {nil, id(1, 1, 1), ""},
	} {
		k := NewBook(nil)
		for _, n := range tc.named {
			k.Named(n.by, at(n.at))
		}
		b, ok := k.Only(tc.ask)
		require.Equal(t, tc.want != "", ok, name)
		if ok {
			require.Equal(t, at(tc.want), b, name)
		}
	}
}

// How a client is spoken to is what it said last, over whichever connection.
func TestAProducersFormatIsTheDestinations(t *testing.T) {
	k := NewBook(nil)
	k.Named(id(1, 1, 1), at("A"))
	json := at("A")
	json.Dialect.Format = protocol.FormatJSON
	k.Bind(json)
	b, ok := k.Only(id(1, 1, 2))
	require.True(t, ok)
	require.Equal(t, json, b)
}

// What is remembered of producers is bounded; those that still name something stay.
func TestProducersAreBounded(t *testing.T) {
	k := NewBook(nil)
	k.Named(id(0, 0, 1), at("desk"))
	for i := range 2 * maxProducers {
		k.Named(id(i+1, 1, 1), at("x"))
		if i%100 == 0 {
			k.Named(id(0, 0, i), at("desk")) // a Beat
		}
	}
	for _, named := range k.names.named {
		require.Equal(t, maxProducers, named.Len())
	}
	_, ok := k.Only(id(1, 1, 2))
	require.False(t, ok)
	_, ok = k.Only(id(maxProducers, 1, 2))
	require.False(t, ok)
	for _, still := range []string{id(0, 0, 9), id(0, 1, 1), id(maxProducers+100, 1, 2)} {
		_, ok := k.Only(still)
		require.True(t, ok, still)
	}
}

// A node that has just started knows of a client only what it says: where it
// listens. That is where its agents are asked to log in again.
func TestUnknownAgentOfAKnownProducer(t *testing.T) {
	for word, tc := range map[string]struct{ name, body, format, relogin string }{
		"Beat":              {"Beat#A", "", "", "1001#State#RE_LOGIN"},
		"Hello":             {"Hello#A", "", "", "1001#State#RE_LOGIN"},
		"Beat in a format":  {"Beat#A", "", "JSON", `{"type":"State","agentId":"1001","state":"RE_LOGIN"`},
		"Hello in a format": {"Hello#A", "", "JSON", `{"type":"State","agentId":"1001","state":"RE_LOGIN"`},
	} {
		t.Run(word, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.send(id(1, 1, 1), "MakeReady#1001", "")
				require.Len(t, w.rejects, 1, "nothing is known yet")
				w.send(id(1, 1, 2), tc.name, tc.body, func(c *wire.Command) { c.Properties[formatProperty] = tc.format })
				w.got()
				w.send(id(1, 1, 3), "MakeReady#1001", "")
				got := w.got()
				require.Len(t, got, 1)
				require.Contains(t, got[0], "/topic/A "+tc.relogin)
				require.Contains(t, got[0], " c-"+id(1, 1, 3))
				w.send(id(1, 1, 4), "MakeReady#1001", "", replyTo("/queue/r"))
				require.Contains(t, w.got()[0], "/queue/r ", "[C5]")
				w.send(id(2, 1, 1), "MakeReady#1001", "")
				require.Len(t, w.rejects, 2, "another client has named nothing")
				w.send(id(1, 1, 5), "Frob#1001", "x")
				require.Contains(t, w.got()[0], "/topic/A ", "a command that is not well formed is answered, too")
				w.send(id(1, 1, 6), "Beat#B", "")
				w.got()
				w.send(id(1, 1, 7), "MakeReady#1001", "")
				require.Empty(t, w.got(), "it may listen at either")
			})
		})
	}
}

// Where nothing serves, what a Connect names is known all the same; what cannot be
// used is not.
func TestConnectNamesWhereItsProducerListens(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.down = true
		for n, tc := range []struct{ body, format, want string }{
			{"A*,pw", "", ""},
			{"A,pw", "XML", ""},
			{"A,pw", "", "/topic/A"},
		} {
			w.send(id(1, 1, 10*n+1), "Connect#1002", tc.body, func(c *wire.Command) { c.Properties[formatProperty] = tc.format })
			w.got()
			w.send(id(1, 1, 10*n+2), "MakeReady#1001", "")
			if tc.want == "" {
				require.Empty(t, w.got(), tc.body)
				continue
			}
			require.Equal(t, []string{tc.want + " 1001#Error#" + string(protocol.ErrFinesseUnavailable) + " c-" + id(1, 1, 10*n+2)}, w.got(), tc.body)
		}
	})
}
