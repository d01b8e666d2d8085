package brokertest

import (
	"testing"

	"gcbridge/bridge/broker"
	"gcbridge/protocol/secret"
)

// Instance is a broker under test.
type Instance interface {
	URL() string
	Stop()    // in order
	Kill()    // as a power failure
	Restart() // after either: same address, persistent messages kept
}

// Setup is what a case needs of its broker.
type Setup struct {
	User, Password string
	SmallQueues    bool // about 1 MB per queue, what is over is answered with ERROR
}

// Feature is something that not every broker has.
type Feature string

// The features that the suite knows to be lacking somewhere.
const (
	ProcessDeath  Feature = "persistent messages survive the death of the broker's process"
	OpenWire      Feature = "JMS clients over OpenWire"
	Wildcards     Feature = "wildcard subscriptions"
	Composites    Feature = "composite destinations"
	Browsing      Feature = "queue browsers"
	Durable       Feature = "durable topic subscriptions"
	MessageGroups Feature = "message groups"
	Advisories    Feature = "advisory topics"
	FullSelectors Feature = "selectors beyond =, <> and AND"
)

// refusals shows for lacking features how asking for them is answered: with an
// ERROR frame, never with silence.
var refusals = map[Feature]struct {
	command string
	headers []string
}{
	Wildcards:     {"SUBSCRIBE", []string{"destination", "/queue/a.*"}},
	Composites:    {"SEND", []string{"destination", "/queue/a,/queue/b"}},
	Browsing:      {"SUBSCRIBE", []string{"destination", "/queue/a", "browser", "true"}},
	Durable:       {"SUBSCRIBE", []string{"destination", "/topic/a", "activemq.subscriptionName", "d"}},
	Advisories:    {"SUBSCRIBE", []string{"destination", "/topic/ActiveMQ.Advisory.Consumer.Queue.a"}},
	FullSelectors: {"SUBSCRIBE", []string{"destination", "/queue/a", "selector", "JMSType LIKE 'X%'"}},
}

// Features describes a broker to the suite.
type Features struct {
	Broker string
	Lacks  []Feature
}

// suite is one run.
type suite struct {
	features Features
	start    func(*testing.T, Setup) Instance
	shared   Instance // for cases that need nothing special and break nothing
}

// cases are the suite's parts, all of which every broker has to pass.
var cases = []struct {
	name string
	run  func(*testing.T, *suite)
}{
	{"text and bytes", textAndBytes},
	{"headers round trip", headersRoundTrip},
	{"properties of a delivery can be sent on", forwarding},
	{"message ids", messageIDs},
	{"NUL is refused in every field", nulRefused},
	{"large and broken bodies", bodies},
	{"redelivery on a new connection", redelivery},
	{"acknowledging twice", ackTwice},
	{"consumer priority", consumerPriority},
	{"prefetch", prefetch},
	{"window of a thousand", window},
	{"window of a cut connection", windowOfTheDead},
	{"window of a backlog", windowOfABacklog},
	{"exclusive consumers of one priority", exclusiveEquals},
	{"exclusive consumer of a higher priority", exclusiveHigher},
	{"exclusive consumers of priority 127", exclusiveTopmost},
	{"consumers beside an exclusive one", exclusiveBeside},
	{"a queue that is never acknowledged", keptQueue},
	{"answers while a thousand are held", answersUnderLoad},
	{"selector", selectors},
	{"topic", topics},
	{"temporary reply queue", tempReply},
	{"dead temporary reply queue", deadTempReply},
	{"expiry", expiry},
	{"password", password},
	{"full queue", fullQueue},
	{"ten thousand messages, two restarts", tenThousand},
	{"lacking features are refused", lacking},
}

// RunConformance runs the suite against the brokers that start makes. What the
// broker lacks is printed, and asking for it has to be answered with an ERROR.
func RunConformance(t *testing.T, f Features, start func(*testing.T, Setup) Instance) {
	t.Helper()
	for _, missing := range f.Lacks {
		t.Logf("%s has no %s", f.Broker, missing)
	}
	s := &suite{features: f, start: start, shared: start(t, Setup{})}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, s) })
	}
}

// config is a link's to i.
func config(i Instance, set Setup) broker.Config {
	return broker.Config{URLs: []string{i.URL()}, User: set.User, Password: secret.New(set.Password)}
}

// link runs one on the shared broker.
func (s *suite) link(t *testing.T, subs ...broker.Subscription) *Harness {
	t.Helper()
	return Run(t, config(s.shared, Setup{}), subs...)
}

func lacking(t *testing.T, s *suite) {
	for _, feature := range s.features.Lacks {
		ask, ok := refusals[feature]
		if !ok {
			continue // cannot be asked for (ProcessDeath, OpenWire), or is only a hint (MessageGroups)
		}
		t.Run(string(feature), func(t *testing.T) {
			p := Dial(t, s.shared.URL())
			p.Write(ask.command, nil, append(ask.headers, "id", "1", "receipt", "r")...)
			p.Expect("ERROR")
			p.Gone()
		})
	}
}
