package broker_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/test/brokertest"
)

// certificate is a self-made one for 127.0.0.1.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// front puts TLS before addr and returns its own address.
func front(t *testing.T, addr string, cert tls.Certificate) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				to, err := net.Dial("tcp", addr)
				if err != nil {
					return
				}
				var back sync.WaitGroup
				back.Go(func() { _, _ = io.Copy(c, to); _ = c.Close() })
				_, _ = io.Copy(to, c)
				_ = to.Close()
				back.Wait()
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); serving.Wait() })
	return l.Addr().String()
}

func TestTLS(t *testing.T) {
	b := startEmbedded(t)
	cert, pool := certificate(t)
	url := "stomp+ssl://" + front(t, b.Addr(), cert)

	l := brokertest.Run(t, broker.Config{URLs: []string{url}, TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}},
		brokertest.Consume(queue(t, "q")))
	large := strings.Repeat("x", 1<<20)
	require.NoError(t, l.Confirmed(text(t, "q", large)))
	d := l.Next()
	d.Ack()
	require.True(t, large == string(d.Body))
	l.Stop()

	strange := brokertest.Launch(t, broker.Config{URLs: []string{url}})
	require.Eventually(t, func() bool { return strings.Contains(strange.Stats().LastError, "certificate") }, brokertest.Patience, time.Millisecond)
	require.False(t, strange.Up())
}
