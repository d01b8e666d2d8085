package spec

import (
	"regexp"
	"strings"

	"gcbridge/protocol"
)

// placeholders are the fields of a layout whose form is known; every other
// one is a text without '#'.
func placeholders() map[string]string {
	const (
		participant = `[^#,|]*,[A-Z_]*,[^#,|]*,[^#,|]*,` + timePattern
		variable    = `[^#|]*=[^#|]*`
		control     = `\d+,(?:true|false)`
	)
	return map[string]string{
		"agent":             `[^#]+`,
		"supervisor":        `[^#]+`,
		"state":             `[A-Z_]*`,
		"associated_state":  `[A-Z_]*`,
		"pending_state":     `[A-Z_]*`,
		"change_time":       timePattern,
		"start_time":        timePattern,
		"error_code":        `[A-Za-z0-9_]+`,
		"is_supervisor":     `(?:true|false)`,
		"n":                 `-?\d+`,
		"v":                 `[^#,]*`,
		"name":              `[^#,]*`,
		"type":              `[^#,]*`,
		"id":                `[^#,]*`,
		"subscription_time": `-?\d+`,
		"call_variables":    `(?:` + variable + `(?:\|` + variable + `)*)?`,
		"participants":      `(?:` + participant + `(?:\|` + participant + `)*)?`,
		"list":              `[^#,]*(?:,[^#,]*)*`,
		"controls":          `(?:` + control + `(?:\|` + control + `)*)?`,
	}
}

// furtherLayouts are the forms of a message that its row describes in its
// note, or not at all because they are the empty case.
func furtherLayouts() map[protocol.Code]further {
	const (
		ccx      = "Type:SnapShot:WaitingCalls:<n>,AgentsLoggedIn:<n>,AgentsReady:<n>,AgentsNotReady:<n>,AgentsInAfterCallWork:<n>,AgentsTalking:<n>,AgentsReserved:<n>|Type:SinceMidNight:WaitingCalls:<n>,HandledCalls:<n>,AbandonedCalls:<n>,TotalCalls:<n>,LongestCallInQueue:<n>,LongestHandleTime:<n>"
		ccxAgent = "WaitingCalls:<n>,LongestCallInQueue:<n>"
	)
	queues := []string{
		"<supervisor>#QueueList#",
		"<supervisor>#QueueList#QueueName:<v>," + ccx + "#QueueName:...",
		"<supervisor>#QueueList#QueueName:<v>," + ccxAgent + "#QueueName:...",
	}
	nobody := []string{"<supervisor>#TeamUsersList#"}
	aniOnly := []string{"<agent>#NewOutboundCall#<from_address>#ani=<ani>#DialogID:<dialog_id>"}
	failed := []string{"<agent>#InboundCall#FAILED#DialogID:<dialog_id>#<failure_cause>#<full_name>"}
	return map[protocol.Code]further{
		"O-008": {
			text: failed,
			page: failed,
			old:  []string{"<agent>#InboundCall#<state>#<full_name>"},
		},
		"O-009": {page: []string{"<agent>#NewInboundCall#<from_address>#<ani>#DialogID:<dialog_id>"}},
		"O-010": {text: []string{"<agent>#ConsultCall#FAILED#AssDialogID:<dialog_id>#<failure_cause>#<full_name>"}},
		"O-011": {text: []string{
			"<agent>#AgentInfo#<first_name>#<last_name>#true#<wrap_up_mode>#TotalNumberOfTeams:<n>#<teams>#<team_id>#<full_name>#<login_name>",
		}},
		"O-019": {text: queues, old: queues},
		"O-020": {text: nobody, old: nobody, page: nobody},
		"O-024": {text: []string{"<agent>#DialogStatus###"}, old: []string{"<agent>#DialogStatus###"}},
		"O-028": {old: aniOnly, page: aniOnly},
		"O-029": {text: []string{"<agent>#Phonebooks#NoPhoneBookFound"}, old: []string{"Phonebooks#NoPhoneBookFound"}, page: []string{"Phonebooks#NoPhoneBookFound"}},
		"O-030": {text: []string{"<agent>#TeamPhoneBooks#NoTeamPhoneBookFound"}, old: []string{"TeamPhoneBooks#NoTeamPhoneBookFound"}, page: []string{"TeamPhoneBooks#NoTeamPhoneBookFound"}},
		"O-031": {text: []string{"<agent>#PhonebookContacts#NoContactFound"}, old: []string{"PhonebookContacts#NoContactFound"}, page: []string{"PhonebookContacts#NoContactFound"}},

		"AgentsList": {text: []string{"<agent>#AgentsList#"}, old: []string{"<agent>#AgentsList#"}},
		"callback":   {text: []string{"<agent>#<title>#<data>"}},
		"reclassify": {text: []string{"<agent>#RECLASSIFY#<data>"}},
	}
}

