package sim

import (
	"crypto/tls"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	xmppo "github.com/xmppo/go-xmpp"
	"mellium.im/sasl"
	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"

	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/test/wait"
)

var clients = map[string]func(*testing.T, *Server, string, string) listener{
	"mellium": connectMellium, "xmppo": connectXmppo,
}

// eachClient runs test with every library over every kind of connection.
func eachClient(t *testing.T, test func(t *testing.T, s *Server, connect func(*testing.T, *Server, string, string) listener)) {
	for _, mode := range []string{"none", "direct", "starttls"} {
		for name, connect := range clients {
			t.Run(name+" "+mode, func(t *testing.T) {
				test(t, Start(t, WithXMPPTLS(mode)), connect)
			})
		}
	}
}

var stampText = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)

// brief is what an Update says in one line: event, source, requestId and
// the states in it.
func brief(update string) string {
	var u struct {
		Event     string `xml:"event"`
		Source    string `xml:"source"`
		RequestID string `xml:"requestId"`
		State     string `xml:"data>user>state"`
		Changed   struct {
			State   string   `xml:"state"`
			Parties []string `xml:"participants>Participant>state"`
		} `xml:"data>dialog"`
		Listed struct {
			State   string   `xml:"state"`
			Parties []string `xml:"participants>Participant>state"`
		} `xml:"data>dialogs>Dialog"`
		Message string `xml:"data>apiErrors>apiError>errorMessage"`
		Status  string `xml:"data>systemInfo>status"`
	}
	if err := xml.Unmarshal([]byte(update), &u); err != nil {
		return err.Error()
	}
	words := []string{u.Event, u.Source, u.RequestID, u.State, u.Changed.State}
	words = append(words, u.Changed.Parties...)
	words = append(words, u.Listed.State)
	words = append(words, u.Listed.Parties...)
	words = append(words, u.Message, u.Status)
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

func TestADayWithBothLibraries(t *testing.T) {
	eachClient(t, func(t *testing.T, s *Server, connect func(*testing.T, *Server, string, string) listener) {
		c := connect(t, s, "1001", "r1")
		want := func(lines ...string) {
			t.Helper()
			for _, line := range lines {
				require.Equal(t, line, brief(c.next(t)))
			}
		}
		send := func(method, path, body string) {
			t.Helper()
			status, out := do(t, s, "1001", method, "/finesse/api"+path, body)
			require.Equal(t, 202, status, out)
		}
		const user, dialogs = "/finesse/api/User/1001", "/finesse/api/User/1001/Dialogs"
		send("PUT", "/User/1001", "<User><state>LOGIN</state><extension>9999</extension></User>")
		want("put " + user + " id-PUT CF_INVALID_LOGON_DEVICE_SPECIFIED")
		send("PUT", "/User/1001", "<User><state>LOGIN</state><extension>2001</extension></User>")
		want("PUT " + user + " id-PUT NOT_READY")
		send("PUT", "/User/1001", "<User><state>READY</state></User>")
		want("PUT " + user + " id-PUT READY")
		id, err := s.Call("0551", "2001")
		require.NoError(t, err)
		dialog := "/finesse/api/Dialog/" + id
		want("PUT "+user+" RESERVED", "POST "+dialogs+" ALERTING ALERTING INITIATED")
		act := func(action string) {
			t.Helper()
			send("PUT", "/Dialog/"+id, "<Dialog><targetMediaAddress>2001</targetMediaAddress><requestedAction>"+action+"</requestedAction></Dialog>")
		}
		act("HOLD")
		want("put " + dialog + " id-PUT INVALID_ACTION HOLD on extension 2001")
		act("ANSWER")
		want("PUT "+user+" TALKING", "PUT "+dialog+" id-PUT ACTIVE ACTIVE ACTIVE")
		require.NoError(t, s.DropCall(id, ""))
		want("PUT "+dialog+" ACTIVE ACTIVE DROPPED", "PUT "+dialog+" ACTIVE WRAP_UP DROPPED", "PUT "+user+" WORK_READY")
		send("PUT", "/User/1001", "<User><state>NOT_READY</state><reasonCodeId>102</reasonCodeId></User>")
		want("PUT "+user+" id-PUT NOT_READY", "DELETE "+dialogs+" DROPPED DROPPED DROPPED")

		c.subscribe(t, "/finesse/api/Team/1/Users")
		s.PublishEvent("", "/finesse/api/Team/1/Users", "<Update><event>put</event><source>x</source></Update>")
		want("put x")
		require.NoError(t, s.SetStatus("OUT_OF_SERVICE"))
		want("PUT /finesse/api/SystemInfo OUT_OF_SERVICE")
		_, err = s.Call("0551", "2001") // not seen by anybody
		require.NoError(t, err)
		require.NoError(t, s.SetStatus("IN_SERVICE"))
		want("PUT /finesse/api/SystemInfo IN_SERVICE", "PUT "+user+" NOT_READY", "put "+user+" NOT_READY")
		require.Contains(t, brief(c.next(t)), "ALERTING ALERTING INITIATED")
	})
}

func TestEventTextIsTheCapturedOne(t *testing.T) {
	s := Start(t)
	c := connectMellium(t, s, "1001", "r")
	putState(t, s, "1001", "<state>LOGIN</state><extension>2001</extension>", callcontrol.NotReady)
	require.Equal(t, "<Update><data><user><dialogs>/finesse/api/User/1001/Dialogs</dialogs><extension>2001</extension><firstName>Ada</firstName>"+
		"<lastName>Agent</lastName><loginId>1001</loginId><loginName>agent1001</loginName><mediaType>1</mediaType><pendingState></pendingState>"+
		"<reasonCodeId>-1</reasonCodeId><roles><role>Agent</role></roles><settings><wrapUpOnIncoming>REQUIRED</wrapUpOnIncoming><wrapUpOnOutgoing>NOT_ALLOWED</wrapUpOnOutgoing></settings>"+
		"<state>NOT_READY</state><stateChangeTime>T</stateChangeTime><teamId>1</teamId><teamName>Sales</teamName><uri>/finesse/api/User/1001</uri><wrapUpTimer>10</wrapUpTimer></user></data>"+
		"<event>PUT</event><requestId>id-PUT</requestId><source>/finesse/api/User/1001</source></Update>",
		stampText.ReplaceAllString(c.next(t), "T"))
	status, _ := do(t, s, "1001", "PUT", "/finesse/api/User/1001", "<User><state>LOGIN</state><extension>77</extension></User>")
	require.Equal(t, 202, status)
	require.Equal(t, "<Update><data><apiErrors><apiError><peripheralErrorCode>10125</peripheralErrorCode><errorType>Invalid Device</errorType><errorMessage>CF_INVALID_LOGON_DEVICE_SPECIFIED</errorMessage>"+
		"<peripheralErrorText>A device target with the network target ID specified cannot be found.</peripheralErrorText>"+
		"<peripheralErrorMsg>PERERR_TELDRIVE_NODEVICETARGETFORNETTARGETID</peripheralErrorMsg><errorData>260</errorData></apiError></apiErrors></data>"+
		"<requestId>id-PUT</requestId><source>/finesse/api/User/1001</source><event>put</event></Update>",
		c.next(t))
}

func TestPartialUserEvent(t *testing.T) {
	s := Start(t, WithConfig(func(c *Config) { c.PartialUsers = true }))
	signIn(t, s, "1005")
	c := connectMellium(t, s, "1005", "r")
	_, err := s.Call("0551", "2005")
	require.NoError(t, err)
	require.Equal(t, "<Update><data><user><dialogs>/finesse/api/User/1005/Dialogs</dialogs><extension>2005</extension><firstName>Eve</firstName>"+
		"<lastName>Agent</lastName><loginId>1005</loginId><loginName>agent1005</loginName><mediaType></mediaType><pendingState></pendingState>"+
		"<reasonCodeId>-1</reasonCodeId><state>RESERVED</state><stateChangeTime>T</stateChangeTime><uri>/finesse/api/User/1005</uri><wrapUpTimer>10</wrapUpTimer></user></data>"+
		"<event>PUT</event><requestId></requestId><source>/finesse/api/User/1005</source></Update>",
		stampText.ReplaceAllString(c.next(t), "T"))
}

func TestWrongPasswordWithBothLibraries(t *testing.T) {
	s := Start(t)
	o := xmppo.Options{
		Host: s.XMPPAddr(), User: "1001@" + s.Domain(), Password: "wrong", Resource: "r", Mechanism: "PLAIN",
		NoTLS: true, InsecureAllowUnencryptedAuth: true, DialTimeout: limit,
	}
	failed := make(chan error, 1)
	go func() { _, err := o.NewClient(); failed <- err }()
	require.Error(t, <-failed)

	conn, err := net.Dial("tcp", s.XMPPAddr())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(limit)))
	_, err = xmpp.NewSession(t.Context(), jid.MustParse(s.Domain()), jid.MustParse("1001@"+s.Domain()), conn, xmpp.Secure,
		xmpp.NewNegotiator(func(*xmpp.Session, *xmpp.StreamConfig) xmpp.StreamConfig {
			return xmpp.StreamConfig{Features: []xmpp.StreamFeature{xmpp.SASL("", "wrong", sasl.Plain), xmpp.BindResource()}}
		}))
	require.ErrorContains(t, err, "not-authorized")
}

