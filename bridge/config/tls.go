package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// FinesseTLS is how Finesse is trusted, over REST and XMPP.
func (c Config) FinesseTLS() (*tls.Config, error) {
	t, err := tlsWithCA(c.FinesseCAFile)
	if err != nil {
		return nil, fmt.Errorf("config: GC_FINESSE_CA_FILE: %w", err)
	}
	t.InsecureSkipVerify = c.FinesseInsecureTLS // the operator asked for it by name
	return t, nil
}

// BrokerTLS is how the broker is trusted, and how this node shows who it is.
func (c Config) BrokerTLS() (*tls.Config, error) {
	t, err := tlsWithCA(c.BrokerCAFile)
	if err != nil {
		err = fmt.Errorf("config: GC_BROKER_CA_FILE: %w", err)
	}
	if c.BrokerCertFile == "" {
		return t, err
	}
	cert, wrong := tls.LoadX509KeyPair(c.BrokerCertFile, c.BrokerKeyFile)
	if wrong != nil {
		err = errors.Join(err, fmt.Errorf("config: GC_BROKER_CERT_FILE: %w", wrong))
	}
	if err != nil {
		return nil, err
	}
	t.Certificates = []tls.Certificate{cert}
	return t, nil
}

// tlsWithCA trusts the system's roots and, if path is set, the CA in it.
func tlsWithCA(path string) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if path == "" {
		return t, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", path)
	}
	t.RootCAs = pool
	return t, nil
}

// Paired reports whether the configuration makes this node one of a pair: with
// neither key nor plaintext, or with no topic, it runs alone.
func (c Config) Paired() bool {
	return c.SyncTopic != "" && (!c.SyncKey.IsZero() || c.SyncPlaintext)
}

// Remembers reports whether what this node does is kept beyond the death of all nodes:
// only ever sealed.
func (c Config) Remembers() bool {
	return c.Paired() && c.Memory == "on" && !c.SyncKey.IsZero()
}
