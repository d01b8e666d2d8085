package finesse

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"

	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"
)

// The namespaces of RFC 6120 and 3921 that a login touches.
const (
	nsSASL    = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsBind    = "urn:ietf:params:xml:ns:xmpp-bind"
	nsSession = "urn:ietf:params:xml:ns:xmpp-session"
)

// identity is the user of a stream as a local part, escaped by XEP-0106 (a login id
// such as ann@example is none), and the JID without resource. [ErrLoginID]: it
// cannot be one.
func identity(cfg StreamConfig) (local string, origin jid.JID, err error) {
	local = jid.Escape.String(cfg.Cred.User)
	origin, err = jid.New(local, cfg.Domain, "")
	if err != nil {
		return "", origin, fmt.Errorf("%w: %q: %w", ErrLoginID, cfg.Cred.User, err)
	}
	return local, origin, nil
}

// login negotiates a stream on conn: TLS as configured, SASL PLAIN, resource
// binding. The caller closes conn on failure, and to interrupt it.
func login(ctx context.Context, conn *streamConn, cfg StreamConfig) (*xmpp.Session, error) {
	local, origin, err := identity(cfg)
	if err != nil {
		return nil, err
	}
	auth := plain{user: local, password: cfg.Cred.Password.Reveal()}
	features := []xmpp.StreamFeature{bindResource(cfg.Resource), legacySession()}
	var rw io.ReadWriter = conn
	mode := cfg.TLSMode
	if cfg.WebSocket != "" {
		mode = TLSNone // the WebSocket has its own
	}
	switch mode {
	case TLSDirect:
		secured := tls.Client(conn, tlsFor(cfg))
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		rw = secured
		features = append(features, auth.feature(xmpp.Secure))
	case TLSStartTLS:
		features = append(features, xmpp.StartTLS(tlsFor(cfg)), auth.feature(xmpp.Secure))
	default:
		features = append(features, auth.feature(0))
	}
	// The origin goes without resource: servers echo it in their stream
	// header, and the library compares.
	session, err := xmpp.NewSession(ctx, origin.Domain(), origin, rw, 0, xmpp.NewNegotiator(
		func(*xmpp.Session, *xmpp.StreamConfig) xmpp.StreamConfig {
			return xmpp.StreamConfig{Features: features}
		}))
	if err != nil {
		return nil, err
	}
	// A server that offers nothing makes the library call a stream ready.
	if session.State()&xmpp.Authn == 0 || session.LocalAddr().Resourcepart() == "" {
		return nil, errors.New("the server offers no login")
	}
	return session, nil
}

// tlsFor is the configured TLS with the domain as server name if it has none.
func tlsFor(cfg StreamConfig) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.TLS != nil {
		c = cfg.TLS.Clone()
	}
	if c.ServerName == "" {
		c.ServerName = cfg.Domain
	}
	return c
}

// plain is SASL PLAIN (RFC 4616), the only mechanism that works with Finesse.
// It replaces the library's own feature, whose errors are of a type that
// cannot be told apart from outside and which insists on TLS.
type plain struct{ user, password string }

func (p plain) feature(necessary xmpp.SessionState) xmpp.StreamFeature {
	return xmpp.StreamFeature{
		Name:       xml.Name{Space: nsSASL, Local: "mechanisms"},
		Necessary:  necessary,
		Prohibited: xmpp.Authn,
		Parse: func(_ context.Context, d *xml.Decoder, start *xml.StartElement) (bool, any, error) {
			var offer struct {
				Mechanisms []string `xml:"mechanism"`
			}
			err := d.DecodeElement(&offer, start)
			return true, offer.Mechanisms, err
		},
		Negotiate: func(_ context.Context, s *xmpp.Session, data any) (xmpp.SessionState, io.ReadWriter, error) {
			offered, _ := data.([]string)
			if !slices.Contains(offered, "PLAIN") {
				return 0, nil, errors.New("the server does not offer SASL PLAIN")
			}
			return xmpp.Authn, s.Conn(), p.negotiate(s)
		},
	}
}

func (p plain) negotiate(s *xmpp.Session) error {
	message := base64.StdEncoding.EncodeToString([]byte("\x00" + p.user + "\x00" + p.password))
	err := sendDuringLogin(s, xmlstream.Wrap(
		xmlstream.Token(xml.CharData(message)),
		xml.StartElement{
			Name: xml.Name{Space: nsSASL, Local: "auth"},
			Attr: []xml.Attr{{Name: xml.Name{Local: "mechanism"}, Value: "PLAIN"}},
		}))
	if err != nil {
		return err
	}
	var answer struct {
		XMLName    xml.Name
		Conditions []struct{ XMLName xml.Name } `xml:",any"`
	}
	if err := readDuringLogin(s, &answer); err != nil {
		return err
	}
	switch answer.XMLName.Local {
	case "success":
		return nil
	case "failure":
		for _, c := range answer.Conditions {
			if slices.Contains([]string{"not-authorized", "account-disabled", "credentials-expired"}, c.XMLName.Local) {
				return fmt.Errorf("%w: %s", ErrAuth, c.XMLName.Local)
			}
			if c.XMLName.Local != "text" {
				return fmt.Errorf("the server failed to authenticate: %s", clip(c.XMLName.Local))
			}
		}
		return errors.New("the server failed to authenticate")
	}
	return errors.New("an unexpected answer to the authentication")
}

