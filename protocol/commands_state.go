package protocol

// Words that change or ask for an agent's state.
const (
	Login                  Word = "Login"
	Logout                 Word = "Logout"
	LogoutWithReason       Word = "logoutwithreason"
	MakeReady              Word = "MakeReady"
	MakeNotReady           Word = "MakeNotReady"
	MakeNotReadyWithReason Word = "MakeNotReadyWithReason"
	GetState               Word = "GetState"
	WrapUpReasonCode       Word = "wrapupreasoncode"
	ReasonCodeLogout       Word = "reasoncodelogout"
	ReasonCodeNotReady     Word = "reasoncodenotready"
	ForceLogout            Word = "force_logout"
	Refresh                Word = "refresh"
	MobileAgentLogin       Word = "MobileAgentLogin"
	MakeWorkNotReady       Word = "makeworknotready"
	MakeWorkReady          Word = "makeworkready"
)

func stateCommands() []CommandRow {
	reason := []Param{{Name: ParamReason, Kind: KindText, Missing: ErrMissingReasonCode}}
	return []CommandRow{
		{
			Word:     Login,
			Clauses:  []Clause{{"A-04", "Agent Login"}},
			Category: "agent_state",
			Params: []Param{
				{Name: ParamPassword, Kind: KindSecret, Missing: ErrMissingPassword},
				{Name: ParamExtension, Kind: KindExtension, Missing: ErrMissingExtension},
			},
			Answers:  []Code{"O-011", "O-012", "O-013", "O-001", "O-024"},
			Examples: []CommandExample{{"login", "Login#1001", "pw1001,2001"}},
			Note:     "The password comes first and so cannot hold a comma.",
		},
		{
			Word:     MobileAgentLogin,
			Clauses:  []Clause{{"A-05", "Mobile Agent Login"}},
			Category: "agent_state",
			Params: []Param{
				{Name: ParamPassword, Kind: KindSecret, Missing: ErrMissingPassword},
				{Name: ParamExtension, Kind: KindExtension, Missing: ErrMissingExtension},
				{Name: ParamPhone, Kind: KindText, Missing: ErrMissingNumber},
				{Name: ParamMode, Kind: KindLiteral, Missing: ErrPleaseRetry, Literals: []Literal{
					{"true", "CALL_BY_CALL"},
					{"false", "NAILED_CONNECTION"},
					{"CALL_BY_CALL", "CALL_BY_CALL"},
					{"NAILED_CONNECTION", "NAILED_CONNECTION"},
				}},
			},
			Answers: []Code{"O-011", "O-012", "O-013", "O-001", "O-024"},
			Examples: []CommandExample{
				{"call_by_call", "MobileAgentLogin#1001", "pw1001,2001,0049301234,true"},
				{"nailed", "MOBILEAGENTLOGIN#1001", "pw1001,2001,0049301234,<false>"},
				{"finesse_word", "MobileAgentLogin#1001", "pw1001,2001,0049301234,nailed_connection"},
			},
			Note: "UCCE only. true is call by call, false is nailed connection [C19].",
		},
		{
			Word:     Logout,
			Clauses:  []Clause{{"A-06", "Agent Logout"}},
			Category: "agent_state",
			Answers:  []Code{"O-001"},
			Examples: []CommandExample{{"logout", "Logout#1001", ""}},
		},
		{
			Word:     MakeReady,
			Clauses:  []Clause{{"A-07", "Make agent ready"}},
			Category: "agent_state",
			Answers:  []Code{"O-001"},
			Examples: []CommandExample{{"ready", "MakeReady#1001", ""}},
		},
		{
			Word:     MakeNotReady,
			Clauses:  []Clause{{"A-08", "Make agent not ready"}},
			Category: "agent_state",
			Answers:  []Code{"O-001"},
			Examples: []CommandExample{{"not_ready", "MakeNotReady#1001", ""}},
		},
		{
			Word:     GetState,
			Clauses:  []Clause{{"A-09", "Get agent current state"}},
			Category: "agent_state",
			Answers:  []Code{"O-001"},
			Examples: []CommandExample{{"get_state", "GetState#1001", ""}},
		},
		{
			Word:     MakeNotReadyWithReason,
			Clauses:  []Clause{{"A-10", "Not Ready with reason code"}},
			Category: "agent_state",
			Params:   reason,
			Answers:  []Code{"O-001"},
			Examples: []CommandExample{{"lunch", "MakeNotReadyWithReason#1001", "12"}},
		},
		{
			Word:     WrapUpReasonCode,
			Clauses:  []Clause{{"A-16", "Get Agent Wrap-up Reason Codes"}},
			Category: "agent_work",
			Answers:  []Code{"O-016"},
			Examples: []CommandExample{{"wrap_up", "wrapupreasoncode#1001", ""}},
		},
		{
			Word:     ReasonCodeLogout,
			Clauses:  []Clause{{"A-17", "Get Agent Logout Reason Codes"}},
			Category: "agent_state",
			Answers:  []Code{"O-016"},
			Examples: []CommandExample{{"logout", "reasoncodelogout#1001", ""}},
		},
		{
			Word:     ReasonCodeNotReady,
			Clauses:  []Clause{{"A-18", "Get Agent Not Ready Reason Codes"}},
			Category: "agent_state",
			Answers:  []Code{"O-016"},
			Examples: []CommandExample{{"not_ready", "reasoncodenotready#1001", ""}},
		},
		{
			Word:     LogoutWithReason,
			Clauses:  []Clause{{"A-26", "Logout with Reason"}},
			Category: "agent_state",
			Params:   reason,
			Answers:  []Code{"O-001"},
			Examples: []CommandExample{{"end_of_shift", "logoutwithreason#1001", "21"}},
		},
		{
			Word:     ForceLogout,
			Clauses:  []Clause{{"A-27", "Abrupt Agent Disconnection"}},
			Category: "agent_state",
			Answers:  []Code{"O-001"},
			Examples: []CommandExample{{"force_logout", "force_logout#1001", ""}},
		},
		{
			Word:     MakeWorkNotReady,
			Clauses:  []Clause{{"A-29", "Make Work Not Ready"}},
			Category: "agent_state",
			Answers:  []Code{"O-001"},
			Examples: []CommandExample{{"work", "makeworknotready#1001", ""}},
		},
		{
			Word:     MakeWorkReady,
			Clauses:  []Clause{{"A-30", "Make Work Ready"}},
			Category: "agent_state",
			Answers:  []Code{"O-001"},
			Examples: []CommandExample{{"work_ready", "MakeWorkReady#1001", ""}},
		},
		{
			Word:     Refresh,
			Clauses:  []Clause{{"A-36", "Refresh"}},
			Category: "agent_state",
			Answers:  []Code{"O-001", "O-024"},
			Examples: []CommandExample{{"refresh", "refresh#1001", ""}},
		},
	}
}
