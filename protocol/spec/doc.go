// Package spec writes down what package protocol knows: the protocol
// reference, the AsyncAPI document, and the coverage of the clauses of the GC
// JTAPI 4.4 page by golden files and end-to-end tests. All of it comes from
// the protocol's tables; nothing here is read by the worker.
package spec
