package protocol

// Words that consult, transfer and confer. Consult is the command; the call
// state of the same spelling is the output [ConsultCall].
const (
	TransferSST    Word = "Transfer_sst"
	Consult        Word = "ConsultCall"
	TransferCall   Word = "TransferCall"
	ConferenceCall Word = "Conferencecall"
)

func transferCommands() []CommandRow {
	toNumber := []Param{{Name: ParamNumber, Kind: KindText, Missing: ErrMissingNumber}, dialogParam()}
	// The extension is that of the second agent; the worker does not need it [C13].
	withSecond := []Param{{Name: ParamExtension, Kind: KindText, Missing: ErrMissingExtension}, dialogParam()}
	return []CommandRow{
		{
			Word:     TransferSST,
			Clauses:  []Clause{{"A-19", "Blind Transfer"}},
			Category: "agent_call",
			Once:     true,
			Params:   toNumber,
			Answers:  []Code{"O-008", "O-010", "O-001"},
			Examples: []CommandExample{{"blind", "Transfer_sst# 1001", "2002,16871253"}},
		},
		{
			Word:     Consult,
			Clauses:  []Clause{{"A-20", "Transfer Initiation"}, {"A-21", "Conference Inititation"}},
			Category: "agent_call",
			Once:     true,
			Params:   toNumber,
			Answers:  []Code{"O-010"},
			Examples: []CommandExample{{"consult", "ConsultCall#1001", "2002,16871253"}},
			Note:     "Whether it becomes a transfer or a conference is decided by the completing command.",
		},
		{
			Word:     TransferCall,
			Clauses:  []Clause{{"A-22", "Complete Transfer"}},
			Category: "agent_call",
			Once:     true,
			Params:   withSecond,
			Answers:  []Code{"O-008", "O-010", "O-001"},
			Examples: []CommandExample{{"complete", "TransferCall#1001", "2002,16871253"}},
		},
		{
			Word:     ConferenceCall,
			Clauses:  []Clause{{"A-23", "Complete Conference"}},
			Category: "agent_call",
			Once:     true,
			Params:   withSecond,
			Answers:  []Code{"O-008", "O-010"},
			Examples: []CommandExample{{"complete", "ConferenceCall#1001", "2002,16871253"}},
		},
	}
}
