package spec

import "gcbridge/protocol"

// awaited are clauses without end-to-end test, by the command that each waits
// for: when its row is no longer Planned, the excuse is gone. Those under ""
// wait for nothing but their test. A clause of a Planned command needs no
// entry. The list only ever gets shorter.
func awaited() map[string]protocol.Word {
	waiting := map[string]protocol.Word{}
	for word, ids := range map[protocol.Word][]string{
		"": {
			"A-03", "A-08", "A-17", "A-18", "A-27", "A-36", "X-01", "X-08", "X-09", "X-10",
			"O-012", "O-013", "O-025", "O-027", "O-028", "ConnectStatus",
			"error CF_INVALID_CALLED_DEVICE", "error CF_INVALID_CALLING_DEVICE", "error CF_INVALID_CONNECTION_ID_FOR_ACTIVE_CALL",
			"error CF_INVALID_CONSULT_TYPE", "error CF_AGENT_ACCOUNT_LOCKED_OUT", "error CF_INVALID_CSTA_DEVICE_IDENTIFIER",
			"error CF_RESOURCE_BUSY", "error CF_INVALID_LOGON_DEVICE_SPECIFIED", "error CF_GENERIC_UNSPECIFIED_REJECTION",
			"error CF_INVALID_OBJECT_STATE", "error CF_INVALID_PASSWORD_SPECIFIED", "error CF_GENERIC_SYSTEM_RESOURCE_AVAILABILITY",
			"error E_CTI_INVALID_CALLID", "error USER_NOT_FOUND", "error GENERAL_ERROR", "error CF_GENERIC_OPERATION",
			"error BAD_DESTINATION", "error DOWN", "error NOT_REACHABLE", "error UNABLE_TO_SUBSCRIBE_TO_FINESSE", "error SESSION_INVALIDATED",
			"Error#CF_INVALID_LOGON_DEVICE_SPECIFIED", "Error#CF_GENERIC_UNSPECIFIED_REJECTION", "Error#CF_RESOURCE_BUSY", "Error#GENERIC_ERROR",
			"State#LOGGED_IN", "State#TALKING", "State#WORK", "State#UNKNOWN", "State#HOLD",
			"InboundCall#INITIATED", "InboundCall#ALERTING", "InboundCall#FAILED",
		},
		protocol.Consult: {
			"O-010", "ConsultCall#ACTIVE", "ConsultCall#INITIATING", "ConsultCall#INITIATED", "ConsultCall#ALERTING",
			"ConsultCall#FAILED", "ConsultCall#DROP",
		},
		protocol.AcceptOutboundPreview:  {"NewOutboundPreviewCall", "InboundCall#ACCEPTED"},
		protocol.PauseRecording:         {"O-003"},
		protocol.GetDialogStateControls: {"O-015", "O-017"},
		protocol.GetQueueList:           {"O-019"},
		protocol.GetTeamUsers:           {"O-020"},
		protocol.GetTeamUserState:       {"O-021"},
		protocol.GetDialogParticipants:  {"O-022"},
		protocol.GetPhonebooks:          {"O-029", "no_data_found"},
		protocol.GetTeamPhonebooks:      {"O-030"},
		protocol.GetPhonebookContacts:   {"O-031"},
		protocol.GetAllAgents:           {"AgentsList"},
		protocol.DropParticipant:        {"participantDropped"},
		protocol.ScheduleCallback:       {"callback"},
		protocol.ReclassifyCall:         {"reclassify"},
	} {
		for _, id := range ids {
			waiting[id] = word
		}
	}
	return waiting
}
