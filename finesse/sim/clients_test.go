package sim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
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
	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gcbridge/finesse/sim/callcontrol"
)

// listener is an agent's XMPP client of either library.
type listener interface {
	// next is the text of the next notification.
	next(t *testing.T) string
	subscribe(t *testing.T, node string)
}

type note struct {
	From string `xml:"from,attr"`
	Text string `xml:"event>items>item>notification"`
}

func trust(t *testing.T, s *Server) *tls.Config {
	t.Helper()
	if s.CAPEM() == nil {
		return nil
	}
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(s.CAPEM()))
	return &tls.Config{RootCAs: pool, ServerName: s.Domain(), MinVersion: tls.VersionTLS12}
}

// melliumClient is mellium.im/xmpp on a connection of our own.
type melliumClient struct {
	session *xmpp.Session
	conn    net.Conn
	pubsub  jid.JID
	notes   chan note
	done    chan struct{}
}

func connectMellium(t *testing.T, s *Server, user, resource string) listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	conn, err := net.Dial("tcp", s.XMPPAddr())
	require.NoError(t, err)
	cfg := trust(t, s)
	state := xmpp.Secure
	features := []xmpp.StreamFeature{xmpp.SASL("", s.Password(user), sasl.Plain), xmpp.BindResource()}
	switch s.XMPPTLS() {
	case "direct":
		conn = tls.Client(conn, cfg)
	case "starttls":
		state = 0
		features = append([]xmpp.StreamFeature{xmpp.StartTLS(cfg)}, features...)
	}
	require.NoError(t, conn.SetDeadline(time.Now().Add(limit)))
	me := jid.MustParse(user + "@" + s.Domain() + "/" + resource)
	session, err := xmpp.NewSession(ctx, me.Domain(), me, conn, state, xmpp.NewNegotiator(
		func(*xmpp.Session, *xmpp.StreamConfig) xmpp.StreamConfig {
			return xmpp.StreamConfig{Features: features}
		}))
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Time{}))
	c := &melliumClient{session: session, conn: conn, pubsub: jid.MustParse(s.PubSub()), notes: make(chan note, 1000), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		_ = session.Serve(xmpp.HandlerFunc(func(r xmlstream.TokenReadEncoder, start *xml.StartElement) error {
			if start.Name.Local != "message" {
				return nil
			}
			var n note
			err := xml.NewTokenDecoder(xmlstream.Wrap(xmlstream.Inner(r), *start)).Decode(&n)
			c.notes <- n
			return err
		}))
	}()
	t.Cleanup(c.close)
	require.NoError(t, session.Send(ctx, stanza.Presence{}.Wrap(nil)))
	waitFor(t, func() bool { return len(s.Resources(user)) > 0 })
	return c
}

func (c *melliumClient) next(t *testing.T) string {
	t.Helper()
	select {
	case n := <-c.notes:
		require.Equal(t, c.pubsub.String(), n.From)
		return n.Text
	case <-time.After(limit):
		t.Fatal("no notification")
		return ""
	}
}

func (c *melliumClient) subscribe(t *testing.T, node string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	name := func(s string) xml.Name { return xml.Name{Space: "http://jabber.org/protocol/pubsub", Local: s} }
	payload := xmlstream.Wrap(xmlstream.Wrap(nil, xml.StartElement{Name: name("subscribe"), Attr: []xml.Attr{
		{Name: xml.Name{Local: "node"}, Value: node}, {Name: xml.Name{Local: "jid"}, Value: c.session.LocalAddr().String()},
	}}), xml.StartElement{Name: name("pubsub")})
	var got struct {
		Subscription *struct {
			State string `xml:"subscription,attr"`
		} `xml:"subscription"`
	}
	require.NoError(t, c.session.UnmarshalIQElement(ctx, payload, stanza.IQ{Type: stanza.SetIQ, To: c.pubsub}, &got))
	require.NotNil(t, got.Subscription)
	require.Equal(t, "subscribed", got.Subscription.State)
}

func (c *melliumClient) close() {
	_ = c.conn.Close()
	<-c.done
}

// xmppoClient is github.com/xmppo/go-xmpp behind a guard: it dials by itself
// without a deadline, may hang in Recv and Close for ever, and takes its proxy
// from the environment, so every call here is bounded from outside.
type xmppoClient struct {
	client *xmppo.Client
	notes  chan note
	iqs    chan xmppo.IQ
	done   chan struct{}
	pubsub string
}

func connectXmppo(t *testing.T, s *Server, user, resource string) listener {
	t.Helper()
	t.Setenv("HTTP_PROXY", "")
	cfg := trust(t, s)
	o := xmppo.Options{
		Host: s.XMPPAddr(), User: user + "@" + s.Domain(), Password: s.Password(user), Resource: resource, Mechanism: "PLAIN",
		TLSConfig: cfg, NoTLS: s.XMPPTLS() != "direct", StartTLS: s.XMPPTLS() == "starttls",
		InsecureAllowUnencryptedAuth: true, DialTimeout: limit, Session: true,
	}
	type result struct {
		client *xmppo.Client
		err    error
	}
	got := make(chan result, 1)
	go func() { c, err := o.NewClient(); got <- result{c, err} }()
	var r result
	select {
	case r = <-got:
	case <-time.After(limit):
		t.Fatal("login hangs")
	}
	require.NoError(t, r.err)
	c := &xmppoClient{client: r.client, notes: make(chan note, 1000), iqs: make(chan xmppo.IQ, 10), done: make(chan struct{}), pubsub: s.PubSub()}
	go c.read()
	t.Cleanup(func() {
		s.DropXMPP(user) // ends Recv; its own Close leaves a goroutine behind for 10 s
		<-c.done
	})
	waitFor(t, func() bool { return len(s.Resources(user)) > 0 })
	return c
}

func (c *xmppoClient) read() {
	defer close(c.done)
	for {
		x, err := c.client.Recv()
		if err != nil {
			return
		}
		switch x := x.(type) {
		case xmppo.PubsubEvent:
			for _, item := range x.Items {
				var n struct {
					Text string `xml:",chardata"`
				}
				if xml.Unmarshal(item.InnerXML, &n) == nil {
					c.notes <- note{Text: n.Text}
				}
			}
		case xmppo.IQ:
			c.iqs <- x
		}
	}
}

func (c *xmppoClient) next(t *testing.T) string {
	t.Helper()
	select {
	case n := <-c.notes:
		return n.Text
	case <-time.After(limit):
		t.Fatal("no notification")
		return ""
	}
}

func (c *xmppoClient) subscribe(t *testing.T, node string) {
	t.Helper()
	_, err := c.client.RawInformation(c.client.JID(), c.pubsub, "sub1", "set",
		"<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='"+node+"' jid='"+c.client.JID()+"'/></pubsub>")
	require.NoError(t, err)
	for deadline := time.After(limit); ; {
		select {
		case q := <-c.iqs:
			if q.ID != "sub1" {
				continue // of the session request
			}
			require.Equal(t, "result", q.Type)
			return
		case <-deadline:
			t.Fatal("no answer to subscribe")
		}
	}
}

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
	select {
	case <-c.done: // mellium ends a broken stream
	case <-time.After(limit):
		t.Fatal("the client did not notice")
	}
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
