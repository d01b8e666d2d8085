package broker

// CONTRACT SKELETON: signatures that other packages build against. The
// implementation moves these into files of their own and deletes this file.

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/protocol/secret"
)

// Destination is a validated broker destination. The zero value is none.
// It is comparable and its String is the STOMP path (/queue/x, /topic/x, ...).
type Destination struct{ path string }

// String is the STOMP path, "" for none.
func (d Destination) String() string { return d.path }

// IsZero reports whether there is none.
func (d Destination) IsZero() bool { return d.path == "" }

// Topic and Queue make a destination from a bare name; they fail like ParseClientDestination.
func Topic(name string) (Destination, error) { panic("contract") }

// Queue makes a queue destination.
func Queue(name string) (Destination, error) { panic("contract") }

// ParseClientDestination reads what a client named in Hello or Connect [H5]:
// a bare name is a topic; queue://x and topic://x say which. Wildcards (* >),
// composites (,), control characters, blanks-only, over 256 bytes and names under ActiveMQ. are
// refused with ErrDestination.
func ParseClientDestination(s string) (Destination, error) { panic("contract") }

// ParseReplyTo reads a reply-to header as the broker writes it: /queue/,
// /topic/, /temp-queue/, /temp-topic/, /remote-temp-queue/, /remote-temp-topic/.
func ParseReplyTo(s string) (Destination, error) { panic("contract") }

// ErrDestination is a name that must not be sent to (class Client).
var ErrDestination = errors.New("broker: destination not allowed")

// Message is what the link sends, as a JMS TextMessage.
type Message struct {
	To            Destination
	Body          string
	Type          string // JMSType
	CorrelationID string
	TTL           time.Duration // 0 = does not expire
	Persistent    bool
	Properties    map[string]string
}

// Delivery is one received message. Ack it exactly when its outcome is
// decided; it is redelivered if the link fails before.
type Delivery struct {
	ID            string // JMSMessageID: the same when redelivered
	From          Destination
	Type          string
	Body          []byte
	Bytes         bool // BytesMessage (had a content-length)
	Empty         bool // neither text nor bytes (Map, Object, ...): cannot be told from an empty text by STOMP; false if unsure
	CorrelationID string
	ReplyTo       string // raw header, "" = none
	Timestamp     time.Time
	Expires       time.Time // zero = never
	Redelivered   bool
	Persistent    bool
	Properties    map[string]string // all other headers
	Received      time.Time
	AckFunc       func() // set by the link, or by a test
}

// Ack acknowledges once; later calls and calls after the link went do nothing.
func (d *Delivery) Ack() {
	if d.AckFunc != nil {
		d.AckFunc()
	}
}

// Config is a [Link]'s.
type Config struct {
	URLs           []string // stomp://host:port, stomp+ssl://host:port; ordered
	User           string
	Password       secret.Secret
	PriorityBackup bool
	TLS            *tls.Config
	Heartbeat      time.Duration // 0 = 5 s both ways
	ReceiptTimeout time.Duration // 0 = 4 s
	WriteTimeout   time.Duration // 0 = 5 s
	BackoffMin     time.Duration // 0 = 10 ms
	BackoffMax     time.Duration // 0 = 30 s
	SendBuffer     int           // messages kept while the link is down, 0 = 10,000
	Log            zerolog.Logger
	OnUp           func() // all three connections are up and subscriptions live
	OnDown         func(err error)
	OnDrop         func(m Message, err error) // a message that was given up (overflow, poison, expired while waiting)
}

// Subscription is one consumer of a link.
type Subscription struct {
	From     Destination
	Prefetch int // 1..10, 0 = 10
	Priority int // activemq.priority
	Selector string
	AutoAck  bool // for topics
	// Handle is called in order, on one goroutine per subscription; it must not block.
	Handle func(*Delivery)
}

// Link is a connection to the broker that heals itself: three STOMP
// connections (consuming, publishing, fragile sends).
type Link struct{}

// New validates cfg; Subscribe before Run.
func New(cfg Config) (*Link, error) { panic("contract") }

// Subscribe adds a subscription that lives as long as the link. Call before Run.
func (l *Link) Subscribe(s Subscription) error { panic("contract") }

// Run keeps the link up until ctx ends, then sends what is buffered (bounded
// by 2 s), closes and returns nil. It fails only on misuse.
func (l *Link) Run(ctx context.Context) error { panic("contract") }

// Publish queues m, in order, and returns. done (may be nil) is called once,
// on another goroutine: nil when the broker has confirmed it by receipt, else
// why it was given up. While the link is down messages wait in the buffer;
// when that is full Publish returns ErrBufferFull and done is not called.
// Messages resent after a link failure may arrive twice.
func (l *Link) Publish(m Message, done func(error)) error { panic("contract") }

// PublishFragile is Publish on the connection of fragile sends (replies to
// JMSReplyTo, temporary queues, reject queue): a refusal by the broker costs
// only that message. Order is kept among fragile sends only.
func (l *Link) PublishFragile(m Message, done func(error)) error { panic("contract") }

// Up reports whether the link is usable now.
func (l *Link) Up() bool { panic("contract") }

// Stats are running counts for status and metrics.
type Stats struct {
	Up                                                 bool
	URL                                                string // connected broker, without credentials
	Reconnects, Delivered, Published, Dropped, Waiting uint64
	LastError                                          string
}

// Stats returns a snapshot.
func (l *Link) Stats() Stats { panic("contract") }

// ErrBufferFull is returned by Publish (class Unavailable).
var ErrBufferFull = errors.New("broker: send buffer full")
