package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
)

// party is a certificate that signed itself, and its files.
type party struct {
	tls.Certificate

	certFile, keyFile string
}

// newParty makes a certificate for 127.0.0.1 that is good at either end.
func newParty(t *testing.T) party {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	dir := t.TempDir()
	p := party{certFile: filepath.Join(dir, "cert.pem"), keyFile: filepath.Join(dir, "key.pem")}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	require.NoError(t, os.WriteFile(p.certFile, certPEM, 0o600))
	require.NoError(t, os.WriteFile(p.keyFile, keyPEM, 0o600))
	p.Certificate, err = tls.X509KeyPair(certPEM, keyPEM)
	require.NoError(t, err)
	return p
}

// shake lets a client reach a server of loopback and returns what each says of it.
func shake(t *testing.T, client, server *tls.Config) (clientErr, serverErr error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	served := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			served <- err
			return
		}
		defer c.Close()
		served <- tls.Server(c, server).HandshakeContext(t.Context())
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	client = client.Clone()
	client.ServerName = "127.0.0.1"
	secure := tls.Client(c, client)
	clientErr = secure.HandshakeContext(t.Context())
	if clientErr != nil {
		_ = c.Close() // a server that waits for the rest of it hears that there is none
	}
	return clientErr, <-served
}

// serverOf is a server with p's certificate.
func serverOf(p party) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{p.Certificate}, MinVersion: tls.VersionTLS12}
}

func TestFinesseTLS(t *testing.T) {
	finesse, stranger := newParty(t), newParty(t)
	for name, tc := range map[string]struct {
		change  func(*Config)
		trusted bool
	}{
		"its CA":        {func(c *Config) { c.FinesseCAFile = finesse.certFile }, true},
		"another CA":    {func(c *Config) { c.FinesseCAFile = stranger.certFile }, false},
		"no CA":         {func(*Config) {}, false},
		"CA of another": {func(c *Config) { c.BrokerCAFile = finesse.certFile }, false},
		"not verified":  {func(c *Config) { c.FinesseInsecureTLS = true }, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := Default()
			tc.change(&c)
			client, err := c.FinesseTLS()
			require.NoError(t, err)
			require.EqualValues(t, tls.VersionTLS12, client.MinVersion)
			err, _ = shake(t, client, serverOf(finesse))
			var unknown x509.UnknownAuthorityError
			if tc.trusted {
				require.NoError(t, err)
			} else {
				require.ErrorAs(t, err, &unknown)
			}
		})
	}
}

// The broker asks who the node is: it shows its certificate if it has one.
func TestBrokerTLS(t *testing.T) {
	broker, node := newParty(t), newParty(t)
	clients := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(node.Certificate.Certificate[0])
	require.NoError(t, err)
	clients.AddCert(leaf)
	server := serverOf(broker)
	server.ClientAuth, server.ClientCAs = tls.RequireAndVerifyClientCert, clients

	c := Default()
	c.BrokerCAFile = broker.certFile
	client, err := c.BrokerTLS()
	require.NoError(t, err)
	_, err = shake(t, client, server)
	require.Error(t, err, "without a certificate the broker refuses")

	c.BrokerCertFile, c.BrokerKeyFile = node.certFile, node.keyFile
	client, err = c.BrokerTLS()
	require.NoError(t, err)
	clientErr, serverErr := shake(t, client, server)
	require.NoError(t, clientErr)
	require.NoError(t, serverErr)

	c.BrokerCAFile, c.FinesseInsecureTLS = "", true
	client, err = c.BrokerTLS()
	require.NoError(t, err)
	clientErr, _ = shake(t, client, server)
	require.Error(t, clientErr, "what is said of Finesse is not said of the broker")
}

func TestTLSNamesTheVariable(t *testing.T) {
	node := newParty(t)
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("no certificate"), 0o600))
	finesse := func(c Config) (*tls.Config, error) { return c.FinesseTLS() }
	broker := func(c Config) (*tls.Config, error) { return c.BrokerTLS() }
	for name, tc := range map[string]struct {
		change func(*Config)
		make   func(Config) (*tls.Config, error)
		want   []string
	}{
		"CA of Finesse away":  {func(c *Config) { c.FinesseCAFile = text + "x" }, finesse, []string{"GC_FINESSE_CA_FILE", "no such file"}},
		"CA of Finesse empty": {func(c *Config) { c.FinesseCAFile = text }, finesse, []string{"GC_FINESSE_CA_FILE", text + " holds no PEM certificate"}},
		"CA of broker away":   {func(c *Config) { c.BrokerCAFile = text + "x" }, broker, []string{"GC_BROKER_CA_FILE", "no such file"}},
		"CA of broker empty":  {func(c *Config) { c.BrokerCAFile = text }, broker, []string{"GC_BROKER_CA_FILE", text + " holds no PEM certificate"}},
		"no certificate": {
			func(c *Config) { c.BrokerCertFile, c.BrokerKeyFile = text, node.keyFile }, broker, []string{"GC_BROKER_CERT_FILE", "PEM"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := Default()
			tc.change(&c)
			_, err := tc.make(c)
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

// A pair needs a topic, and a key or the wish to do without.
func TestPaired(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config)
		want   bool
	}{
		"defaults":           {func(*Config) {}, false},
		"key":                {func(c *Config) { c.SyncKey = secret.New("k") }, true},
		"plaintext":          {func(c *Config) { c.SyncPlaintext = true }, true},
		"key without topic":  {func(c *Config) { c.SyncKey, c.SyncTopic = secret.New("k"), "" }, false},
		"clear, but nowhere": {func(c *Config) { c.SyncPlaintext, c.SyncTopic = true, "" }, false},
	} {
		c := Default()
		tc.change(&c)
		require.Equal(t, tc.want, c.Paired(), name)
	}
}

// TestRemembers: what outlives the nodes is only ever sealed.
func TestRemembers(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*Config)
		want   bool
	}{
		"a key":                   {func(c *Config) { c.SyncKey = secret.New("k") }, true},
		"none":                    {func(*Config) {}, false},
		"in clear":                {func(c *Config) { c.SyncPlaintext = true }, false},
		"a key, and in clear":     {func(c *Config) { c.SyncKey, c.SyncPlaintext = secret.New("k"), true }, true},
		"switched off":            {func(c *Config) { c.SyncKey, c.Memory = secret.New("k"), "off" }, false},
		"a key, but never paired": {func(c *Config) { c.SyncKey, c.SyncTopic = secret.New("k"), "" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := Default()
			row.change(&c)
			require.Equal(t, row.want, c.Remembers())
		})
	}
}
