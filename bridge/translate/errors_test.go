package translate_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// TestErrorFor is the first sentence of E1, with the captured error bodies.
func TestErrorFor(t *testing.T) {
	for name, c := range map[string]struct {
		errs  []finesse.APIError
		login bool
		want  protocol.ErrorCode
	}{
		"a constant":                   {[]finesse.APIError{{Type: "Call Operation Failure", Data: "34", Message: "CF_RESOURCE_OUT_OF_SERVICE"}}, false, "CF_RESOURCE_OUT_OF_SERVICE"},
		"a constant with blanks":       {[]finesse.APIError{{Message: " CF_INVALID_OBJECT_STATE\n"}}, false, "CF_INVALID_OBJECT_STATE"},
		"peripheral extras":            {[]finesse.APIError{{Type: "Invalid Device", Data: "260", Message: "CF_INVALID_LOGON_DEVICE_SPECIFIED", Code: "10125"}}, true, "CF_INVALID_LOGON_DEVICE_SPECIFIED"},
		"a CTI status":                 {[]finesse.APIError{{Message: "E_CTI_INVALID_CALLID"}}, false, "E_CTI_INVALID_CALLID"},
		"a number only":                {[]finesse.APIError{{Type: "Invalid State", Data: "22", Message: "something"}}, false, "CF_INVALID_OBJECT_STATE"},
		"an extension as data":         {[]finesse.APIError{{Type: "Generic Error", Data: "7073", Message: "INVALID_ACTION UPDATE_CALL_DATA on extension 7073"}}, false, protocol.ErrGenericError},
		"a field name as data":         {[]finesse.APIError{{Data: "callVariable1", Message: "Invalid Input"}}, false, protocol.ErrGenericError},
		"a text, at login":             {[]finesse.APIError{{Message: "no idea"}}, true, protocol.ErrGeneralError},
		"the first that says anything": {[]finesse.APIError{{Message: "text"}, {Data: "33"}, {Data: "22"}}, false, "CF_RESOURCE_BUSY"},
		"nothing":                      {nil, false, protocol.ErrGenericError},
		"nothing, at login":            {nil, true, protocol.ErrGeneralError},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, translate.ErrorFor(c.errs, c.login))
		})
	}
}

// TestErrorForREST is the second sentence of E1.
func TestErrorForREST(t *testing.T) {
	status := func(n int, types ...string) error {
		e := &finesse.Error{Op: "PUT Dialog", Status: n, Class: errclass.Upstream}
		for _, ty := range types {
			e.API = append(e.API, finesse.APIError{Type: ty})
		}
		return e
	}
	for name, c := range map[string]struct {
		err           error
		login, dialog bool
		want          protocol.ErrorCode
	}{
		"no error":                   {err: nil, want: ""},
		"401":                        {err: status(401, "Authorization Failure"), want: protocol.ErrSubscriptionFailed},
		"404 of a user":              {err: status(404), want: protocol.ErrUserNotFound},
		"404 of a dialog":            {err: status(404), dialog: true, want: protocol.ErrNoDialogID},
		"404 that names the dialog":  {err: status(404, "Dialog Not Found"), want: protocol.ErrNoDialogID},
		"404 that names the user":    {err: status(404, "User Not Found"), dialog: true, want: protocol.ErrUserNotFound},
		"invalid destination":        {err: status(400, "Invalid Destination"), want: protocol.ErrBadDestination},
		"503":                        {err: status(503, "Service Unavailable"), want: protocol.ErrFinesseUnavailable},
		"other 4xx":                  {err: status(400, "Invalid State"), want: protocol.ErrPleaseRetry},
		"403":                        {err: status(403), want: protocol.ErrPleaseRetry},
		"500":                        {err: status(500), want: protocol.ErrGeneralError},
		"501":                        {err: status(501), want: protocol.ErrGeneralError},
		"502, whatever its body":     {err: status(502, "Invalid Destination"), want: protocol.ErrGeneralError},
		"an answer that is no error": {err: status(302), want: protocol.ErrGenericError},
		"wrapped":                    {err: fmt.Errorf("answering: %w", status(401)), want: protocol.ErrSubscriptionFailed},
		"time-out":                   {err: &finesse.Error{Op: "PUT User", Err: context.DeadlineExceeded, Class: errclass.Indeterminate}, want: protocol.ErrNotReachable},
		"no connection":              {err: &finesse.Error{Op: "PUT User", Err: errors.New("connection refused"), Class: errclass.Unavailable}, want: protocol.ErrDown},
		"a bare deadline":            {err: context.DeadlineExceeded, want: protocol.ErrNotReachable},
		"XMPP login refused":         {err: fmt.Errorf("connecting: %w", finesse.ErrAuth), want: protocol.ErrSubscriptionFailed},
		"something of ours":          {err: errors.New("odd"), want: protocol.ErrGenericError},
		"something of ours at login": {err: errors.New("odd"), login: true, want: protocol.ErrGeneralError},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, translate.ErrorForREST(c.err, c.login, c.dialog))
		})
	}
}
