package load

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// ErrNotHere is what [Target.Check] returns, wrapped.
var ErrNotHere = errors.New("a load makes and drops calls and changes states as fast as it can")

// Target is what a load would reach.
type Target struct {
	Brokers   []string // URLs
	Finesse   []string // REST URLs of the worker's Finesse, as far as they are known
	Simulator string   // URL of its control API, "" = none
}

// Check is nil if everything is on this machine. What is not known is not here:
// without a simulator somebody must say which Finesse the worker uses.
func (t Target) Check() error {
	for what, list := range map[string][]string{"broker": t.Brokers, "Finesse": t.Finesse} {
		for _, address := range list {
			if !onLoopback(address) {
				return fmt.Errorf("%w, and the %s %s is not on this machine", ErrNotHere, what, address)
			}
		}
	}
	switch {
	case t.Simulator != "" && !onLoopback(t.Simulator):
		return fmt.Errorf("%w, and the simulator %s is not on this machine", ErrNotHere, t.Simulator)
	case t.Simulator == "" && len(t.Finesse) == 0:
		return fmt.Errorf("%w, and nothing says which Finesse the worker uses", ErrNotHere)
	}
	return nil
}

// onLoopback reports whether an address (a URL, or host:port) is on this machine,
// whatever a name server says.
func onLoopback(address string) bool {
	host := address
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		host = u.Hostname()
	} else if h, _, err := net.SplitHostPort(address); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
