package protocol

import (
	"slices"
	"strings"
)

// ErrorCode is the code of an O-002: a row of the error table, or any CF_ or
// E_CTI_ constant of Finesse.
type ErrorCode string

// Codes that the bridge itself gives.
const (
	ErrUserNotFound       ErrorCode = "USER_NOT_FOUND"
	ErrGeneralError       ErrorCode = "GENERAL_ERROR"
	ErrGenericError       ErrorCode = "GENERIC_ERROR"
	ErrBadDestination     ErrorCode = "BAD_DESTINATION"
	ErrDown               ErrorCode = "DOWN"
	ErrLicensesExceeded   ErrorCode = "LICENSES_EXCEEDED"
	ErrMissingExtension   ErrorCode = "MISSING_EXTENSION"
	ErrMissingNumber      ErrorCode = "MISSING_NUMBER"
	ErrMissingPassword    ErrorCode = "MISSING_PASSWORD"
	ErrMissingReasonCode  ErrorCode = "MISSING_REASON_CODE"
	ErrMissingDialogID    ErrorCode = "MISSING_DIALOG_ID"
	ErrInvalidCallData    ErrorCode = "INVALID_CALL_DATA"
	ErrNoDialogID         ErrorCode = "NO_DIALOG_ID"
	ErrNotReachable       ErrorCode = "NOT_REACHABLE"
	ErrPleaseRetry        ErrorCode = "PLEASE_RETRY"
	ErrSubscriptionFailed ErrorCode = "SUBSCRIPTION_FAILED"
	ErrUnableToSubscribe  ErrorCode = "UNABLE_TO_SUBSCRIBE_TO_FINESSE"
	ErrWrongExtension     ErrorCode = "WRONG_EXTENSION"
	ErrSessionInvalidated ErrorCode = "SESSION_INVALIDATED"
	ErrFinesseUnavailable ErrorCode = "FINESSE_UNAVAILABLE"
	ErrAuthorization      ErrorCode = "AUTHORIZATION_FAILURE"
	ErrNotFound           ErrorCode = "NOT_FOUND"
	ErrNoHeldCall         ErrorCode = "CF_NO_HELD_CALL"
	ErrInvalidObjectState ErrorCode = "CF_INVALID_OBJECT_STATE"
)

// Where a row of the error or user-message table is printed.
const (
	ClausePage           = "page"               // the GC JTAPI 4.4 page
	ClauseUserMessages   = "page user messages" // named only in its user-message table
	ClauseDeveloperGuide = "developer guide"    // the GC developer guides and later editions
	ClauseCTI            = "CTI"                // Cisco's CTI failure and status codes
)

// ErrorRow is a row of the error table.
type ErrorRow struct {
	Code        ErrorCode
	Origin      string // "Finesse", "GC"
	Description string
	Behaviour   string // what the page asks of the driver
	UserMessage string // of the user-message table, "" if it has none
	Number      int    // Finesse's errorData (CTI failure code), 0 if none
	Clause      string // one of the Clause constants
}

// errorTable is every known code: the page's rows in its order, then the
// codes of the user-message table and of the developer guides, then the CTI
// constants that have no row yet. It is never written to.
var errorTable = func() []ErrorRow {
	rows := slices.Concat(pageErrors(), laterErrors())
	at := make(map[ErrorCode]int, len(rows))
	for i, r := range rows {
		at[r.Code] = i
		rows[i].UserMessage = userMessage("Error", string(r.Code))
	}
	for _, n := range slices.Concat(ctiFailures(), ctiStatuses()) {
		if i, ok := at[n.code]; ok {
			rows[i].Number = n.number
			continue
		}
		rows = append(rows, ErrorRow{Code: n.code, Origin: "Finesse", Number: n.number, Clause: ClauseCTI})
	}
	return rows
}()

var errorIndex = func() map[ErrorCode]ErrorRow {
	index := make(map[ErrorCode]ErrorRow, len(errorTable))
	for _, r := range errorTable {
		index[r.Code] = r
	}
	return index
}()

var errorNumbers = func() map[int]ErrorCode {
	index := make(map[int]ErrorCode)
	for _, n := range slices.Concat(ctiStatuses(), ctiFailures()) {
		index[n.number] = n.code // failures come last and win [E1]
	}
	return index
}()

// ErrorRows returns the table in page order (a copy).
func ErrorRows() []ErrorRow { return slices.Clone(errorTable) }

// ErrorByNumber finds the CF_ / E_CTI_ constant of Finesse's numeric
// errorData [E1]; CTI failure codes win over E_CTI_ status codes.
func ErrorByNumber(n int) (ErrorCode, bool) {
	c, ok := errorNumbers[n]
	return c, ok
}

// IsErrorConstant reports whether s has the form of a CF_ or E_CTI_ constant
// [E1]. Finesse knows more of them than any published table, so the form decides.
func IsErrorConstant(s string) bool {
	name, ok := strings.CutPrefix(s, "CF_")
	if !ok {
		name, ok = strings.CutPrefix(s, "E_CTI_")
	}
	return ok && name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

// Message is what a user reads: the page's user message, else the
// description, else the code itself [E2].
func (c ErrorCode) Message() string {
	row, ok := errorIndex[c]
	switch {
	case ok && row.UserMessage != "":
		return row.UserMessage
	case ok && row.Description != "":
		return row.Description
	default:
		return string(c)
	}
}
