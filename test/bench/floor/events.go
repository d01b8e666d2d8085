package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-stomp/stomp/v3"
	"golang.org/x/sync/errgroup"
)

// message is as long as an output of an event, with its headers.
func message(c *stomp.Conn, topic, agent string) error {
	return c.Send("/topic/"+topic, "", []byte(agent+"#State#NOT_READY#0#2026-01-01 12:00:00.000 +0000"), stomp.SendOpt.NoContentLength,
		stomp.SendOpt.Header("type", "O-001"), stomp.SendOpt.Header("gcAgent", agent), stomp.SendOpt.Header("gcCode", "O-001"))
}

// publish sends as many messages as the lines of standard input allow.
func publish(ctx context.Context, o options, in io.Reader, out io.Writer) error {
	c, err := link(ctx, o.broker)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	i := 0
	for lines := bufio.NewScanner(in); lines.Scan(); {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			return fmt.Errorf("how many: %w", err)
		}
		for range n {
			if err := message(c, o.topic, agentID(o.first+i%o.agents)); err != nil {
				return fmt.Errorf("publish: %w", err)
			}
			i++
		}
	}
	return c.Disconnect()
}

// agentID is the ith agent of a scaled simulator.
func agentID(i int) string { return strconv.Itoa(100001 + i) }

// read counts notifications and says on standard output how many came.
func read(ctx context.Context, o options, in io.Reader, out io.Writer) error {
	var n atomic.Int64
	w := bufio.NewWriter(out)
	said := make(chan struct{}, 1)
	go func() {
		for before := int64(0); ; {
			<-said
			now := n.Load()
			fmt.Fprintln(w, now-before)
			_ = w.Flush() // who started this is gone, or not
			before = now
		}
	}()
	return streams(ctx, o, in, out, func(string) error {
		n.Add(1)
		select {
		case said <- struct{}{}:
		default:
		}
		return nil
	})
}

// pass publishes a message for each notification.
func pass(ctx context.Context, o options, in io.Reader, out io.Writer) error {
	c, err := link(ctx, o.broker)
	if err != nil {
		return err
	}
	return streams(ctx, o, in, out, func(agent string) error { return message(c, o.topic, agent) })
}

// streams logs the agents in and hands each notification's agent on.
func streams(ctx context.Context, o options, in io.Reader, out io.Writer, each func(agent string) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for i := range o.agents {
		agent := agentID(o.first + i)
		s, err := logIn(ctx, o.xmpp, agent)
		if err != nil {
			return fmt.Errorf("log in %s: %w", agent, err)
		}
		g.Go(func() error { return s.follow(func() error { return each(agent) }) })
		context.AfterFunc(ctx, func() { _ = s.nc.Close() })
	}
	fmt.Fprintln(out, "ready")
	select {
	case <-ended(in):
		return nil
	case <-ctx.Done():
		return g.Wait()
	}
}

// stream is a client's XMPP stream, of which only marks are looked for.
type stream struct {
	nc net.Conn
}

const header = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

// logIn opens a stream without TLS, so that notifications come.
func logIn(ctx context.Context, addr, agent string) (*stream, error) {
	d := net.Dialer{Timeout: dialTime}
	nc, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &stream{nc: nc}
	_ = nc.SetDeadline(time.Now().Add(dialTime))
	token := base64.StdEncoding.EncodeToString([]byte("\x00" + agent + "\x00pw" + agent))
	steps := []struct{ say, mark string }{
		{header, "</stream:features>"},
		{"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + token + "</auth>", "<success"},
		{header, "</stream:features>"},
		{"<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>floor</resource></bind></iq>", "</iq>"},
		{"<presence><priority>0</priority></presence><iq type='get' id='2'><ping xmlns='urn:xmpp:ping'/></iq>", "id='2'"},
	}
	for _, st := range steps {
		if _, err := io.WriteString(nc, st.say); err != nil {
			return nil, err
		}
		if err := s.until(st.mark); err != nil {
			return nil, fmt.Errorf("%.20q: %w", st.say, err)
		}
	}
	_ = nc.SetDeadline(time.Time{})
	return s, nil
}

// errFailed: the server refused the login.
var errFailed = errors.New("refused")

// until reads until a mark, and drops what came.
func (s *stream) until(mark string) error {
	var got strings.Builder
	b := make([]byte, 4096)
	for !strings.Contains(got.String(), mark) {
		n, err := s.nc.Read(b)
		if err != nil {
			return err
		}
		got.Write(b[:n])
		if strings.Contains(got.String(), "<failure") {
			return errFailed
		}
	}
	return nil
}

// follow calls each for every end of a message.
func (s *stream) follow(each func() error) error {
	end := []byte("</message>")
	b := make([]byte, 16<<10)
	kept := 0 // the end of what came before: a mark may be cut in two
	for {
		n, err := s.nc.Read(b[kept:])
		if err != nil {
			return err
		}
		for range bytes.Count(b[:kept+n], end) {
			if err := each(); err != nil {
				return err
			}
		}
		keep := min(kept+n, len(end)-1)
		kept = copy(b, b[kept+n-keep:kept+n])
	}
}
