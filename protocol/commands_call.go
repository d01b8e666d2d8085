package protocol

// Words that act on an agent's call.
const (
	MakeCall       Word = "MakeCall"
	AnswerCall     Word = "AnswerCall"
	HoldCall       Word = "HoldCall"
	RetrieveCall   Word = "RetrieveCall"
	ReleaseCall    Word = "ReleaseCall"
	GetDialogState Word = "getdialogstate"
)

// dialogParam is the dialog id as most call commands take it.
func dialogParam() Param {
	return Param{Name: ParamDialog, Kind: KindText, Missing: ErrMissingDialogID}
}

func callCommands() []CommandRow {
	dialog := []Param{dialogParam()}
	return []CommandRow{
		{
			Word:     MakeCall,
			Clauses:  []Clause{{"A-11", "Make a call"}},
			Category: "agent_call",
			Once:     true,
			Params:   []Param{{Name: ParamNumber, Kind: KindText, Missing: ErrMissingNumber, Commas: true}},
			Answers:  []Code{"O-001", "O-008"},
			Examples: []CommandExample{
				{"call", "MakeCall#1001", "2002"},
				{"blank_before_id", "MakeCall# 1001", "2002"},
				{"pause_in_number", "MakeCall#1001", "0049301234,,12"},
			},
			Note: "A comma in the number is the pause of a dial string.",
		},
		{
			Word:     AnswerCall,
			Clauses:  []Clause{{"A-12", "Answer a call"}, {"X-01", "Outbound progressive / predictive call"}},
			Category: "agent_call",
			Params:   dialog,
			Answers:  []Code{"O-008"},
			Examples: []CommandExample{{"answer", "AnswerCall# 1001", "16871253"}},
		},
		{
			Word:     HoldCall,
			Clauses:  []Clause{{"A-13", "Hold a call"}},
			Category: "agent_call",
			Params:   dialog,
			Answers:  []Code{"O-008"},
			Examples: []CommandExample{{"hold", "HoldCall#1001", "16871253"}},
		},
		{
			Word:     RetrieveCall,
			Clauses:  []Clause{{"A-14", "Unhold a call"}},
			Category: "agent_call",
			Params:   dialog,
			Answers:  []Code{"O-008"},
			Examples: []CommandExample{{"retrieve", "RetrieveCall#1001", "16871253"}},
		},
		{
			Word:     ReleaseCall,
			Clauses:  []Clause{{"A-15", "Release a call"}},
			Category: "agent_call",
			Params:   dialog,
			Answers:  []Code{"O-008"},
			Examples: []CommandExample{{"release", "ReleaseCall#1001", "16871253"}},
		},
		{
			Word:     GetDialogState,
			Clauses:  []Clause{{"A-24", "Get Dialog State"}},
			Category: "agent_dialog",
			Params:   dialog,
			Answers:  []Code{"O-014"},
			Examples: []CommandExample{{"dialog_state", "GetDialogState#1001", "16871286"}},
		},
	}
}
