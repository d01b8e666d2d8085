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
// Frames are read and written by go-stomp's codec. Its connection is not used: when a
// process stands still for longer than a receipt may take, the library can wait for
// ever for somebody to take that receipt, and nobody hears that the connection has
// ended. traps_test.go holds a test for each of the ways in which it failed.
package broker
