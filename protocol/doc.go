// Package protocol is the wire protocol between a Generic Connector and its
// JMS clients: [ParseCommand] reads what a client sends, [Encode] writes what
// a client is told, and the error table says with which code a command fails.
// It is pure: no I/O, no clock, no goroutine, no logger.
//
// Everything is a row of a table. A command word is a [CommandRow], an output
// a row behind [OutputRows], an error code an [ErrorRow]. Golden files, fuzz
// seeds, the protocol reference and the AsyncAPI document come from the rows,
// so a word or a field exists in one place. To add a command, add its row to
// a commands_*.go file; to add an output, add its type to an output*.go file
// and its row, with examples, beside the encoder.
//
// Clauses in brackets, such as [O-007] or [C10], name the outputs of the GC
// JTAPI 4.4 page and the rulings of this project.
package protocol
