package finesse_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
)

func TestRefusals(t *testing.T) {
	invalid := []finesse.APIError{{Type: "Invalid Input", Data: "state", Message: "Invalid State specified for user"}}
	tests := map[string]struct {
		status int
		body   string
		class  errclass.Class
		api    []finesse.APIError
	}{
		"400 with ApiErrors":     {400, "rest/apierrors.xml", errclass.Upstream, invalid},
		"401":                    {401, "", errclass.Upstream, nil},
		"404 with HTML":          {404, "<html><body>Not found<br></body></html>", errclass.Upstream, nil},
		"500":                    {500, "", errclass.Upstream, nil},
		"503 OUT_OF_SERVICE":     {503, "rest/apierrors-out-of-service.xml", errclass.Unavailable, []finesse.APIError{{Type: "Service Unavailable", Message: "SERVER_OUT_OF_SERVICE"}}},
		"300":                    {300, "", errclass.Upstream, nil},
		"302":                    {302, "", errclass.Upstream, nil},
		"an endless error body":  {400, strings.Repeat("<a>", 100000), errclass.Upstream, nil},
		"501 preview, elsewhere": {501, "", errclass.Upstream, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			body := tc.body
			if strings.HasPrefix(body, "rest/") {
				body = payload(t, body)
			}
			server, c := serve(t, tc.status, body)
			err := c.SetState(t.Context(), agent(), "1001", finesse.StateChange{State: finesse.StateReady}, "")
			var fe *finesse.Error
			require.ErrorAs(t, err, &fe)
			require.Equal(t, tc.status, fe.Status)
			require.Equal(t, tc.class, errclass.Of(err))
			require.Empty(t, cmp.Diff(tc.api, fe.API))
			require.False(t, fe.Timeout())
			require.Contains(t, err.Error(), fmt.Sprintf("PUT User: HTTP %d", tc.status))
			require.Len(t, server.requests(), 1)
		})
	}
}

// TestRedirectsAreNotFollowed: one would carry the agent's credentials to
// another server, and a 307 or 308 would make the call there once more.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere, _ := serve(t, http.StatusOK, "<Dialogs/>")
	for _, status := range []int{301, 302, 303, 307, 308} {
		var asked atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, status)
		}))
		c := newClient(t, finesse.ClientConfig{BaseURL: server.URL})
		_, err := c.Dialogs(t.Context(), agent(), "1001")
		for _, err := range []error{err, c.MakeCall(t.Context(), agent(), "1001", "2001", "2002", "")} {
			var fe *finesse.Error
			require.ErrorAs(t, err, &fe)
			require.Equal(t, status, fe.Status)
			require.Equal(t, errclass.Upstream, errclass.Of(err))
		}
		require.EqualValues(t, 2, asked.Load())
		server.Close()
	}
	require.Empty(t, elsewhere.requests())
}

