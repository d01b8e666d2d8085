package protocol

// Words of the handshake.
const (
	Hello   Word = "Hello"
	Beat    Word = "Beat"
	Connect Word = "Connect"
)

func systemCommands() []CommandRow {
	return []CommandRow{
		{
			Word:          Hello,
			Clauses:       []Clause{{"A-01", "Send Heartbeat while not logged in"}},
			Category:      "system",
			ByDestination: true,
			Answers:       []Code{"O-004", "O-005", "O-027"},
			Examples: []CommandExample{
				{"hello", "Hello#SiebelTestClient1", ""},
				{"null_body", "HELLO#SiebelTestClient1", "null"},
			},
		},
		{
			Word:          Beat,
			Clauses:       []Clause{{"A-02", "Send Heartbeat while logged in"}},
			Category:      "system",
			ByDestination: true,
			Answers:       []Code{"O-004", "O-005", "O-027", "O-026"},
			Examples:      []CommandExample{{"beat", "Beat#SiebelTestClient1", ""}},
		},
		{
			Word:     Connect,
			Clauses:  []Clause{{"A-03", "Connect AgentID with Client Unique Name"}},
			Category: "agent_info",
			Params: []Param{
				{Name: ParamDestination, Kind: KindDestination, Missing: ErrPleaseRetry},
				{Name: ParamPassword, Kind: KindSecret, Missing: ErrMissingPassword, Commas: true},
				{Name: ParamSSO, Kind: KindLiteral, Optional: true, Literals: []Literal{{"SSO", "SSO"}}},
			},
			Answers: []Code{"O-002"},
			Examples: []CommandExample{
				{"connect", "Connect#1001", "SiebelTestClient1,pw1001"},
				{"sso", "Connect#1001", "SiebelTestClient1,pw1001,SSO"},
				{"comma_in_password", "Connect#1001", "SiebelTestClient1,pw,10,01,<sso>"},
			},
			Note: "No answer in DEFAULT format when it succeeds. A third value that is the word SSO marks a single sign-on user: the password is the access token, the JSON answer of the token service that gave it, or, with GC_SSO_TOKEN_URL, the agent's password.",
		},
	}
}
