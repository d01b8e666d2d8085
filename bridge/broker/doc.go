// Package broker is the worker's link to ActiveMQ, or to any other STOMP 1.2
// broker. It knows nothing of agents and commands.
//
// A [Link] holds three STOMP connections to one broker of an ordered list: one
// consumes, one publishes, one carries fragile sends (replies to temporary
// queues and the like), because any ERROR frame kills the connection that it
// arrives on. A lost connection is replaced by itself: the owner calls [Link.Run]
// once and then only publishes and acknowledges.
//
// What is promised:
//
//   - A message accepted by [Link.Publish] is confirmed by a receipt of the
//     broker before its done function is called with nil. After a link failure
//     everything that was unconfirmed is sent again, in order: at least once, and
//     a repetition starts at a message that was sent before and goes on from there.
//   - A delivery is acknowledged at most once and only on the connection that
//     brought it. Unacknowledged ones come again, in order, with Redelivered.
//   - A message that the broker refuses costs only itself.
//
// STOMP itself is spoken by go-stomp, over connections that this package dials,
// guards with deadlines and closes; conn.go and wire.go say which of the
// library's traps each measure is for, traps_test.go holds one test for each.
package broker
