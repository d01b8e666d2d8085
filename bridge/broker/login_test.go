package broker_test

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/broker/embedded"
	"gcbridge/protocol/secret"
	"gcbridge/test/brokertest"
)

// credentials hold what STOMP escapes in every frame but CONNECT.
var credentials = []struct{ user, password string }{
	{"user", "password"},
	{"domain:user", "pass:word"},
	{`domain\user`, `pass\word`},
	{`a\cb`, `\c\\c\n\r`},
	{`:\:\\`, `\\:\:`},
}

// A CONNECT frame has no escapes: user and password go out as they are.
func TestCredentialsAreSentAsTheyAre(t *testing.T) {
	for _, c := range credentials {
		t.Run(c.user, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer l.Close()
			link := brokertest.Launch(t, broker.Config{
				URLs: []string{"stomp://" + l.Addr().String()}, User: c.user, Password: secret.New(c.password),
			})
			defer link.Stop()
			conn, err := l.Accept()
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(brokertest.Patience)))
			raw, err := bufio.NewReader(conn).ReadString(0)
			require.NoError(t, err)
			lines := strings.Split(raw, "\n")
			require.Equal(t, "CONNECT", lines[0])
			require.Contains(t, lines, "login:"+c.user)
			require.Contains(t, lines, "passcode:"+c.password)
		})
	}
}

func TestCredentialsLogIn(t *testing.T) {
	for _, c := range credentials {
		t.Run(c.user, func(t *testing.T) {
			b, err := embedded.Start(embedded.Config{User: c.user, Password: secret.New(c.password)})
			require.NoError(t, err)
			t.Cleanup(b.Close)
			l := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}, User: c.user, Password: secret.New(c.password)})
			require.True(t, l.Up())
		})
	}
}