func TestLostPresenceForcesOut(t *testing.T) {
	s := Start(t, WithFlavor(callcontrol.CCX), WithConfig(func(c *Config) { c.PresenceGrace = 30 * time.Millisecond }))
	connectMellium(t, s, "1001", "r")
	signIn(t, s, "1001")
	require.Equal(t, 1, s.DropXMPP("1001"))
	waitFor(t, func() bool { a, _ := s.Agent("1001"); return a.State == callcontrol.Logout })
	a, _ := s.Agent("1001")
	require.Equal(t, 255, a.Reason.Code)
}

func TestRequestsOnOneObjectWaitForEachOther(t *testing.T) {
	s := Start(t, WithConfig(func(c *Config) { c.EventDelay = 40 * time.Millisecond }))
	before := time.Now()
	for _, body := range []string{"<state>LOGIN</state><extension>2001</extension>", "<state>READY</state>", "<state>NOT_READY</state>"} {
		status, _ := do(t, s, "1001", "PUT", "/finesse/api/User/1001", "<User>"+body+"</User>")
		require.Equal(t, 202, status)
	}
	waitFor(t, func() bool { a, _ := s.Agent("1001"); return a.Extension != "" })
	require.GreaterOrEqual(t, time.Since(before), 40*time.Millisecond)
	waitFor(t, func() bool { a, _ := s.Agent("1001"); return a.State == callcontrol.Ready })
	require.GreaterOrEqual(t, time.Since(before), 80*time.Millisecond)
	waitFor(t, func() bool { a, _ := s.Agent("1001"); return a.State == callcontrol.NotReady })
	require.GreaterOrEqual(t, time.Since(before), 120*time.Millisecond)
}

