package finesse

import "context"

// Limiter bounds what a [Client] asks at the same time. [Client] uses one for
// every request that is for somebody; SystemInfo is for nobody and never waits.
type Limiter interface {
	// Acquire waits until a request for agent may begin, or until ctx ends; then
	// the request is not sent. release must be called once when the request is
	// over; it is told the request's error.
	Acquire(ctx context.Context, agent string) (release func(error), err error)
}

type agentKey struct{}

// WithAgent notes for whom the requests made with ctx are, where it is not the
// user whose credentials they carry.
func WithAgent(ctx context.Context, agent string) context.Context {
	return context.WithValue(ctx, agentKey{}, agent)
}

// agentOf is for whom a request is; "" if it is for nobody, and never waits.
func agentOf(ctx context.Context, r request) string {
	if r.cred == nil && r.agent == "" {
		return ""
	}
	if agent, ok := ctx.Value(agentKey{}).(string); ok {
		return agent
	}
	if r.cred == nil {
		return r.agent
	}
	return r.cred.User
}

// unlimited lets every request through at once.
type unlimited struct{}

func (unlimited) Acquire(context.Context, string) (func(error), error) { return func(error) {}, nil }
