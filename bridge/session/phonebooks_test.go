package session

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

func withBooks(g *rig) {
	g.server.desk.books = []finesse.PhoneBook{
		{ID: "1", Name: "Company", Type: "GLOBAL", Contacts: []finesse.Contact{{ID: "9", FirstName: "Bill", LastName: "Duke", Number: "6511235", Description: "Billing"}}},
		{ID: "3", Name: "Partners", Type: "TEAM"},
	}
	g.server.desk.contacts = g.server.desk.books[0].Contacts
}

func TestPhonebooks(t *testing.T) {
	const (
		books    = "/topic/A 1001#Phonebooks#name:Company,type:GLOBAL,id:1#name:Partners,type:TEAM,id:3"
		teamOwn  = "/topic/A 1001#TeamPhoneBooks#name:Partners,type:TEAM,id:3"
		teamAll  = "/topic/A 1001#TeamPhoneBooks#name:Company,type:GLOBAL,id:1#name:Partners,type:TEAM,id:3" // what the fake has for a team
		contacts = "/topic/A 1001#PhonebookContacts#description:Billing,firstName:Bill,lastName:Duke,phoneNumber:6511235,id:9"
		none     = "/topic/A 1001#PhonebookContacts#NoContactFound"
		refused  = "/topic/A 1001#Error#AUTHORIZATION_FAILURE"
		unknown  = "/topic/A 1001#Error#NOT_FOUND"
	)
	for _, tc := range []struct {
		name          string
		admin         bool
		fail          string // what Finesse refuses
		status        int
		jmsType, body string
		asked         []string
		want          string
	}{
		{name: "all", admin: true, jmsType: "GetPhonebooks#1001", asked: []string{"BOOKS as admin"}, want: books},
		{name: "all, without administrator", jmsType: "GetPhonebooks#1001", asked: []string{"BOOKS of 1001 as 1001"}, want: books},
		{
			name: "all, from a second node", admin: true, fail: "BOOKS as admin", status: 403, jmsType: "GetPhonebooks#1001",
			asked: []string{"BOOKS as admin", "BOOKS of 1001 as 1001"}, want: books,
		},
		{name: "a team's", admin: true, jmsType: "GetTeamPhonebooks#1001", body: "7", asked: []string{"BOOKS of team 7 as admin"}, want: teamAll},
		{name: "of their own team", admin: true, jmsType: "GetTeamPhonebooks#1001", asked: []string{"BOOKS of team 1 as admin"}, want: teamAll},
		{name: "of their own team, without administrator", jmsType: "GetTeamPhonebooks#1001", body: "1", asked: []string{"BOOKS of 1001 as 1001"}, want: teamOwn},
		{name: "of another team, without administrator", jmsType: "GetTeamPhonebooks#1001", body: "7", want: refused},
		{name: "contacts", admin: true, jmsType: "GetPhonebookContacts#1001", body: "1", asked: []string{"CONTACTS of 1 as admin"}, want: contacts},
		{name: "contacts, without administrator", jmsType: "GetPhonebookContacts#1001", body: "1", asked: []string{"BOOKS of 1001 as 1001"}, want: contacts},
		{name: "an empty book", jmsType: "GetPhonebookContacts#1001", body: "3", asked: []string{"BOOKS of 1001 as 1001"}, want: none},
		{name: "no such book", jmsType: "GetPhonebookContacts#1001", body: "8", asked: []string{"BOOKS of 1001 as 1001"}, want: unknown},
		{
			name: "no such book, says Finesse", admin: true, fail: "CONTACTS of 8 as admin", status: 404, jmsType: "GetPhonebookContacts#1001", body: "8",
			asked: []string{"CONTACTS of 8 as admin"}, want: unknown,
		},
		{
			name: "a wrong administrator", admin: true, fail: "BOOKS as admin", status: 401, jmsType: "GetPhonebooks#1001",
			asked: []string{"BOOKS as admin"}, want: refused,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				if tc.admin {
					g.deps.Options.Admin = finesse.Credentials{User: "admin", Password: secret.New("x")}
				}
				withBooks(g)
				g.loggedIn()
				if tc.fail != "" {
					g.server.fail[tc.fail] = &finesse.Error{Status: tc.status, Class: errclass.Upstream}
				}
				g.do(noDest, tc.jmsType, tc.body)
				require.Equal(t, tc.asked, g.server.log(), "[C21]")
				out := g.outputs()
				require.Len(t, out, 1)
				require.Equal(t, tc.want, out[0].To.String()+" "+out[0].Message.Body)
				require.NotEmpty(t, out[0].CorrelationID)
			})
		})
	}
}

func TestEmptyPhonebooks(t *testing.T) {
	for dialect, want := range map[[2]string][]string{
		{"4.4", "DEFAULT"}: {"1001#Phonebooks#NoPhoneBookFound", "1001#TeamPhoneBooks#NoTeamPhoneBookFound"},
		{"4.4", "JSON"}:    {`[{"type":"Phonebooks","phonebooks":[]}]`, `[{"type":"TeamPhonebooks","phonebooks":[]}]`},
		{"4.4.12", "JSON"}: {
			`{"type":"no_data_found","title":"PhoneBook","data":"NoPhoneBookFound","agentId":"1001"}`,
			`{"type":"no_data_found","title":"TeamPhoneBook","data":"NoTeamPhoneBookFound","agentId":"1001"}`,
		},
	} {
		t.Run(strings.Join(dialect[:], " "), func(t *testing.T) {
			bubble(t, func(g *rig) {
				var err error
				g.deps.Dialect, err = protocol.NewDialect(protocol.Edition(dialect[0]), protocol.Format(dialect[1]), "", time.UTC)
				require.NoError(t, err)
				g.start()
				g.do(destA, "Connect#1001", "A,pw")
				g.got()
				g.do(noDest, "GetPhonebooks#1001", "")
				g.do(noDest, "GetTeamPhonebooks#1001", "")
				var got []string
				for _, e := range g.outputs() {
					got = append(got, e.Message.Body)
				}
				require.Equal(t, want, got)
			})
		})
	}
}
