package translate

import (
	"errors"
	"strconv"
	"strings"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// ErrorFor maps the errors of an apiErrors notification to the wire code: the
// first that is a CF_ or E_CTI_ constant, by its message or by its number.
// login selects GENERAL_ERROR as the fallback instead of GENERIC_ERROR [E1].
func ErrorFor(errs []finesse.APIError, login bool) protocol.ErrorCode {
	for _, e := range errs {
		if code, ok := constantOf(e); ok {
			return code
		}
	}
	return fallback(login)
}

func constantOf(e finesse.APIError) (protocol.ErrorCode, bool) {
	if msg := strings.TrimSpace(e.Message); protocol.IsErrorConstant(msg) {
		return protocol.ErrorCode(msg), true
	}
	n, err := strconv.Atoi(strings.TrimSpace(e.Data))
	if err != nil {
		return "", false // errorData may be an extension or a field name
	}
	return protocol.ErrorByNumber(n)
}

func fallback(login bool) protocol.ErrorCode {
	if login {
		return protocol.ErrGeneralError
	}
	return protocol.ErrGenericError
}

// byType are the ErrorTypes of a refusal that name its cause themselves.
var byType = map[string]protocol.ErrorCode{
	"Invalid Destination": protocol.ErrBadDestination,
	"User Not Found":      protocol.ErrUserNotFound,
	"Dialog Not Found":    protocol.ErrNoDialogID,
}

// byStatus are the HTTP statuses with a code of their own, 404 aside.
var byStatus = map[int]protocol.ErrorCode{
	401: protocol.ErrSubscriptionFailed,
	503: protocol.ErrFinesseUnavailable,
}

// byHundred are the codes of all other statuses.
var byHundred = map[int]protocol.ErrorCode{
	4: protocol.ErrPleaseRetry,
	5: protocol.ErrGeneralError,
}

// byClass are the codes of failures that no server answered.
var byClass = map[errclass.Class]protocol.ErrorCode{
	errclass.Unavailable:   protocol.ErrDown,
	errclass.Indeterminate: protocol.ErrNotReachable,
}

// ErrorForREST maps a failed REST call [E1]; dialog says that the request
// named a dialog (404 is NO_DIALOG_ID then, else USER_NOT_FOUND). A refused
// XMPP login maps like a 401; nil is "".
func ErrorForREST(err error, login, dialog bool) protocol.ErrorCode {
	var fe *finesse.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &fe) && fe.Status != 0:
		return forStatus(fe, login, dialog)
	case fe != nil && fe.Timeout():
		return protocol.ErrNotReachable
	case fe != nil:
		return protocol.ErrDown
	case errors.Is(err, finesse.ErrAuth):
		return protocol.ErrSubscriptionFailed
	}
	if code, ok := byClass[errclass.Of(err)]; ok {
		return code
	}
	return fallback(login)
}

// byTeamStatus are the statuses that have another meaning for a request about a
// team, a queue or a phone book than for one about the agent.
var byTeamStatus = map[int]protocol.ErrorCode{
	401: protocol.ErrAuthorization,
	403: protocol.ErrAuthorization,
	404: protocol.ErrNotFound,
}

// ErrorForTeam maps a failed REST call about what is not the agent's own: a
// team, a queue, a phone book, another agent. There a 401 says that the agent
// may not, where [ErrorForREST] takes it for a wrong password; gc-protocol section
// 7 has the codes. dialog is as in ErrorForREST.
func ErrorForTeam(err error, dialog bool) protocol.ErrorCode {
	var fe *finesse.Error
	if errors.As(err, &fe) {
		if code, ok := byTeamStatus[fe.Status]; ok && (fe.Status != 404 || !dialog) {
			return code
		}
	}
	return ErrorForREST(err, false, dialog)
}

func forStatus(e *finesse.Error, login, dialog bool) protocol.ErrorCode {
	if code, ok := byStatus[e.Status]; ok {
		return code
	}
	for _, api := range e.API {
		if code, ok := byType[api.Type]; ok && e.Status/100 == 4 {
			return code
		}
	}
	switch {
	case e.Status == 404 && dialog:
		return protocol.ErrNoDialogID
	case e.Status == 404:
		return protocol.ErrUserNotFound
	}
	if code, ok := byHundred[e.Status/100]; ok {
		return code
	}
	return fallback(login)
}
