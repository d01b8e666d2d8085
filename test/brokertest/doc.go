// Package brokertest gives tests a real ActiveMQ, as a child process, and one
// conformance suite that every broker the link is used with has to pass.
//
// ActiveMQ, a JDK and the libraries come from Debian's packages; what is
// missing fails the test with a sentence that says what to install. Nothing is
// ever skipped.
package brokertest
