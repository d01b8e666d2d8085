package protocol

// Words that ask for or change what belongs to a dialog, and the recorder's.
const (
	WrapUp                 Word = "wrapup"
	GetDialogStateControls Word = "getdialogstatecontrols"
	GetDialogParticipants  Word = "getDialogParticipants"
	GetAllAgents           Word = "getallagents"
	UpdateCallVariable     Word = "update_call_variable"
	PauseRecording         Word = "ZOOMPauseRecording"
	ResumeRecording        Word = "ZOOMResumeRecording"
)

func dialogCommands() []CommandRow {
	return []CommandRow{
		{
			Word:     WrapUp,
			Clauses:  []Clause{{"A-25", "Update Dialog Wrap-up Codes"}},
			Category: "agent_dialog",
			Params:   []Param{{Name: ParamWrapUp, Kind: KindText, Missing: ErrMissingReasonCode, Commas: true}, dialogParam()},
			Examples: []CommandExample{
				{"label", "wrapup#1001", "Bill Inquiry,16871253"},
				{"comma_in_label", "wrapup#1001", "Sold, to be delivered,16871253"},
			},
			Note: "The reason's label first, then the dialog; a label may hold commas. No answer when it succeeds.",
		},
		{
			Word:     GetDialogStateControls,
			Clauses:  []Clause{{"A-28", "Get Dialog State Controls"}},
			Category: "agent_dialog",
			Params:   []Param{dialogParam()},
			Answers:  []Code{"O-015", "O-017"},
			Examples: []CommandExample{{"controls", "getdialogstatecontrols#1001", "16871253"}},
		},
		{
			Word:     GetDialogParticipants,
			Clauses:  []Clause{{"A-31", "Get Dialog Participants"}},
			Category: "agent_call",
			Params:   []Param{dialogParam()},
			Answers:  []Code{"O-022"},
			Examples: []CommandExample{{"participants", "getDialogParticipants#1001", "16871253"}},
		},
		{
			Word:     GetAllAgents,
			Clauses:  []Clause{{"A-32", "Get Logged in Agents"}},
			Category: "agent_call",
			Answers:  []Code{"AgentsList"},
			Examples: []CommandExample{
				{"agents", "getallagents#1001", ""},
				{"two_hashes", "getallagents##1001", ""},
			},
		},
		{
			Word:     UpdateCallVariable,
			Clauses:  []Clause{{"A-33", "Update Dialog Variable"}},
			Category: "agent_call",
			Params: []Param{
				dialogParam(),
				{Name: ParamVariables, Kind: KindVariables, Missing: ErrInvalidCallData, Commas: true},
			},
			Answers: []Code{"O-008"},
			Examples: []CommandExample{
				{"name_comma_value", "update_call_variable#1001", "16871253,callVariable1,a, b=c"},
				{"name_equals_value", "update_call_variable#1001", "16871253,callVariable1=a, b"},
				{"pairs", "update_call_variable#1001", "16871253,callVariable1=a|user.cvp=b=c|callVariable2="},
			},
			Note: "Three forms [C12]; the first ',' or '=' after the dialog tells which.",
		},
		{
			Word:     PauseRecording,
			Clauses:  []Clause{{"A-34", "Pause Zoom Call Recording"}},
			Category: "zoom",
			Answers:  []Code{"O-003"},
			Examples: []CommandExample{{"pause", "ZOOMPauseRecording#1001", ""}},
		},
		{
			Word:     ResumeRecording,
			Clauses:  []Clause{{"A-35", "Resume Zoom Call Recording"}},
			Category: "zoom",
			Answers:  []Code{"O-003"},
			Examples: []CommandExample{{"resume", "ZOOMResumeRecording#1001", ""}},
		},
	}
}
