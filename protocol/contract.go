package protocol

// CONTRACT SKELETON: signatures that other packages build against. The
// implementation moves these into files of their own and deletes this file.

import (
	"time"

	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// NewDialect checks the combination [D1] [D2]: XML and edition 3 in JSON are
// refused with an error that says what to set. hash "" = "00100011"; loc nil = time.Local.
func NewDialect(e Edition, f Format, hash string, loc *time.Location) (Dialect, error) {
	panic("contract")
}

// JMSTypeMode is GC_OUTPUT_JMSTYPE [H2].
type JMSTypeMode string

// The modes [H2].
const (
	JMSTypeCode     JMSTypeMode = "code"
	JMSTypeCategory JMSTypeMode = "category"
	JMSTypeNone     JMSTypeMode = "none"
)

// Encoded is an output in one dialect.
type Encoded struct {
	Code     Code
	Category string // "agent_state", ... as the page prints it
	Body     string // never holds a NUL
	// own, when set, is the JMSType in every mode [H2] (O-023, O-024).
	own *string
}

// JMSType is the header value of this output in a mode [H2].
func (e Encoded) JMSType(m JMSTypeMode) string { panic("contract") }

// Encode renders o. ok is false where the dialect has no such message (for
// example ConnectStatus in DEFAULT); nothing is sent then. Pure; any goroutine.
func Encode(o Output, d Dialect) (e Encoded, ok bool) { panic("contract") }

// Word is the canonical spelling of a command word, as the page prints it.
type Word string

// The command words (this list grows with the table).
const (
	Hello                  Word = "Hello"
	Beat                   Word = "Beat"
	Connect                Word = "Connect"
	Login                  Word = "Login"
	Logout                 Word = "Logout"
	LogoutWithReason       Word = "logoutwithreason"
	MakeReady              Word = "MakeReady"
	MakeNotReady           Word = "MakeNotReady"
	MakeNotReadyWithReason Word = "MakeNotReadyWithReason"
	GetState               Word = "GetState"
	MakeCall               Word = "MakeCall"
	AnswerCall             Word = "AnswerCall"
	HoldCall               Word = "HoldCall"
	RetrieveCall           Word = "RetrieveCall"
	ReleaseCall            Word = "ReleaseCall"
	GetDialogState         Word = "getdialogstate"
	WrapUpReasonCode       Word = "wrapupreasoncode"
	ReasonCodeLogout       Word = "reasoncodelogout"
	ReasonCodeNotReady     Word = "reasoncodenotready"
	ForceLogout            Word = "force_logout"
	Refresh                Word = "refresh"
)

// Parameter names, for [Command.Arg] and [Command.Secret].
const (
	ParamDestination = "client_destination"
	ParamPassword    = "agent_password" // read with Command.Secret
	ParamSSO         = "SSO"
	ParamExtension   = "agent_extension"
	ParamReason      = "reason_code"
	ParamNumber      = "extension_number"
	ParamDialog      = "dialog_id"
)

// Command is a parsed client command. It holds no printable secret.
type Command struct {
	Word     Word   // "" if the word is unknown
	RawWord  string // as the client wrote it, trimmed
	ID       string // agent login id; the client destination for Hello and Beat
	Row      *CommandRow
	args     map[string]string
	password secret.Secret
}

// Arg returns a parameter, "" if it was not given.
func (c Command) Arg(name string) string { return c.args[name] }

// Secret returns a secret parameter.
func (c Command) Secret(name string) secret.Secret { return c.password }

// CommandRow is the table row of a command.
type CommandRow struct {
	Word     Word
	Category string // as the page prints it: system, agent_state, agent_call, ...
	// ByDestination: the id is a client destination, not an agent (Hello, Beat).
	ByDestination bool
	// Once: must never reach Finesse twice (it makes or moves a call).
	Once bool
	// more: aliases, params, answers, clause, example
}

// ParseError says why a command was not accepted. Class client.
type ParseError struct {
	// Err is the code to answer with; "" when the command cannot be answered [C8].
	Err ErrorCode
	// Reject: copy to the reject queue [C8].
	Reject bool
	// Reason is for log and gcReason; it never holds a body or a secret.
	Reason string
}

func (e *ParseError) Error() string { return e.Reason }

// ErrorClass implements errclass.Classified.
func (e *ParseError) ErrorClass() errclass.Class { return errclass.Client }

// ParseCommand reads JMSType and body [C1] [C2] [C3] [C10]. On error the
// Command holds what could be read (ID, RawWord, ParamDestination of a
// Connect), so that the caller can still answer. The error is a *ParseError.
func ParseCommand(jmsType string, body []byte) (Command, error) { panic("contract") }

// ErrorCode is the code of an O-002: a row of the page's error table, of
// gc-protocol section 7, or any CF_ / E_CTI_ constant of Finesse.
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
)

// ErrorRow is a row of the error table.
type ErrorRow struct {
	Code        ErrorCode
	Origin      string // "Finesse", "GC"
	Description string
	Behaviour   string // what the page asks of the driver
	UserMessage string // of the user-message table, "" if it has none
	Number      int    // Finesse's errorData (CTI failure code), 0 if none
	Clause      string
}

// ErrorRows returns the table in page order (a copy).
func ErrorRows() []ErrorRow { panic("contract") }

// ErrorByNumber finds the CF_ / E_CTI_ constant of Finesse's numeric
// errorData [E1]; CTI failure codes win over E_CTI_ status codes.
func ErrorByNumber(n int) (ErrorCode, bool) { panic("contract") }

// IsErrorConstant reports whether s is a CF_ or E_CTI_ constant [E1].
func IsErrorConstant(s string) bool { panic("contract") }
