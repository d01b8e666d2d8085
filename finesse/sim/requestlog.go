package sim

import (
	"regexp"
	"sync"
	"time"
)

// Request is a REST request that was seen.
type Request struct {
	Method    string    `json:"method"`
	Path      string    `json:"path"` // with the query
	User      string    `json:"user"`
	Body      string    `json:"body"` // secrets redacted
	RequestID string    `json:"requestId"`
	Time      time.Time `json:"time"`
}

const maxRequests = 100_000

// requestLog keeps the last requests, in a ring that grows to its limit.
type requestLog struct {
	mu    sync.Mutex
	limit int
	ring  []Request
	next  int // the oldest, once the ring is full
}

func newRequestLog(limit int) *requestLog { return &requestLog{limit: limit} }

func (l *requestLog) add(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < l.limit {
		l.ring = append(l.ring, r)
		return
	}
	l.ring[l.next] = r
	l.next = (l.next + 1) % l.limit
}

func (l *requestLog) all() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Request, 0, len(l.ring))
	out = append(out, l.ring[l.next:]...)
	return append(out, l.ring[:l.next]...)
}

func (l *requestLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring, l.next = nil, 0
}

// secretElement finds elements whose text is a secret.
var secretElement = regexp.MustCompile(`(?is)<([a-z]*(?:password|token|secret)[a-z]*)>.*?</`)

// secretField finds fields of a form whose value is a secret.
var secretField = regexp.MustCompile(`(?i)\b([a-z-]*(?:password|token|secret))=[^&]*`)

func redact(body string) string {
	return secretField.ReplaceAllString(secretElement.ReplaceAllString(body, "<$1>[redacted]</"), "$1=[redacted]")
}