func TestInjectedStanzaReachesTheClient(t *testing.T) {
	s := Start(t)
	c := connectMellium(t, s, "1001", "r").(*melliumClient)
	require.Equal(t, 1, s.PublishXMPP("1001", "<message from='pubsub.localhost'><event/>"))
	require.Equal(t, 1, s.PublishXMPP("1001", "</oops>"))
	wait.Closed(t, c.done, "end of the client's stream") // mellium ends a broken one
}

func TestRESTOverTLS(t *testing.T) {
	s := Start(t, WithTLS())
	require.True(t, strings.HasPrefix(s.RESTURL(), "https://"))
	require.Equal(t, "direct", s.XMPPTLS())
	conn, err := tls.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(s.RESTURL(), "https://"), "/finesse/api"), trust(t, s))
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(limit)))
	_, err = io.WriteString(conn, "GET /finesse/api/SystemInfo HTTP/1.0\r\n\r\n")
	require.NoError(t, err)
	b, err := io.ReadAll(conn)
	require.True(t, err == nil || errors.Is(err, io.ErrUnexpectedEOF))
	require.Contains(t, string(b), "<httpsPort>")
	require.Contains(t, string(b), "<xmppSecurePort>")
	_ = conn.Close()
}

func TestOutgoingCallOverREST(t *testing.T) {
	s := Start(t, WithConfig(func(c *Config) { c.AnswerAfter = time.Millisecond }))
	c := connectMellium(t, s, "1001", "r")
	signIn(t, s, "1001")
	status, body := do(t, s, "1001", "POST", "/finesse/api/User/1001/Dialogs",
		"<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001</fromAddress><toAddress>90055</toAddress>"+
			"<mediaProperties><callvariables><CallVariable><name>callVariable1</name><value>x</value></CallVariable></callvariables></mediaProperties></Dialog>")
	require.Equal(t, 202, status, body)
	var got []string
	for range 8 {
		got = append(got, brief(c.next(t)))
	}
	a, _ := s.Agent("1001")
	dialog := "/finesse/api/Dialog/" + a.Dialogs[0].ID
	const user = "PUT /finesse/api/User/1001 "
	require.Equal(t, []string{
		user + "id-PUT NOT_READY", user + "id-PUT READY", user + "NOT_READY", user + "TALKING",
		"POST /finesse/api/User/1001/Dialogs id-POST INITIATING INITIATING", "PUT " + dialog + " id-POST INITIATED INITIATED",
		"PUT " + dialog + " id-POST ALERTING INITIATED ALERTING", "PUT " + dialog + " ACTIVE ACTIVE ACTIVE",
	}, got)
	require.Equal(t, "x", a.Dialogs[0].Variables[0].Value)
}
