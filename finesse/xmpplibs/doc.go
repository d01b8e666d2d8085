// Package xmpplibs holds only tests: they show, for each defect of
// xmppo/go-xmpp v0.3.6 that made us choose mellium.im/xmpp, the defect and
// what finesse.Stream does in the same situation. docs/decisions/0001 names
// them. When a test of a defect fails after an update of the library, the
// defect is gone and the decision may be looked at again.
package xmpplibs
