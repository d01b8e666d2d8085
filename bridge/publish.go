package bridge

import (
	"errors"
	"sync"
	"time"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/session"
	"gcbridge/protocol"
)

// publish sends a session's output. It implements session.Deps.Publish.
func (w *Worker) publish(e session.Envelope, confirmed func(error)) {
	dest, err := broker.ParseReplyTo(e.Destination)
	if err != nil {
		w.lost(e.Agent, confirmed, err)
		return
	}
	m := w.message(dest, e.Message, e.Agent, e.CorrelationID)
	if e.Recovered {
		m.Properties["gcRecovered"] = "true"
	}
	done := func(err error) {
		if err == nil {
			w.observe.published(e.Caused)
		} else {
			w.lossy.add(e.Agent)
		}
		if confirmed != nil {
			confirmed(err)
		}
	}
	if err := w.link.Publish(m, done); err != nil {
		w.lost(e.Agent, confirmed, err)
	}
}

// lost notes an output that could not even be queued.
func (w *Worker) lost(agent string, confirmed func(error), err error) {
	w.observe.count("outputs_lost")
	w.lossy.add(agent)
	if confirmed != nil {
		confirmed(err)
	}
}

// message is an output as the broker gets it [H1] [H2] [H3] [H4].
func (w *Worker) message(to broker.Destination, e protocol.Encoded, agent, correlationID string) broker.Message {
	return broker.Message{
		To: to, Body: e.Body, Type: e.JMSType(protocol.JMSTypeMode(w.cfg.OutputJMSType)), CorrelationID: correlationID,
		TTL: w.cfg.OutputTTL, Persistent: w.cfg.OutputPersistent,
		Properties: map[string]string{
			"gcCode": string(e.Code), "gcCategory": e.Category, "gcAgent": agent, "gcNode": w.cfg.NodeID,
		},
	}
}

// publishSystem sends a message that concerns no agent.
func (w *Worker) publishSystem(b bound, o protocol.Output, correlationID string) {
	w.reply(b, o, correlationID, nil)
}

// reply sends o to b and calls decided when the broker has it or it is lost.
func (w *Worker) reply(b bound, o protocol.Output, correlationID string, decided func()) {
	if decided == nil {
		decided = func() {}
	}
	e, ok := protocol.Encode(o, b.dialect)
	if !ok {
		decided()
		return
	}
	send := w.link.Publish
	if b.fragile {
		send = w.link.PublishFragile
	}
	err := send(w.message(b.dest, e, o.AgentID(), correlationID), func(err error) {
		if err != nil {
			w.observe.count("replies_lost")
			w.log.Warn().Err(err).Str("destination", b.dest.String()).Str("code", string(e.Code)).Msg("reply lost")
		}
		decided()
	})
	if err != nil {
		w.observe.count("replies_lost")
		decided()
	}
}

// dropped notes a message that the link gave up.
func (w *Worker) dropped(m broker.Message, err error) {
	w.observe.count("messages_dropped")
	ev := w.log.Warn()
	if errors.Is(err, broker.ErrExpired) {
		ev = w.log.Info()
	}
	ev.Err(err).Str("destination", m.To.String()).Str("code", m.Properties["gcCode"]).Msg("message given up")
}

// lossy is the agents that missed outputs; they are re-synced when the link is
// up again (M8). Safe for concurrent use.
type lossy struct {
	mu     sync.Mutex
	agents map[string]time.Time
}

func (l *lossy) add(agent string) {
	if agent == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.agents == nil {
		l.agents = map[string]time.Time{}
	}
	l.agents[agent] = time.Now()
}

func (l *lossy) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]string, 0, len(l.agents))
	for a := range l.agents {
		out = append(out, a)
	}
	l.agents = nil
	return out
}
