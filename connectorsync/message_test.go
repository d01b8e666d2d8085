package connectorsync

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
)

// A change of any field of a token is told to the others.
func TestEveryFieldOfATokenCounts(t *testing.T) {
	for _, o := range []Token{
		{Refresh: secret.New("r")}, {Password: secret.New("p")}, {Shown: secret.New("s")}, {Issued: 1}, {Expires: 1},
	} {
		require.False(t, Token{}.equal(o), "%+v", o)
		require.True(t, o.equal(o))
	}
}

// A change of any field of a context is told to the others.
func TestEveryFieldOfAContextCounts(t *testing.T) {
	full := reflect.ValueOf(Context{
		LoginID: "6021", Password: secret.New("pw"), Bearer: true, Extension: "2001", Destination: "/topic/a",
		Format: "JSON", Teams: []string{"5"}, LoggedIn: true, Leaving: true,
		Token: Token{Refresh: secret.New("r"), Password: secret.New("pw"), Shown: secret.New("s"), Issued: 1, Expires: 2},
	})
	for i := range full.NumField() {
		name := full.Type().Field(i).Name
		t.Run(name, func(t *testing.T) {
			require.False(t, full.Field(i).IsZero(), "the test lacks a value")
			var one Context
			reflect.ValueOf(&one).Elem().Field(i).Set(full.Field(i))
			c := online(t, Config{})
			c.Taken("1001", Context{}, c.now)
			require.Empty(t, c.Changed("1001", Context{}, c.now), "nothing changed")
			require.Len(t, sent[AgentContext](c.Changed("1001", one, c.now.Add(time.Second))), 1)
			require.Empty(t, c.Changed("1001", one, c.now), "nothing changed")
			require.Len(t, sent[AgentContext](c.Changed("1001", Context{}, c.now)), 1)
		})
	}
}
