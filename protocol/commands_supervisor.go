package protocol

// Words of a supervisor; the id is the supervisor's.
const (
	GetQueueList     Word = "getqueuelist"
	SilentMonitor    Word = "silentmonitor"
	EndSilentMonitor Word = "endsilentmonitor"
	DropParticipant  Word = "dropparticipant"
	GetTeamUsers     Word = "getteamusers"
	GetTeamUserState Word = "getteamuserstate"
	BargeIn          Word = "bargein"
)

// Words whose answers are in databases of Unified CCE.
const (
	GetSkillGroup     Word = "GETSKILLGROUP"
	GetSupervisor     Word = "GETSUPERVISOR"
	GetAgentExtension Word = "GETAGENTEXTENSION"
)

func supervisorCommands() []CommandRow {
	return []CommandRow{
		{
			Word:     GetQueueList,
			Clauses:  []Clause{{"S-01", "Get Queue Info"}},
			Category: "supervisor_queue_info",
			Answers:  []Code{"O-019"},
			Examples: []CommandExample{{"queues", "getqueuelist#1005", ""}},
		},
		{
			Word:     SilentMonitor,
			Clauses:  []Clause{{"S-02", "Silent Monitor (Supervisor Function)"}},
			Category: "supervisor_dialog",
			Once:     true,
			Params:   []Param{{Name: ParamExtension, Kind: KindExtension, Missing: ErrMissingExtension}},
			Answers:  []Code{"O-008"},
			Examples: []CommandExample{{"monitor", "silentmonitor#1005", "2001"}},
		},
		{
			Word:     EndSilentMonitor,
			Clauses:  []Clause{{"S-03", "End Silent Monitor (Supervisor Function)"}},
			Category: "supervisor_dialog",
			Params:   []Param{dialogParam()},
			Answers:  []Code{"O-008"},
			Examples: []CommandExample{{"end", "endsilentmonitor#1005", "16871253"}},
		},
		{
			Word:     DropParticipant,
			Clauses:  []Clause{{"S-04", "Drop Participant (Supervisor Function)"}},
			Category: "supervisor_dialog",
			Params: []Param{
				{Name: ParamExtension, Kind: KindText, Missing: ErrMissingExtension},
				dialogParam(),
			},
			Answers:  []Code{"O-008", "participantDropped"},
			Examples: []CommandExample{{"drop", "dropparticipant#1005", "2001,16871253"}},
		},
		{
			Word:     GetTeamUsers,
			Clauses:  []Clause{{"S-05", "Get Team Users (Supervisor Function)"}},
			Category: "supervisor_team",
			Params: []Param{
				{Name: ParamTeam, Kind: KindText, Missing: ErrPleaseRetry},
				{Name: ParamSubscribe, Kind: KindLiteral, Optional: true, Literals: []Literal{{"true", "true"}, {"false", "false"}}},
			},
			Answers: []Code{"O-020"},
			Examples: []CommandExample{
				{"list", "getteamusers#1005", "1"},
				{"subscribe", "getteamusers#1005", "1,true"},
				{"brackets", "getteamusers#1005", "1,<true>"},
			},
			Note: "With true the supervisor also receives the state changes of the team.",
		},
		{
			Word:     GetTeamUserState,
			Clauses:  []Clause{{"S-06", "Get Team Users State (Supervisor Function)"}},
			Category: "supervisor_team_member_state",
			Params:   []Param{{Name: ParamMember, Kind: KindText, Missing: ErrPleaseRetry}},
			Answers:  []Code{"O-021"},
			Examples: []CommandExample{{"state", "getteamuserstate#1005", "1001"}},
		},
		{
			Word:     BargeIn,
			Clauses:  []Clause{{"S-07", "Make a Barge Call"}},
			Category: "agent_call",
			Once:     true,
			Params: []Param{
				{Name: ParamTarget, Kind: KindText, Missing: ErrMissingExtension},
				dialogParam(),
			},
			Answers:  []Code{"O-008", "O-009"},
			Examples: []CommandExample{{"barge", "bargein#1005", "2001,16871253"}},
			Note:     "The page says login id, later editions say extension; both are accepted [C14].",
		},
	}
}

func unsupportedCommands() []CommandRow {
	const why = "the answer is in a Unified CCE database, which the bridge does not read"
	return []CommandRow{
		{
			Word:        GetSkillGroup,
			Aliases:     []string{"GETSKILLGROPU"},
			Clauses:     []Clause{{"X-08", "Get Skill Groups"}},
			Category:    "supervisor_info",
			Unsupported: why,
			Params:      []Param{{Name: ParamRange, Kind: KindText, Optional: true, Commas: true}},
			Examples: []CommandExample{
				{"all", "GETSKILLGROUP#1001", "ALL,0,0"},
				{"misprint", "GETSKILLGROPU#1001", "INDEXING,1,25"},
			},
		},
		{
			Word:        GetSupervisor,
			Clauses:     []Clause{{"X-09", "Get Supervisors"}},
			Category:    "supervisor_info",
			Unsupported: why,
			Examples:    []CommandExample{{"supervisors", "GETSUPERVISOR#1001", ""}},
		},
		{
			Word:        GetAgentExtension,
			Clauses:     []Clause{{"X-10", "Get Agent Extension"}},
			Category:    "agent_info",
			Unsupported: why,
			Params:      []Param{{Name: ParamNumber, Kind: KindText, Optional: true}},
			Examples:    []CommandExample{{"extension", "GETAGENTEXTENSION#1001", "F1234"}},
		},
	}
}
