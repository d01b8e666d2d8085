package session

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// TestDocumentedLimits: the figures in docs/architecture.md and docs/security.md.
func TestDocumentedLimits(t *testing.T) {
	require.Equal(t, 64, mailboxSize)
	require.Equal(t, 200, maxStrangers)
	require.Equal(t, 10_000, maxNewcomers)
}

// bookish is a server that notes how many contacts it is asked for.
type bookish struct {
	*fakeServer
	contacts []int
}

func (b *bookish) UserPhoneBooks(ctx context.Context, cred finesse.Credentials, id string, n int) ([]finesse.PhoneBook, error) {
	b.contacts = append(b.contacts, n)
	return b.fakeServer.UserPhoneBooks(ctx, cred, id, n)
}

// TestOwnContacts: older releases of Finesse give no more at once.
func TestOwnContacts(t *testing.T) {
	bubble(t, func(g *rig) {
		b := &bookish{fakeServer: g.server}
		g.current = b
		withBooks(g)
		g.loggedIn()
		for jmsType, body := range map[string]string{"GetPhonebooks#1001": "", "GetTeamPhonebooks#1001": "1", "GetPhonebookContacts#1001": "1"} {
			g.do(noDest, jmsType, body)
		}
		g.got()
		require.Equal(t, []int{1500, 1500, 1500}, b.contacts)
	})
}

// TestEmptyBook: clients compare these words.
func TestEmptyBook(t *testing.T) {
	bubble(t, func(g *rig) {
		var err error
		g.deps.Dialect, err = protocol.NewDialect("4.4.12", protocol.FormatJSON, "", nil)
		require.NoError(t, err)
		withBooks(g)
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.got()
		g.do(noDest, "GetPhonebookContacts#1001", "3")
		require.Equal(t, []string{`/topic/A {"type":"no_data_found","title":"PhoneBookContacts","data":"NoContactFound","agentId":"1001"}`}, g.got())
	})
}

// TestTokenInAnAnswer: a Login that shows the answer of a token service means the token in it.
func TestTokenInAnAnswer(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		g.server.set(func(f *fakeServer) { f.tokens = []string{"t0", "t9"} })
		g.do(noDest, "Login#1001", `{"token":"t9"},2001`)
		require.Equal(t, "t9", g.server.lastCred.Password.Reveal())
		g.got()
	})
}