// further are the other forms of a message by generation.
type further struct{ text, page, old []string }

// generation is editions that share a text layout.
type generation struct {
	editions []protocol.Edition
	// layouts are all text forms of a row, the usual one first; none if it has no text.
	layouts func(protocol.OutputRow) []string
}

// generations are all text layouts, the oldest first.
func generations() []generation {
	forms := func(first string, rest []string) []string {
		if first == "" {
			return nil
		}
		return append([]string{first}, rest...)
	}
	present := func(row protocol.OutputRow) []string { return forms(row.Text, furtherLayouts()[row.Code].text) }
	return []generation{
		{[]protocol.Edition{protocol.Edition3}, func(row protocol.OutputRow) []string {
			return forms(row.Old, furtherLayouts()[row.Code].old)
		}},
		{[]protocol.Edition{protocol.EditionPage}, func(row protocol.OutputRow) []string {
			if row.Page == "" {
				return present(row)
			}
			return forms(row.Page, furtherLayouts()[row.Code].page)
		}},
		{[]protocol.Edition{protocol.Edition44, protocol.Edition4412}, present},
	}
}

// textPattern is the regular expression of a message with these layouts.
func textPattern(layouts []string) string {
	forms := make([]string, len(layouts))
	for i, l := range layouts {
		forms[i] = layoutPattern(l)
	}
	return "^(?:" + strings.Join(forms, "|") + ")$"
}

var (
	placeholder = regexp.MustCompile(`<([a-z0-9_]+)>`)
	// enumeration is how a layout writes a list: its first two elements.
	enumeration = regexp.MustCompile(`(?:<ani>,)?<[a-z_]+_1(?:_[a-z]+)?>,<[a-z_]+_2(?:_[a-z]+)?>`)
)

const controlList = "<index_1>,<visible_1>|<index_2>,<visible_2>"

// layoutPattern reads a layout: <name> is a field; "#Key:..." or "|Key=..." at
// the end repeats the part that begins with the same key.
func layoutPattern(layout string) string {
	body, repeated := layout, ""
	if before, found := strings.CutSuffix(layout, "..."); found {
		at := strings.LastIndexAny(before, "#|")
		separator, key := before[at:at+1], before[at+1:]
		body = before[:at]
		record := body[strings.LastIndex(body, key):]
		repeated = "(?:" + regexp.QuoteMeta(separator) + fieldsPattern(record) + ")*"
	}
	return fieldsPattern(body) + repeated
}

func fieldsPattern(layout string) string {
	known := placeholders()
	layout = strings.ReplaceAll(layout, controlList, "<controls>")
	layout = enumeration.ReplaceAllString(layout, "<list>")
	var b strings.Builder
	at := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(layout, -1) {
		b.WriteString(regexp.QuoteMeta(layout[at:m[0]]))
		form, ok := known[layout[m[2]:m[3]]]
		if !ok {
			form = `[^#]*`
		}
		b.WriteString(form)
		at = m[1]
	}
	b.WriteString(regexp.QuoteMeta(layout[at:]))
	return b.String()
}
