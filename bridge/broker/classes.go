package broker

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
)

// Over STOMP a Map or an Object message arrives as an empty text, unless the
// subscription asks ActiveMQ to write it as JSON. Then the header transformation
// says what it was. A broker without the libraries for that, as Debian ships it,
// breaks such a connection, so it is tried on one that carries nothing else.
const (
	headerTransformation = "transformation"
	writeJSON            = "jms-json"     // asked for by a subscription
	mapJSON              = "jms-map-json" // what a Map message then is
	objectJSON           = "jms-object-json"
	mapXML               = "jms-map-xml" // what a client may have asked for itself
	objectXML            = "jms-object-xml"
)

// classesTime bounds the try.
const classesTime = time.Second

// wantsClasses reports whether a subscription asks for them.
func (l *Link) wantsClasses() bool {
	asks := func(s *consumption) bool { return s.Classes }
	return slices.ContainsFunc(l.subs, asks) || slices.ContainsFunc(l.gated, asks)
}

// tellsClasses reports whether the broker at e writes Map messages as JSON. It
// sends itself one.
func (l *Link) tellsClasses(ctx context.Context, e endpoint) bool {
	ctx, cancel := context.WithTimeout(ctx, classesTime)
	defer cancel()
	k, err := l.cfg.open(ctx, e, "trying", nil)
	if err != nil {
		return false
	}
	defer k.close()
	const queue = "/temp-queue/classes"
	got := make(chan bool, 1)
	err = k.subscribe(queue, ackAuto, func(m *frame.Frame) {
		select {
		case got <- m.Header.Get(headerTransformation) == mapJSON:
		default: // told already
		}
	}, headerTransformation, writeJSON)
	if err != nil {
		return false
	}
	f := frame.New(frame.SEND, frame.Destination, queue, headerTransformation, mapJSON)
	f.Body = []byte(`{"map":{"entry":{"string":["a","b"]}}}`)
	if err := k.try(func() error { return k.write(f, true) }); err != nil {
		return false
	}
	select {
	case ok := <-got:
		return ok
	case <-k.over:
		return false
	case <-ctx.Done():
		return false
	}
}

// neither reports whether a message is known to be neither text nor bytes.
func neither(transformation string) bool {
	return slices.Contains([]string{mapJSON, objectJSON, mapXML, objectXML}, strings.ToLower(transformation))
}
