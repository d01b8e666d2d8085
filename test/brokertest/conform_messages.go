package brokertest

import (
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/protocol/errclass"
)

// nasty is text with everything that may break a header.
const nasty = "a:b\nc\rd\r\ne\\n\\c\\\\ \tÄ€😀 =;,'\" "

func textAndBytes(t *testing.T, s *suite) {
	q := Queue(t)
	l := s.link(t)
	p := Dial(t, s.shared.URL())
	p.Subscribe(q.String())
	for _, body := range []string{"text", "Ä€😀", ""} {
		require.NoError(t, l.Confirmed(broker.Message{To: q, Body: body}))
		f := p.Expect(frame.MESSAGE)
		_, bytes := f.Header.Contains(frame.ContentLength)
		require.False(t, bytes, "a content-length makes it a BytesMessage [H1]")
		require.Equal(t, body, string(f.Body))
		require.Empty(t, f.Header.Get("persistent"))
		p.Ack(f)
	}
	p.Close()

	c := s.link(t, Consume(q))
	p = Dial(t, s.shared.URL())
	for _, m := range []struct {
		body  string
		bytes bool
	}{{"text", false}, {"by\x00tes", true}, {"", true}, {"", false}, {"\xff\xfe", true}} {
		headers := []string{"persistent", "true"}
		if m.bytes {
			headers = append(headers, frame.ContentLength, strconv.Itoa(len(m.body)))
		}
		p.Send(q.String(), m.body, headers...)
		d := c.Next()
		require.Equal(t, m.body, string(d.Body))
		require.Equal(t, m.bytes, d.Bytes)
		require.True(t, d.Persistent)
		d.Ack()
	}
}

func headersRoundTrip(t *testing.T, s *suite) {
	q := Queue(t)
	l := s.link(t, Consume(q))
	before := time.Now()
	sent := broker.Message{
		To: q, Body: "body", Type: nasty, CorrelationID: nasty, TTL: time.Minute, Persistent: true,
		Properties: map[string]string{"gcCode": "O-001", nasty: "x", "value": nasty, "empty": ""},
	}
	require.NoError(t, l.Confirmed(sent))
	d := l.Next()
	d.Ack()
	require.Equal(t, sent.Type, d.Type)
	require.Equal(t, sent.CorrelationID, d.CorrelationID)
	require.Equal(t, sent.Properties, d.Properties)
	require.Equal(t, q, d.From)
	require.True(t, d.Persistent)
	require.False(t, d.Redelivered)
	require.WithinRange(t, d.Expires, before.Add(time.Minute-time.Millisecond), time.Now().Add(time.Minute))
	require.WithinRange(t, d.Timestamp, before.Add(-time.Second), time.Now().Add(time.Second))
	require.NotEmpty(t, d.ID)

	Dial(t, s.shared.URL()).Send(q.String(), "", "reply-to", "/queue/answers here", "timestamp", "1234567890123")
	d = l.Next()
	d.Ack()
	require.Equal(t, "/queue/answers here", d.ReplyTo)
	require.Equal(t, time.UnixMilli(1234567890123), d.Timestamp)
	require.True(t, d.Expires.IsZero())
}

// forwarding: what a rejected command brought must be fit for the copy [C8].
func forwarding(t *testing.T, s *suite) {
	q := Queue(t)
	l := s.link(t, Consume(q))
	Dial(t, s.shared.URL()).Send(q.String(), "x", "content-type", "text/plain", "we:ird", "1", "priority", "9",
		"expires", "0", "transformation", "none", "amq-msg-type", "text", "gcFormat", "JSON")
	d := l.Next()
	d.Ack()
	m := broker.Message{To: q, Body: string(d.Body), Properties: maps.Clone(d.Properties)}
	m.Properties["gcReason"] = "no JMSType"
	require.NoError(t, l.FragileConfirmed(m))
	again := l.Next()
	again.Ack()
	require.Equal(t, "JSON", again.Properties["gcFormat"])
	require.Equal(t, "1", again.Properties["we:ird"])
	require.Equal(t, m.Properties, again.Properties)
}

