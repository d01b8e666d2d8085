package spec

import (
	"slices"
	"strings"

	"gcbridge/protocol"
)

// Kind is what a clause of the page is about.
type Kind string

// The kinds, in the order of the page.
const (
	KindCommand Kind = "command"
	KindOutput  Kind = "output"
	KindError   Kind = "error"
	KindMessage Kind = "user message"
)

// Clause is one row of the page: a command, an output, an error code or a
// user message. Rows that the developer guides add to commands and outputs
// are clauses too.
type Clause struct {
	// ID is A-01, O-001, NewOutboundPreviewCall, error CODE or a user
	// message's Event#Value. It is the key of a proof.
	ID   string
	Kind Kind
	Name string
	// By is the clause whose proof counts for this one, which nobody sends;
	// Why says why not.
	By, Why string
	// Golden are files of the golden folder; Tests are end-to-end tests.
	Golden, Tests []string

	golden goldenPlace
}

// goldenPlace is where a clause's golden files are: a folder, or a line that
// begins so in a file.
type goldenPlace struct{ path, line string }

// ErrorID is the id of an error code's clause.
func ErrorID(code protocol.ErrorCode) string { return "error " + string(code) }

// replacement is what is sent in place of a clause, and why.
type replacement struct{ by, why string }

// superseded are clauses that cannot be shown: outputs that the original
// itself has replaced [O-006] [O-018] [O-023], and a state of the user
// messages that no source gives an agent. Finesse has none between LOGOUT and
// NOT_READY, and LOGIN only as a request (finesse-api 2.3).
func superseded() map[string]replacement {
	const old = "not sent any more"
	return map[string]replacement{
		"O-006":           {"State#LOGOUT", old},
		"O-018":           {"O-014", old},
		"O-023":           {"O-007", old},
		"State#LOGGED_IN": {"State#NOT_READY", "no state of Finesse: a login leads to NOT_READY"},
	}
}

// Clauses lists the clauses of the tables, without golden files and tests.
func Clauses() []Clause {
	var all []Clause
	for _, row := range protocol.CommandRows() {
		for _, c := range row.Clauses {
			all = append(all, Clause{
				ID: c.ID, Kind: KindCommand, Name: string(row.Word) + ": " + c.Name,
				golden: goldenPlace{path: "commands/" + string(row.Word)},
			})
		}
	}
	slices.SortStableFunc(all, func(a, b Clause) int { return strings.Compare(tableOrder(a.ID), tableOrder(b.ID)) })
	for _, row := range protocol.OutputRows() {
		all = append(all, Clause{
			ID: string(row.Code), Kind: KindOutput, Name: row.Name,
			golden: goldenPlace{path: string(row.Code)},
		})
	}
	for _, row := range protocol.ErrorRows() {
		if row.Clause == protocol.ClausePage {
			all = append(all, Clause{
				ID: ErrorID(row.Code), Kind: KindError, Name: row.Description,
				golden: goldenPlace{path: "errors.txt", line: string(row.Code) + " ("},
			})
		}
	}
	for _, m := range protocol.UserMessages() {
		if m.Clause == protocol.ClausePage {
			id := m.Event + "#" + m.Value
			all = append(all, Clause{
				ID: id, Kind: KindMessage, Name: m.Text,
				golden: goldenPlace{path: "user-messages.txt", line: id + " ("},
			})
		}
	}
	for i := range all {
		r := superseded()[all[i].ID]
		all[i].By, all[i].Why = r.by, r.why
	}
	return all
}

// tableOrder puts the tables of commands in the order of the page: agent,
// supervisor, admin, later editions.
func tableOrder(id string) string {
	return string(rune('0'+strings.IndexByte("ASMX", id[0]))) + id
}