// bindResource asks for our resource. The library's own feature sends an
// empty one.
func bindResource(resource string) xmpp.StreamFeature {
	return xmpp.StreamFeature{
		Name:       xml.Name{Space: nsBind, Local: "bind"},
		Necessary:  xmpp.Authn,
		Prohibited: xmpp.Ready,
		Parse: func(_ context.Context, d *xml.Decoder, _ *xml.StartElement) (bool, any, error) {
			return true, nil, d.Skip()
		},
		Negotiate: func(_ context.Context, s *xmpp.Session, _ any) (xmpp.SessionState, io.ReadWriter, error) {
			const id = "bind"
			request := stanza.IQ{ID: id, Type: stanza.SetIQ}.Wrap(xmlstream.Wrap(
				xmlstream.Wrap(xmlstream.Token(xml.CharData(resource)), xml.StartElement{Name: xml.Name{Local: "resource"}}),
				xml.StartElement{Name: xml.Name{Space: nsBind, Local: "bind"}}))
			if err := sendDuringLogin(s, request); err != nil {
				return 0, nil, err
			}
			var answer struct {
				stanza.IQ
				Bind struct {
					JID jid.JID `xml:"jid"`
				} `xml:"urn:ietf:params:xml:ns:xmpp-bind bind"`
				Err stanza.Error `xml:"error"`
			}
			if err := readAnswer(s, id, &answer); err != nil {
				return 0, nil, err
			}
			switch {
			case answer.Type != stanza.ResultIQ:
				return 0, nil, answer.Err
			case answer.Bind.JID.Resourcepart() == "":
				return 0, nil, errors.New("the server bound no resource")
			}
			s.UpdateAddr(answer.Bind.JID)
			return xmpp.Ready, nil, nil
		},
	}
}

// legacySession notes whether the server asks for the session request of
// RFC 3921; it is sent after binding.
func legacySession() xmpp.StreamFeature {
	return xmpp.StreamFeature{
		Name: xml.Name{Space: nsSession, Local: "session"},
		Parse: func(_ context.Context, d *xml.Decoder, start *xml.StartElement) (bool, any, error) {
			var offer struct {
				Optional *struct{} `xml:"optional"`
			}
			err := d.DecodeElement(&offer, start)
			return false, offer.Optional == nil, err
		},
	}
}

func sendDuringLogin(s *xmpp.Session, r xml.TokenReader) error {
	w := s.TokenWriter()
	defer w.Close()
	if _, err := xmlstream.Copy(w, r); err != nil {
		return err
	}
	return w.Flush()
}

// readDuringLogin decodes the next element into v.
func readDuringLogin(s *xmpp.Session, v any) error {
	r := s.TokenReader()
	defer r.Close()
	d := xml.NewTokenDecoder(r)
	start, err := nextElement(d)
	if err != nil {
		return err
	}
	return d.DecodeElement(v, &start)
}

// maxBefore is how many stanzas a server may send before the answer that the
// login waits for.
const maxBefore = 64

// readAnswer decodes the answer to the IQ with the given id into v. A server may
// send other stanzas first, such as a ping or a message to the agent: what they
// tell is read after the login, so they are passed over.
func readAnswer(s *xmpp.Session, id string, v any) error {
	r := s.TokenReader()
	defer r.Close()
	d := xml.NewTokenDecoder(r)
	for range maxBefore {
		start, err := nextElement(d)
		if err != nil {
			return err
		}
		if isAnswer(start, id) {
			return d.DecodeElement(v, &start)
		}
		if err := d.Skip(); err != nil {
			return err
		}
	}
	return errors.New("no answer to the resource binding among many stanzas")
}

func isAnswer(start xml.StartElement, id string) bool {
	if start.Name.Local != "iq" {
		return false
	}
	attr := map[string]string{}
	for _, a := range start.Attr {
		attr[a.Name.Local] = a.Value
	}
	return attr["id"] == id && (attr["type"] == "result" || attr["type"] == "error")
}

func nextElement(d *xml.Decoder) (xml.StartElement, error) {
	for {
		tok, err := d.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if start, ok := tok.(xml.StartElement); ok {
			return start, nil
		}
	}
}
