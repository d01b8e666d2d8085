package embedded

import (
	"errors"
	"fmt"
	"strings"
)

var errDestination = errors.New("destination not allowed")

// Paths of destinations on the wire. Inside the broker a temporary one goes by
// its remote form, which is the same for all sessions.
const (
	queuePath       = "/queue/"
	topicPath       = "/topic/"
	tempQueuePath   = "/temp-queue/"
	tempTopicPath   = "/temp-topic/"
	remoteQueuePath = "/remote-temp-queue/"
	remoteTopicPath = "/remote-temp-topic/"
)

// canonical is the broker's name for what a client wrote. Temporary names of
// its own are qualified with the session. A bare name is a queue, as in
// ActiveMQ. Wildcards, composites and ActiveMQ's own names do not exist here.
func (s *session) canonical(path string) (string, error) {
	path = strings.TrimSpace(path)
	if path == "" || strings.ContainsAny(path, "*>,") {
		return "", fmt.Errorf("%w: %q", errDestination, path)
	}
	for _, temp := range []struct{ own, remote string }{
		{tempQueuePath, remoteQueuePath}, {tempTopicPath, remoteTopicPath},
	} {
		if name, ok := strings.CutPrefix(path, temp.own); ok && name != "" {
			return temp.remote + s.id + ":" + name, nil
		}
	}
	for _, known := range []string{queuePath, topicPath, remoteQueuePath, remoteTopicPath} {
		name, ok := strings.CutPrefix(path, known)
		if !ok {
			continue
		}
		if name == "" || strings.HasPrefix(name, "ActiveMQ.") {
			return "", fmt.Errorf("%w: %q", errDestination, path)
		}
		return path, nil
	}
	return queuePath + path, nil
}

// visible is the name under which s sees a destination: its own temporary ones
// go by the name that it gave them.
func (s *session) visible(dest string) string {
	if name, ok := strings.CutPrefix(dest, remoteQueuePath+s.id+":"); ok {
		return tempQueuePath + name
	}
	if name, ok := strings.CutPrefix(dest, remoteTopicPath+s.id+":"); ok {
		return tempTopicPath + name
	}
	return dest
}

func isTopic(dest string) bool {
	return strings.HasPrefix(dest, topicPath) || strings.HasPrefix(dest, remoteTopicPath)
}

// tempOwner is the session that a temporary destination belongs to.
func tempOwner(dest string) (session string, temp bool) {
	for _, path := range []string{remoteQueuePath, remoteTopicPath} {
		if name, ok := strings.CutPrefix(dest, path); ok {
			owner, _, _ := strings.Cut(name, ":")
			return owner, true
		}
	}
	return "", false
}
