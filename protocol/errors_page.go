package protocol

// What the page asks of a driver, as it words it.
const (
	showAndContinue  = "display the error message and continue regular operations"
	showAskExtension = "display the error message and ask user to enter valid Extension"
	showAskLogin     = "display the error message and ask user to enter valid credentials"
)

// pageErrors is the page's table "Errors", in its order and words.
func pageErrors() []ErrorRow {
	rows := []ErrorRow{
		{Code: "CF_INVALID_CALLED_DEVICE", Origin: "Finesse", Description: "The called device is not valid", Behaviour: showAndContinue},
		{Code: "CF_INVALID_CALLING_DEVICE", Origin: "Finesse", Description: "The calling device is not valid", Behaviour: showAndContinue},
		{Code: "CF_INVALID_CONNECTION_ID_FOR_ACTIVE_CALL", Origin: "Finesse", Description: "The active connection ID in the request is invalid", Behaviour: showAndContinue},
		{Code: "CF_INVALID_CONSULT_TYPE", Origin: "Finesse", Description: "The consult type is invalid", Behaviour: showAndContinue},
		{Code: "CF_AGENT_ACCOUNT_LOCKED_OUT", Origin: "Finesse", Description: "The account is locked out", Behaviour: showAndContinue},
		{Code: "CF_INVALID_CSTA_DEVICE_IDENTIFIER", Origin: "Finesse", Description: "The device ID is not valid.", Behaviour: showAskExtension},
		{Code: "CF_RESOURCE_BUSY", Origin: "Finesse", Description: "An internal resource is busy"},
		{Code: "CF_INVALID_LOGON_DEVICE_SPECIFIED", Origin: "Finesse", Description: "The request specified an invalid logon device.", Behaviour: showAskExtension},
		{Code: "CF_GENERIC_UNSPECIFIED_REJECTION", Origin: "Finesse", Description: "The request has been rejected (no specific details available)."},
		{Code: ErrInvalidObjectState, Origin: "Finesse", Description: "The object is in the incorrect state for the request."},
		{Code: "CF_INVALID_PASSWORD_SPECIFIED", Origin: "Finesse", Description: "The request specified an invalid agent password.", Behaviour: "Prompt user to supply a valid password"},
		// The page's description cell is empty; the developer guide has this one.
		{Code: "CF_GENERIC_SYSTEM_RESOURCE_AVAILABILITY", Origin: "Finesse", Description: "The request failed for lack of system resources."},
		{Code: "E_CTI_INVALID_CALLID", Origin: "Finesse", Description: "A request message was received with an invalid CallID value."},
		{Code: ErrUserNotFound, Origin: "Finesse", Description: "When Agent ID isn't found in Finesse", Behaviour: "Display the error message"},
		{Code: ErrGeneralError, Origin: "Finesse", Description: "when root cause is unclear", Behaviour: showAndContinue},
		{Code: "CF_GENERIC_OPERATION", Origin: "Finesse", Description: "An operation error occurred (no specific details available).", Behaviour: "display error message according to the last command sent"},
		{Code: ErrBadDestination, Origin: "Finesse", Description: "Agent called to an invalid extension", Behaviour: showAndContinue},
		{Code: ErrDown, Origin: "GC", Description: "IOException", Behaviour: showAndContinue},
		{Code: ErrLicensesExceeded, Origin: "GC", Description: "User license limit exceeded", Behaviour: "display the error message"},
		{Code: ErrMissingExtension, Origin: "GC", Description: "Missing Extension", Behaviour: "display the error message and ask user to enter extension"},
		{Code: ErrMissingNumber, Origin: "GC", Description: "Number to dial is missing in request", Behaviour: "display the error message and ask user to enter dial number"},
		{Code: ErrMissingPassword, Origin: "GC", Description: "Password is missing in request", Behaviour: "display the error message and ask user for credentials"},
		{Code: ErrMissingReasonCode, Origin: "GC", Description: "GC/Finesse expects reason-code that wasn't provided by the client", Behaviour: "display the error message and ask user to provide reason code"},
		{Code: ErrNoDialogID, Origin: "GC", Description: "The requested dialog doesn't exists in GC", Behaviour: "send getdialogstate request for any active dialogs"},
		{Code: ErrNotReachable, Origin: "GC", Description: "SocketTimeoutException", Behaviour: showAndContinue},
		{Code: ErrPleaseRetry, Origin: "GC", Description: "invalid request params, IOException, request timeout", Behaviour: showAndContinue},
		{Code: ErrSubscriptionFailed, Origin: "GC", Description: "Invalid credentials supplied for agent login", Behaviour: showAskLogin},
		{Code: ErrUnableToSubscribe, Origin: "GC", Description: "Invalid credentials supplied for agent login", Behaviour: showAskLogin},
		{Code: ErrWrongExtension, Origin: "GC", Description: "Extension is not valid (contains alphabetic characters)", Behaviour: showAskExtension},
		{
			Code: ErrSessionInvalidated, Origin: "GC",
			Description: "The current session session for login has been invalidate, user has been logged in from a new destination. GC will send a logout message followed by this message",
			Behaviour:   "display the error message and ask user to login again",
		},
	}
	for i := range rows {
		rows[i].Clause = ClausePage
	}
	return rows
}

// laterErrors are codes that the page names elsewhere or not at all. The
// driver's own MQ_DISCONNECTED is not among them: it never goes over the wire.
func laterErrors() []ErrorRow {
	return []ErrorRow{
		{Code: ErrFinesseUnavailable, Origin: "GC", Description: "No Finesse server serves", Clause: ClauseUserMessages},
		{Code: ErrGenericError, Origin: "GC", Description: "An unspecified error", Clause: ClauseUserMessages},
		{Code: ErrMissingDialogID, Origin: "GC", Description: "Dialog id is missing in request", Clause: ClauseDeveloperGuide},
		{Code: ErrInvalidCallData, Origin: "GC", Description: "Parameters are missing in update_call_variable", Clause: ClauseDeveloperGuide},
		{Code: "CF_GENERIC_UNSPECIFIED", Origin: "Finesse", Description: "An error occurred (no specific details available).", Clause: ClauseDeveloperGuide},
		{Code: "E_CTI_INVALID_CALL_ID", Origin: "Finesse", Description: "A request message was received with an invalid CallID value.", Clause: ClauseDeveloperGuide},
		{Code: ErrAuthorization, Origin: "Finesse", Description: "The user may not do this", Clause: ClauseDeveloperGuide},
		{Code: ErrNotFound, Origin: "Finesse", Description: "The queue or team was not found", Clause: ClauseDeveloperGuide},
		{Code: "Unauthorized", Origin: "Finesse", Description: "Invalid Credentials", Clause: ClauseDeveloperGuide},
	}
}