// TestOnlyFinesseAccepts: a captive portal or a proxy answers 200 with a page
// of its own, and then Finesse never saw the request.
func TestOnlyFinesseAccepts(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		ok     bool
	}{
		"202, empty":             {202, "", true},
		"200, empty":             {200, "", true},
		"204":                    {204, "", true},
		"white space":            {202, " \r\n\t", true},
		"XML":                    {200, `<?xml version="1.0" encoding="UTF-8"?><User><state>READY</state></User>`, true},
		"largest XML":            {200, "<User>" + strings.Repeat(" ", 64<<10-13) + "</User>", true},
		"as deep as we read":     {200, strings.Repeat("<a>", 16) + strings.Repeat("</a>", 16), true},
		"deeper":                 {200, strings.Repeat("<a>", 17) + strings.Repeat("</a>", 17), false},
		"as rich as we read":     {200, "<a>" + strings.Repeat("<b/>", 999) + "</a>", true},
		"richer":                 {200, "<a>" + strings.Repeat("<b/>", 1000) + "</a>", false},
		"HTML":                   {200, "<!DOCTYPE html><html><body>Please log in<br></body></html>", false},
		"HTML in capitals":       {200, "<HTML><BODY>Please log in</BODY></HTML>", false},
		"well-formed HTML":       {202, "<html><body>Please log in</body></html>", false},
		"text":                   {200, "OK", false},
		"JSON":                   {200, "{}", false},
		"binary":                 {200, "\x1f\x8b\x08\x00", false},
		"half of XML":            {200, "<User><state>", false},
		"two documents":          {200, "<User/><User/>", false},
		"only a declaration":     {200, `<?xml version="1.0"?>`, false},
		"more than we read":      {202, "<User>" + strings.Repeat(" ", 64<<10-12) + "</User>", false},
		"much more than we read": {202, strings.Repeat(" ", 1<<20), false},
	} {
		t.Run(name, func(t *testing.T) {
			server, c := serve(t, tc.status, tc.body)
			for _, call := range []func() error{
				func() error {
					return c.SetState(t.Context(), agent(), "1001", finesse.StateChange{State: finesse.StateReady}, "")
				},
				func() error { return c.MakeCall(t.Context(), agent(), "1001", "2001", "2002", "") },
			} {
				err := call()
				if tc.ok {
					require.NoError(t, err)
					continue
				}
				var fe *finesse.Error
				require.ErrorAs(t, err, &fe)
				require.Equal(t, tc.status, fe.Status)
				require.ErrorIs(t, err, finesse.ErrPayload)
				require.Equal(t, errclass.Upstream, errclass.Of(err))
				require.NotContains(t, err.Error(), "log in", "a foreign page does not belong into the log")
			}
			require.Len(t, server.requests(), 2)
		})
	}
}

func TestUnusableAnswers(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "another root": "<User/>", "not XML": "{}", "half": "<Dialogs><Dialog>",
		"too large": "<Dialogs>" + strings.Repeat(" ", 16<<20) + "</Dialogs>",
	} {
		t.Run(name, func(t *testing.T) {
			_, c := serve(t, http.StatusOK, body)
			_, err := c.Dialogs(t.Context(), agent(), "1001")
			require.ErrorIs(t, err, finesse.ErrPayload)
			require.Equal(t, errclass.Upstream, errclass.Of(err))
		})
	}
}

// TestErrorTexts: foreign words are kept short and on one line.
func TestErrorTexts(t *testing.T) {
	for name, tc := range map[string]struct {
		err  finesse.Error
		want string
	}{
		"all of it": {
			finesse.Error{Op: "PUT User", Status: 400, API: []finesse.APIError{{Type: "Invalid Input", Data: "state", Message: "Invalid State"}}},
			"finesse: PUT User: HTTP 400: Invalid Input, state, Invalid State",
		},
		"no data":      {finesse.Error{Op: "o", API: []finesse.APIError{{Type: "t", Message: "m"}}}, "finesse: o: t, m"},
		"transport":    {finesse.Error{Op: "o", Err: context.DeadlineExceeded}, "finesse: o: context deadline exceeded"},
		"line breaks":  {finesse.Error{Op: "o", API: []finesse.APIError{{Type: "a\nb\x00c d"}}}, "finesse: o: a b c d"},
		"long":         {finesse.Error{Op: "o", API: []finesse.APIError{{Type: strings.Repeat("ä", 201)}}}, "finesse: o: " + strings.Repeat("ä", 200) + "..."},
		"just so long": {finesse.Error{Op: "o", API: []finesse.APIError{{Type: strings.Repeat("ä", 200)}}}, "finesse: o: " + strings.Repeat("ä", 200)},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tc.want, tc.err.Error()) })
	}
}

func TestTimeout(t *testing.T) {
	late := fmt.Errorf("wrapped: %w", context.DeadlineExceeded)
	for name, tc := range map[string]struct {
		err  finesse.Error
		want bool
	}{
		"deadline":            {finesse.Error{Err: late}, true},
		"network":             {finesse.Error{Err: &net.OpError{Err: os.ErrDeadlineExceeded}}, true},
		"refused":             {finesse.Error{Err: &net.OpError{Err: errors.New("refused")}}, false},
		"another error":       {finesse.Error{Err: errors.New("other")}, false},
		"no error":            {finesse.Error{}, false},
		"an answer all along": {finesse.Error{Status: 200, Err: late}, false},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tc.want, tc.err.Timeout()) })
	}
}
