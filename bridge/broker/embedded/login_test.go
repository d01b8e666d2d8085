package embedded_test

import (
	"testing"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker/embedded"
	"gcbridge/protocol/secret"
	"gcbridge/test/brokertest"
)

// A CONNECT frame has no escapes in any version: what looks like one is part
// of the user's name or password.
func TestLogin(t *testing.T) {
	for _, c := range []struct {
		name           string
		user, password string // the broker's
		login, pass    string // as written in the frame
		in             bool
	}{
		{"plain", "user", "word", "user", "word", true},
		{"wrong user", "user", "word", "other", "word", false},
		{"wrong password", "user", "word", "user", "words", false},
		{"colon", "a:b", "c:d", "a:b", "c:d", true},
		{"backslash", `a\b`, `c\d`, `a\b`, `c\d`, true},
		{"looks like escapes", `a\cb`, `\n\\`, `a\cb`, `\n\\`, true},
		{"escaped user", "a:b", "word", `a\cb`, "word", false},
		{"escaped password", "user", `a\b`, "user", `a\\b`, false},
		{"anybody", "", "", "whoever", "whatever", true},
	} {
		for _, command := range []string{frame.CONNECT, frame.STOMP} {
			t.Run(c.name+" "+command, func(t *testing.T) {
				b := start(t, embedded.Config{User: c.user, Password: secret.New(c.password)})
				p := brokertest.DialOnly(t, b.URL())
				p.WriteRaw(command + "\naccept-version:1.2\nlogin:" + c.login + "\npasscode:" + c.pass + "\n\n\x00")
				if c.in {
					p.Expect(frame.CONNECTED)
					return
				}
				// The reader of the peer undoes the escapes of ERROR.
				require.Equal(t, "refused: User name ["+c.login+"] or password is invalid.",
					p.Expect(frame.ERROR).Header.Get(frame.Message))
				p.Gone()
			})
		}
	}
}