// nulRefused: a NUL would end the frame, and a forged SEND behind it would be
// carried out. No field lets one through, and the next good message works.
func nulRefused(t *testing.T, s *suite) {
	q := Queue(t)
	injected, err := broker.Queue(destinationName(t) + ".injected")
	require.NoError(t, err)
	forged := "x\x00SEND\ndestination:" + injected.String() + "\n\nevil"
	l := s.link(t, Consume(q), Consume(injected))
	for name, m := range map[string]broker.Message{
		"body":           {Body: forged},
		"type":           {Type: forged},
		"correlation id": {CorrelationID: forged},
		"property":       {Properties: map[string]string{"p": forged}},
		"property name":  {Properties: map[string]string{forged: "p"}},
	} {
		m.To = q
		for _, publish := range []func(broker.Message, func(error)) error{l.Publish, l.PublishFragile} {
			err := publish(m, func(error) { t.Error("done called") })
			require.ErrorIs(t, err, broker.ErrMessage, name)
			require.Equal(t, errclass.Client, errclass.Of(err))
		}
	}
	for _, parse := range []func(string) (broker.Destination, error){broker.Queue, broker.Topic, broker.ParseClientDestination, broker.ParseReplyTo} {
		_, err := parse("/queue/" + forged)
		require.ErrorIs(t, err, broker.ErrDestination)
	}
	// Lines without NUL stay in their field.
	lines := "x\n\nSEND\ndestination:" + injected.String() + "\n\nevil"
	require.NoError(t, l.Confirmed(broker.Message{To: q, Type: lines, CorrelationID: lines, Body: lines, Properties: map[string]string{lines: lines}}))
	d := l.Next()
	d.Ack()
	require.Equal(t, q, d.From)
	require.Equal(t, []string{lines, lines, lines, lines}, []string{d.Type, d.CorrelationID, string(d.Body), d.Properties[lines]})
	l.Silence(100 * time.Millisecond)
}

func bodies(t *testing.T, s *suite) {
	q := Queue(t)
	l := s.link(t, Consume(q))
	p := Dial(t, s.shared.URL())
	large := strings.Repeat("0123456789abcdef", 1<<16)
	for name, m := range map[string]struct {
		body  string
		bytes bool
	}{
		"1 MiB text":          {large, false},
		"1 MiB bytes":         {large, true},
		"invalid UTF-8 bytes": {"\xff\xfe\x00\xc0", true},
	} {
		var headers []string
		if m.bytes {
			headers = []string{frame.ContentLength, strconv.Itoa(len(m.body))}
		}
		p.Send(q.String(), m.body, headers...)
		d := l.Next()
		d.Ack()
		require.True(t, m.body == string(d.Body), name)
	}
	require.NoError(t, l.Confirmed(broker.Message{To: q, Body: large}))
	d := l.Next()
	d.Ack()
	require.True(t, large == string(d.Body), "1 MiB from the link")
	require.Zero(t, l.Stats().Reconnects)
}

func expiry(t *testing.T, s *suite) {
	q := Queue(t)
	p := Dial(t, s.shared.URL())
	past := strconv.FormatInt(time.Now().Add(-time.Minute).UnixMilli(), 10)
	soon := time.Now().Add(50 * time.Millisecond)
	p.Send(q.String(), "dead on arrival", "expires", past)
	p.Send(q.String(), "dies waiting", "expires", strconv.FormatInt(soon.UnixMilli(), 10))
	p.Send(q.String(), "lives")
	require.Eventually(t, func() bool { return time.Now().After(soon.Add(time.Millisecond)) }, Patience, time.Millisecond, "the clock goes")
	l := s.link(t, Consume(q))
	d := l.Next()
	d.Ack()
	require.Equal(t, "lives", string(d.Body))
}

func password(t *testing.T, s *suite) {
	set := Setup{User: "us:er", Password: `p:w\d`}
	i := s.start(t, set)
	wrong := set
	wrong.Password = "guessed"
	bad := Launch(t, config(i, wrong))
	require.Eventually(t, func() bool { return bad.Stats().LastError != "" }, Patience, 10*time.Millisecond)
	require.False(t, bad.Up())
	require.NotContains(t, bad.Stats().LastError, wrong.Password)
	bad.Stop()

	q := Queue(t)
	good := Run(t, config(i, set), Consume(q))
	require.NoError(t, good.Confirmed(broker.Message{To: q, Body: "in"}))
	d := good.Next()
	d.Ack()
	require.Equal(t, "in", string(d.Body))
}

// messageIDs: the id of a message says which connection it came over, and which of
// its messages it is: the nodes go by that.
func messageIDs(t *testing.T, s *suite) {
	q := Queue(t)
	l := s.link(t, Consume(q))
	peers := []*Peer{Dial(t, s.shared.URL()), Dial(t, s.shared.URL())}
	producers := map[string]int{}
	last := make([]int, len(peers))
	for range 3 {
		for n, p := range peers {
			p.Send(q.String(), "x")
			d := l.Next()
			d.Ack()
			at := strings.LastIndexByte(d.ID, ':')
			require.Regexp(t, `^ID:[^:]+:\d+:-?\d+:\d+$`, d.ID[:at])
			number, err := strconv.Atoi(d.ID[at+1:])
			require.NoError(t, err)
			require.Greater(t, number, last[n])
			last[n] = number
			if first, known := producers[d.ID[:at]]; known {
				require.Equal(t, first, n, d.ID)
			}
			producers[d.ID[:at]] = n
		}
	}
	require.Len(t, producers, len(peers))
}
