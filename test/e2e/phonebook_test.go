package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
	"gcbridge/protocol/secret"
)

func asAdmin(c *config.Config) {
	c.FinesseAdminUser, c.FinesseAdminPassword = "admin", secret.New("pwadmin")
}

func TestPhonebooks(t *testing.T) {
	for name, change := range map[string]func(*config.Config){"administrator": asAdmin, "own rights": nil} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, brokers[1].start(t), change)
			p := newPhone(t, l.broker, own)
			p.login(own, "1001", "2001")
			all := p.answer(own, p.do("GetPhonebooks#1001", ""), "1001#Phonebooks#name:Company,type:GLOBAL,id:1#").body
			require.Contains(t, all, "name:Sales partners,type:TEAM,id:3")
			if change != nil {
				p.story.Claim(t.Name(), "M-01")
				p.story.Claim(t.Name(), "M-02")
				require.Contains(t, all, "name:Support vendors", "an administrator sees all teams'")
			} else {
				require.NotContains(t, all, "name:Support vendors")
			}
			p.answer(own, p.do("GetTeamPhonebooks#1001", ""), "1001#TeamPhoneBooks#name:Sales partners,type:TEAM,id:3")
			p.answer(own, p.do("GetTeamPhonebooks#1001", "1"), "1001#TeamPhoneBooks#name:Sales partners,type:TEAM,id:3")
			p.answer(own, p.do("GetPhonebookContacts#1001", "3"),
				"1001#PhonebookContacts#description:Reseller00101100 north,firstName:Dora,lastName:Frost,phoneNumber:6512001,id:1#")
			p.answer(own, p.do("GetPhonebookContacts#1001", "2"), "1001#PhonebookContacts#NoContactFound")
			p.answer(own, p.do("GetPhonebookContacts#1001", "99"), "1001#Error#NOT_FOUND")
		})
	}
}

func TestEmptyPhonebooks(t *testing.T) {
	const noBooks = "teams: [{id: '1', name: Sales, supervisors: ['1005']}]\nphoneBooks: []\nagents: [{id: '1001', password: pw1001, firstName: Ada, lastName: Agent, extension: '2001', team: '1'}, {id: '1005', password: pw1005, firstName: Eve, lastName: Agent, extension: '2005', team: '1'}]\nqueues: []\n"
	l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.Edition = "4.4.12" }, sim.WithScenario(noBooks))
	p := newPhone(t, l.broker, own, "/topic/J")
	p.login(own, "1001", "2001")
	p.answer(own, p.do("GetPhonebooks#1001", ""), "1001#Phonebooks#NoPhoneBookFound")
	p.answer(own, p.do("GetTeamPhonebooks#1001", ""), "1001#TeamPhoneBooks#NoTeamPhoneBookFound")
	p.do("Connect#1005", "J,pw1005", "gcFormat", "JSON")
	p.expect("/topic/J", `"ConnectSuccess"`)
	p.answer("/topic/J", p.do("GetPhonebooks#1005", ""), `{"type":"no_data_found","title":"PhoneBook","data":"NoPhoneBookFound","agentId":"1005"}`)
}

func TestAllAgentsAsAdministrator(t *testing.T) {
	l := newLab(t, brokers[1].start(t), asAdmin)
	p := trio(t, l)
	body := p.answer(own, p.do("getallagents#1001", ""), "1001#AgentsList#").body
	for _, id := range []string{"LoginId=1001,", "LoginId=1002,", "LoginId=1003,"} {
		require.Contains(t, body, id)
	}
	require.NotContains(t, body, "LoginId=1004,", "not logged in")
}

func TestSSO(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil, sim.WithConfig(func(c *sim.Config) { c.AuthMode = "SSO" }))
	p := newPhone(t, l.broker, own)
	p.answer(own, p.do("Connect#1001", "A,pw1001,SSO"), "1001#Error#SUBSCRIPTION_FAILED")
	p.do("Connect#1001", "A,token1001,SSO")
	p.do("Login#1001", "token1001,2001")
	p.expect(own, "1001#AgentInfo#")
	p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY#")
	require.NotContains(t, l.logs.String(), "token1001")
}
