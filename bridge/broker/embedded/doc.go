// Package embedded is a small STOMP 1.0, 1.1 and 1.2 broker inside the process:
// for the demo, for labs and for tests that need no ActiveMQ. It behaves like
// ActiveMQ where the link and its clients can tell, as the conformance suite of
// package brokertest shows.
//
// It has queues (with priorities of consumers, exclusive consumers, prefetch,
// redelivery in order, expiry and a memory limit), topics, temporary queues and
// topics, selectors that compare with = and <>, transactions, receipts and
// heart-beats. It keeps messages in memory only. It has no OpenWire, durable
// subscriptions, browsers, wildcard or composite destinations, advisories or
// statistics; asking for one of those is answered with an ERROR frame. Message
// groups are ignored: such messages go to any consumer.
//
// A consumer that does not read harms only itself: what a queue holds for it
// stays in the queue, and of a topic it misses the messages that do not fit
// into its bounded buffer.
package embedded
