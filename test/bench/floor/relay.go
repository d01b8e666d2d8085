package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-stomp/stomp/v3"
)

// dialTime is the most that a connection may take, and a request to Finesse.
const dialTime = 10 * time.Second

// link is one connection of go-stomp that says nothing by itself, and waits for a busy
// broker as long as it takes.
func link(ctx context.Context, addr string) (*stomp.Conn, error) {
	d := net.Dialer{Timeout: dialTime}
	socket, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	c, err := stomp.Connect(socket, stomp.ConnOpt.HeartBeat(0, 0), stomp.ConnOpt.MsgSendTimeout(0))
	if err != nil {
		return nil, fmt.Errorf("login: %w", err)
	}
	return c, nil
}

// ended follows standard input and closes what it returns at its end.
func ended(in io.Reader) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, in) // any end is the end
	}()
	return done
}

// states are what commands ask for.
var states = map[string]string{"MakeReady": "READY", "MakeNotReady": "NOT_READY"}

// relay is the bare relay.
func relay(ctx context.Context, o options, in io.Reader, out io.Writer) error {
	c, err := link(ctx, o.broker)
	if err != nil {
		return err
	}
	hc, err := client(o)
	if err != nil {
		return err
	}
	sub, err := c.Subscribe("/queue/"+o.queue, stomp.AckClientIndividual, stomp.SubscribeOpt.Header("activemq.prefetchSize", "1000"))
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	fmt.Fprintln(out, "ready")
	done := ended(in)
	r := relayer{o: o, c: c, hc: hc}
	var work sync.WaitGroup
	free := make(chan struct{}, o.width)
	for {
		select {
		case m, ok := <-sub.C:
			if !ok {
				return errors.New("the broker is gone")
			}
			if m.Err != nil {
				return m.Err
			}
			free <- struct{}{}
			work.Go(func() {
				defer func() { <-free }()
				if err := r.pass(ctx, m); err != nil {
					fmt.Fprintln(os.Stderr, "floor:", err)
				}
			})
		case <-done:
			work.Wait()
			return c.Disconnect()
		case <-ctx.Done():
			return nil
		}
	}
}

// client is net/http with a connection for each command under way.
func client(o options) (*http.Client, error) {
	t := &http.Transport{MaxIdleConns: o.width, MaxIdleConnsPerHost: o.width}
	if o.ca != "" {
		pem, err := os.ReadFile(o.ca)
		if err != nil {
			return nil, fmt.Errorf("certificate authority: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, errors.New("no certificate in " + o.ca)
		}
		t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: t, Timeout: dialTime}, nil
}

type relayer struct {
	o  options
	c  *stomp.Conn
	hc *http.Client
}

// errRefused: Finesse did not accept a request.
var errRefused = errors.New("not accepted")

func (r relayer) pass(ctx context.Context, m *stomp.Message) error {
	word, agent, _ := strings.Cut(m.Header.Get("type"), "#")
	state := states[word]
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, r.o.finesse+"/User/"+agent, strings.NewReader("<User><state>"+state+"</state></User>"))
	if err != nil {
		return err
	}
	req.SetBasicAuth(agent, "pw"+agent)
	req.Header.Set("Content-Type", "application/xml")
	resp, err := r.hc.Do(req)
	if err != nil {
		return fmt.Errorf("put: %w", err)
	}
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("%w: %s for %s: %s", errRefused, word, agent, resp.Status)
	}
	body := agent + "#State#" + state + "#0#relay"
	err = r.c.Send("/topic/"+r.o.topic, "", []byte(body), stomp.SendOpt.NoContentLength,
		stomp.SendOpt.Header("correlation-id", m.Header.Get("correlation-id")),
		stomp.SendOpt.Header("type", "O-001"), stomp.SendOpt.Header("gcAgent", agent))
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return r.c.Ack(m)
}
