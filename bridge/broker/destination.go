package broker

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxNameBytes bounds a destination's name.
const maxNameBytes = 256

// The STOMP paths of destinations.
const (
	queuePath = "/queue/"
	topicPath = "/topic/"
)

// clientSchemes says what a client may write before a name [H5].
var clientSchemes = []struct{ scheme, path string }{
	{"queue://", queuePath},
	{"topic://", topicPath},
}

// replyPaths are the forms in which a broker writes a reply-to header.
var replyPaths = []string{
	queuePath, topicPath,
	"/temp-queue/", "/temp-topic/",
	"/remote-temp-queue/", "/remote-temp-topic/",
}

// Destination is a validated broker destination. The zero value is none.
// It is comparable and its String is the STOMP path (/queue/x, /topic/x, ...).
type Destination struct{ path string }

// String is the STOMP path, "" for none.
func (d Destination) String() string { return d.path }

// IsZero reports whether there is none.
func (d Destination) IsZero() bool { return d.path == "" }

// Topic makes a topic from a bare name; it fails like [ParseClientDestination].
func Topic(name string) (Destination, error) { return destination(topicPath, name) }

// Queue makes a queue from a bare name; it fails like [ParseClientDestination].
func Queue(name string) (Destination, error) { return destination(queuePath, name) }

// ParseClientDestination reads what a client named in Hello or Connect [H5]:
// a bare name is a topic; queue://x and topic://x say which. Blanks around a
// name are cut, as ActiveMQ cuts them. Wildcards (* >), composites (,),
// destination options (?), other schemes, control characters, invalid UTF-8,
// blank names, names over 256 bytes and names under ActiveMQ. (advisories,
// statistics, dead letters) are refused with [ErrDestination].
func ParseClientDestination(s string) (Destination, error) {
	s = strings.Trim(s, " ")
	for _, c := range clientSchemes {
		if name, ok := strings.CutPrefix(s, c.scheme); ok {
			return destination(c.path, name)
		}
	}
	return Topic(s)
}

// ParseReplyTo reads a reply-to header as the broker writes it: /queue/,
// /topic/, /temp-queue/, /temp-topic/, /remote-temp-queue/ or
// /remote-temp-topic/ and a name. It fails like [ParseClientDestination].
func ParseReplyTo(s string) (Destination, error) {
	for _, path := range replyPaths {
		if name, ok := strings.CutPrefix(s, path); ok {
			return destination(path, name)
		}
	}
	return Destination{}, fmt.Errorf("%w: %.80q is no reply-to path", ErrDestination, s)
}

func destination(path, name string) (Destination, error) {
	name = strings.Trim(name, " ")
	if why := badName(name); why != "" {
		return Destination{}, fmt.Errorf("%w: %.80q %s", ErrDestination, name, why)
	}
	return Destination{path: path + name}, nil
}

// badName says what is wrong with name, "" if nothing is.
func badName(name string) string {
	const system = "activemq."
	switch {
	case strings.TrimSpace(name) == "":
		return "is blank"
	case len(name) > maxNameBytes:
		return "is too long"
	case !utf8.ValidString(name):
		return "is not UTF-8"
	case strings.ContainsAny(name, "*>"):
		return "is a wildcard"
	case strings.Contains(name, ","):
		return "is a composite"
	case strings.Contains(name, "?"):
		return "has options"
	case strings.Contains(name, "://"):
		return "has an unknown scheme"
	case strings.IndexFunc(name, unicode.IsControl) >= 0:
		return "has control characters"
	case len(name) >= len(system) && strings.EqualFold(name[:len(system)], system):
		return "belongs to the broker"
	}
	return ""
}
