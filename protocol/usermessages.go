package protocol

import "slices"

// UserMessage is a row of the page's user-message table: what a client shows
// when it receives an event with this value.
type UserMessage struct {
	Event  string // Error, State, InboundCall, ConsultCall
	Value  string // the code or state
	Text   string // "" where the page prints none
	Clause string // one of the Clause constants
}

// userMessageTable is the page's table "User Messages", in its order, and the
// two states that a driver's guide adds. It is never written to.
var userMessageTable = []UserMessage{
	{"Error", "LICENSES_EXCEEDED", "License exceeded, please contact system administrator.", ClausePage},
	{"Error", "SUBSCRIPTION_FAILED", "Invalid LoginId / Password.", ClausePage},
	{"Error", "MISSING_EXTENSION", "Extension is missing.", ClausePage},
	{"Error", "MISSING_PASSWORD", "Password not set, please contact system administrator.", ClausePage},
	{"Error", "CF_INVALID_LOGON_DEVICE_SPECIFIED", "Incorrect phone extension.", ClausePage},
	{"Error", "CF_GENERIC_UNSPECIFIED_REJECTION", "Please reset your phone and try again", ClausePage},
	{"Error", "CF_RESOURCE_BUSY", "Phone extension is already in use", ClausePage},
	{"Error", "FINESSE_UNAVAILABLE", "System is not available, it will connect automatically once available.", ClausePage},
	{"Error", "GENERIC_ERROR", "An error occurred, please try again later.", ClausePage},
	{"Error", "PLEASE_RETRY", "An error occurred, please try again later.", ClausePage},
	{"Error", "NO_DIALOG_ID", "Invalid operation or call not found.", ClausePage},
	{"State", "RE_LOGIN", "Reconnecting, please wait...", ClausePage},
	{"State", "LOGOUT", "You are Logged out", ClausePage},
	{"State", "LOGGED_IN", "You are Logged in", ClausePage},
	{"State", "READY", "Your State: Ready", ClausePage},
	{"State", "NOT_READY", "Your State: Not Ready", ClausePage},
	{"State", "RESERVED", "Your are Reserved, an inbound call is coming.", ClausePage},
	{"State", "TALKING", "You are talking.", ClausePage},
	{"State", "WORK", "Wrap up -> Not Ready", ClausePage},
	{"State", "WORK_READY", "Wrap up -> Ready", ClausePage},
	{"State", "UNKNOWN", "An error occurred, please refresh your browser.", ClausePage},
	{"State", "HOLD", "Call is on hold.", ClausePage},
	{"InboundCall", "INITIATING", "Call is initiated..", ClausePage},
	{"InboundCall", "INITIATED", "", ClausePage},
	{"InboundCall", "ALERTING", "Call is ringing..", ClausePage},
	{"InboundCall", "ACTIVE", "Call is active..", ClausePage},
	{"InboundCall", "FAILED", "Call has failed..", ClausePage},
	{"InboundCall", "DROP", "Call has been released..", ClausePage},
	{"InboundCall", "ACCEPTED", "Call is accepted..", ClausePage},
	{"ConsultCall", "ACTIVE", "Consult call is active..", ClausePage},
	{"ConsultCall", "INITIATING", "", ClausePage},
	{"ConsultCall", "INITIATED", "", ClausePage},
	{"ConsultCall", "ALERTING", "Consult call is ringing..", ClausePage},
	{"ConsultCall", "FAILED", "Consult call has failed..", ClausePage},
	{"ConsultCall", "DROP", "Consult call has dropped.", ClausePage},
	{"State", "RESERVED_OUTBOUND", "", ClauseDeveloperGuide},
	{"State", "RESERVED_OUTBOUND_PREVIEW", "", ClauseDeveloperGuide},
}

// UserMessages returns the user-message table in page order (a copy).
func UserMessages() []UserMessage { return slices.Clone(userMessageTable) }

// userMessage finds the text for an event and value, "" if there is none.
func userMessage(event, value string) string {
	for _, m := range userMessageTable {
		if m.Event == event && m.Value == value {
			return m.Text
		}
	}
	return ""
}
