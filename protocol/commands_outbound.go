package protocol

// Words of the outbound dialer. The pages misprint two of them; the misprints
// are accepted [C1].
const (
	AcceptOutboundPreview Word = "AcceptOutboundPreview"
	RejectOutboundPreview Word = "RejectOutboundPreview"
	CloseOutboundPreview  Word = "CloseOutboundPreview"
	ScheduleCallback      Word = "SCHEDULECALLBACK"
	UpdateCallback        Word = "UPDATECALLBACK"
	CancelCallback        Word = "CANCELSCHEDULECALLBACK"
	ReclassifyCall        Word = "RECLASSIFYCALL"
)

// previewParams are the dialog and the word that repeats the command's.
func previewParams(action string) []Param {
	return []Param{
		dialogParam(),
		{Name: ParamAction, Kind: KindLiteral, Optional: true, Literals: []Literal{{action, action}}},
	}
}

func outboundCommands() []CommandRow {
	media := Param{Name: ParamMedia, Kind: KindText, Missing: ErrMissingExtension}
	callback := []Param{
		media,
		dialogParam(),
		{Name: ParamTime, Kind: KindText, Missing: ErrPleaseRetry},
		{Name: ParamCallback, Kind: KindText, Missing: ErrMissingNumber},
	}
	return []CommandRow{
		{
			Word: AcceptOutboundPreview,
			Clauses: []Clause{
				{"A-39", "Accept Outbound Preview Call"},
				{"X-06", "Accept Personal Callback"},
			},
			Category: "agent_call",
			Once:     true,
			Params:   previewParams("ACCEPT"),
			Answers:  []Code{"O-008"},
			Examples: []CommandExample{
				{"accept", "AcceptOutboundPreview#1001", "16871253,ACCEPT"},
				{"brackets", "AcceptOutboundPreview#1001", "16871253,<accept>"},
				{"dialog_only", "AcceptOutboundPreview#1001", "16871253"},
			},
		},
		{
			Word: RejectOutboundPreview,
			Clauses: []Clause{
				{"A-40", "Reject Outbound Preview Call"},
				{"X-07", "Reject Personal Callback"},
			},
			Category: "agent_call",
			Params:   previewParams("REJECT"),
			Answers:  []Code{"O-008"},
			Examples: []CommandExample{{"reject", "RejectOutboundPreview#1001", "16871253,REJECT"}},
		},
		{
			Word:     CloseOutboundPreview,
			Clauses:  []Clause{{"A-41", "Close Outbound Preview Call"}},
			Category: "agent_call",
			Params:   previewParams("CLOSE"),
			Answers:  []Code{"O-008"},
			Examples: []CommandExample{{"close", "CloseOutboundPreview#1001", "16871253,CLOSE"}},
		},
		{
			Word:     ScheduleCallback,
			Aliases:  []string{"SHCEDULECALLBACK"},
			Clauses:  []Clause{{"X-02", "Schedule a Callback"}},
			Category: "agent_call",
			Once:     true,
			Params:   callback,
			Answers:  []Code{"O-003", "O-008", "callback"},
			Examples: []CommandExample{
				{"schedule", "SCHEDULECALLBACK#1001", "2001,16871253,2024-06-30 12:00:00,0049301234"},
				{"misprint", "SHCEDULECALLBACK#1001", "2001,16871253,2024-06-30 12:00:00,0049301234"},
			},
		},
		{
			Word:     UpdateCallback,
			Clauses:  []Clause{{"X-03", "Update a Callback"}},
			Category: "agent_call",
			Once:     true,
			Params:   callback,
			Answers:  []Code{"O-003", "O-008", "callback"},
			Examples: []CommandExample{{"update", "UPDATECALLBACK#1001", "2001,16871253,2024-06-30 12:00:00,0049301234"}},
		},
		{
			Word:     CancelCallback,
			Aliases:  []string{"CANCELSHCEDULECALLBACK"},
			Clauses:  []Clause{{"X-04", "Cancel a Callback"}},
			Category: "agent_call",
			Once:     true,
			Params:   []Param{media, dialogParam()},
			Answers:  []Code{"callback", "O-003", "O-008"},
			Examples: []CommandExample{
				{"cancel", "CANCELSCHEDULECALLBACK#1001", "2001,16871253"},
				{"misprint", "CANCELSHCEDULECALLBACK#1001", "2001,16871253"},
			},
		},
		{
			Word:     ReclassifyCall,
			Clauses:  []Clause{{"X-05", "Reclassify a Direct Preview Call"}},
			Category: "agent_call",
			Params:   []Param{media, dialogParam(), {Name: ParamValue, Kind: KindText, Missing: ErrInvalidCallData}},
			Answers:  []Code{"reclassify", "O-003", "O-008"},
			Examples: []CommandExample{{"fax", "RECLASSIFYCALL#1001", "2001,16871253,REX_FAX"}},
			Note:     "UCCE values: REX_ANS_MACHINE, REX_FAX, REX_INVALID, REX_VOICE.",
		},
	}
}
