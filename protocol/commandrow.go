package protocol

import (
	"slices"
	"strings"
)

// CommandRow is the table row of a command word. A row reached through
// [Command.Row] belongs to the table and must not be changed.
type CommandRow struct {
	Word Word
	// Aliases are further accepted spellings: the original's misprints [C1].
	Aliases []string
	// Clauses are the rows of the page that use this word; most words have one.
	Clauses  []Clause
	Category string // as the page prints it: system, agent_state, agent_call, ...
	// ByDestination: the id is a client destination, not an agent (Hello, Beat).
	ByDestination bool
	// Once: must never reach Finesse twice (it makes or moves a call).
	Once bool
	// Unsupported, when set, says why no worker can ever serve this row.
	Unsupported string
	// Params are the comma separated fields of the body, in order [C2].
	Params []Param
	// Answers are the outputs that the page names as expected, in its order.
	Answers []Code
	// Examples are accepted commands.
	Examples []CommandExample
	// Note is what the reference says beside the table.
	Note string
}

// Clause is a row of the page that a command word serves.
type Clause struct {
	// ID counts the rows of a table of the page: A-01... agent commands,
	// S-01... supervisor commands, M-01... admin commands; X-01... are the
	// rows that only later editions print.
	ID   string
	Name string // as the page prints it
}

// CommandExample is a command as a client sends it.
type CommandExample struct {
	Name    string // the name of its golden file; unique in the row
	JMSType string
	Body    string
}

// Param is one parameter of a command body.
type Param struct {
	Name string
	Kind ParamKind
	// Missing is the error code of an absent parameter [C10]; "" if it is Optional.
	Missing  ErrorCode
	Optional bool
	// Commas: the value may contain commas; at most one parameter of a row,
	// none of whose others can. It is the last, or the last before an optional
	// literal [C2], but for the label of a wrapup: the parameters behind it are
	// found from the right.
	Commas bool
	// Literals are the accepted words of a KindLiteral.
	Literals []Literal
}

// Literal is a fixed word of a body and the value that stands for it.
type Literal struct{ Word, Value string }

// ParamKind says how a parameter is checked and where it is kept.
type ParamKind string

// The kinds. Whatever the kind, control characters are refused.
const (
	KindText        ParamKind = "text"
	KindSecret      ParamKind = "secret"      // read with Command.Secret
	KindDestination ParamKind = "destination" // kept even if a later parameter is refused
	KindExtension   ParamKind = "extension"   // a letter is WRONG_EXTENSION [C10]
	KindLiteral     ParamKind = "literal"     // one of Param.Literals, in any case, <brackets> tolerated [C2]
	KindVariables   ParamKind = "variables"   // read with Command.Variables [C12]
)

// Parameter names, for [Command.Arg] and [Command.Secret].
const (
	ParamDestination = "client_destination"
	ParamPassword    = "agent_password" // read with Command.Secret
	ParamSSO         = "SSO"            // "SSO" or ""
	ParamExtension   = "agent_extension"
	ParamReason      = "reason_code"
	ParamNumber      = "extension_number"
	ParamDialog      = "dialog_id"
	ParamPhone       = "agent_phone"
	ParamMode        = "connection_mode" // CALL_BY_CALL or NAILED_CONNECTION [C19]
	ParamWrapUp      = "wrapup_reason"
	ParamVariables   = "call_variables" // read with Command.Variables [C12]
	ParamAction      = "action"         // ACCEPT, REJECT, CLOSE or ""
	ParamPhonebook   = "phonebook_id"
	ParamTeam        = "team_id"
	ParamSubscribe   = "subscribe" // "true", "false" or ""
	ParamMember      = "team_agent_login_id"
	ParamTarget      = "team_agent_extension" // bargein: an extension or a login id [C14]
	ParamMedia       = "target_media_address"
	ParamTime        = "callback_time"
	ParamCallback    = "callback_number"
	ParamValue       = "value"
	ParamRange       = "range"
)

// commandTable holds every command word in the order of the page. It is
// never written to.
var commandTable = slices.Concat(
	systemCommands(),
	stateCommands(),
	callCommands(),
	transferCommands(),
	dialogCommands(),
	phonebookCommands(),
	outboundCommands(),
	supervisorCommands(),
	unsupportedCommands(),
)

// commandIndex finds a row by its folded word or alias.
var commandIndex = func() map[string]*CommandRow {
	index := make(map[string]*CommandRow, 2*len(commandTable))
	for i := range commandTable {
		row := &commandTable[i]
		index[strings.ToLower(string(row.Word))] = row
		for _, a := range row.Aliases {
			index[strings.ToLower(a)] = row
		}
	}
	return index
}()

// CommandRows returns the command table (a copy).
func CommandRows() []CommandRow {
	rows := slices.Clone(commandTable)
	for i := range rows {
		r := &rows[i]
		r.Aliases = slices.Clone(r.Aliases)
		r.Clauses = slices.Clone(r.Clauses)
		r.Params = slices.Clone(r.Params)
		for j := range r.Params {
			r.Params[j].Literals = slices.Clone(r.Params[j].Literals)
		}
		r.Answers = slices.Clone(r.Answers)
		r.Examples = slices.Clone(r.Examples)
	}
	return rows
}

// FindCommand finds a row by a word in any case, misprints included [C1]. The
// row belongs to the table and must not be changed.
func FindCommand(word string) (*CommandRow, bool) {
	row, ok := commandIndex[strings.ToLower(strings.TrimSpace(word))]
	return row, ok
}
