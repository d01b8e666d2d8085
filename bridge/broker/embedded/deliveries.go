package embedded

import "container/list"

// deliveries are the messages that a subscription got and has not acknowledged
// yet, in order. As there may be many, each is found by its id at once.
type deliveries struct {
	order *list.List // of delivery
	byID  map[string]*list.Element
}

// delivery is a message and the id that its acknowledgement will name: the ack
// header in STOMP 1.2, the message id before.
type delivery struct {
	id  string
	msg *message
}

func newDeliveries() *deliveries {
	return &deliveries{order: list.New(), byID: make(map[string]*list.Element)}
}

func (d *deliveries) len() int { return d.order.Len() }

func (d *deliveries) add(id string, m *message) {
	d.byID[id] = d.order.PushBack(delivery{id, m})
}

// take removes and returns what the acknowledgement of id covers: that message,
// and with upTo all before it, too; none if there is no such id.
func (d *deliveries) take(id string, upTo bool) []*message {
	e, ok := d.byID[id]
	if !ok {
		return nil
	}
	var covered []*message
	if upTo {
		for d.order.Front() != e {
			covered = append(covered, d.remove(d.order.Front()))
		}
	}
	return append(covered, d.remove(e))
}

// takeAll removes and returns all.
func (d *deliveries) takeAll() []*message {
	all := make([]*message, 0, d.len())
	for d.order.Len() > 0 {
		all = append(all, d.remove(d.order.Front()))
	}
	return all
}

func (d *deliveries) remove(e *list.Element) *message {
	gone := d.order.Remove(e).(delivery)
	delete(d.byID, gone.id)
	return gone.msg
}
