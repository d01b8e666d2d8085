package sim

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// getRange is a GET by user with a Range header.
func getRange(t *testing.T, s *Server, user, path, header string) (status int, contentRange, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.root()+path, nil)
	require.NoError(t, err)
	req.SetBasicAuth(user, "pw"+user)
	req.Header.Set("Range", header)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, res.Header.Get("Content-Range"), string(b)
}

const amanda = "<Contact><firstName>Amanda</firstName><lastName>Cohen</lastName><phoneNumber>6511234</phoneNumber>" +
	"<description>Front desk</description><uri>/finesse/api/PhoneBook/1/Contact/1</uri></Contact>"

func TestPhoneBooksOfAUser(t *testing.T) {
	s := Start(t)
	status, body := do(t, s, "1006", "GET", "/finesse/api/User/1006/PhoneBooks", "")
	require.Equal(t, 200, status)
	require.True(t, strings.HasPrefix(body, "<PhoneBooks><PhoneBook><name>Company</name><type>GLOBAL</type><uri>/finesse/api/PhoneBook/1</uri><contacts>"+amanda), body)
	require.Contains(t, body, "<PhoneBook><name>Empty</name><type>GLOBAL</type><uri>/finesse/api/PhoneBook/2</uri><contacts></contacts></PhoneBook><PhoneBook><name>Support vendors</name><type>TEAM</type>")
	require.Equal(t, 5, strings.Count(body, "<Contact>"))
	require.NotContains(t, body, "Sales partners")

	for header, want := range map[string]struct {
		status, contacts int
		contentRange     string
	}{
		"objects=1-1500":    {206, 5, "objects 1-5/5"},
		"objects=1-1":       {206, 1, "objects 1-1/5"},
		"objects=3-4":       {206, 2, "objects 3-4/5"},
		"objects=5-6004":    {206, 1, "objects 5-5/5"},
		"objects=6-7":       {416, 0, ""},
		"objects=0-7":       {416, 0, ""},
		"objects=3-2":       {416, 0, ""},
		"objects=1-6001":    {416, 0, ""},
		"bytes=1-2":         {416, 0, ""},
		"objects=1":         {416, 0, ""},
		"objects=1-9999999": {416, 0, ""},
	} {
		status, contentRange, body := getRange(t, s, "1006", "/finesse/api/User/1006/PhoneBooks", header)
		require.Equal(t, want.status, status, header)
		require.Equal(t, want.contentRange, contentRange, header)
		require.Equal(t, want.contacts, strings.Count(body, "<Contact>"), header)
		if want.status == 416 {
			require.Contains(t, body, "<ErrorType>Range Not Satisfiable</ErrorType>")
		}
	}
	_, _, body = getRange(t, s, "1001", "/finesse/api/TeamResource/1/PhoneBooks", "objects=4-5")
	require.Contains(t, body, "Sales partners")
	require.NotContains(t, body, "Company")
	status, _, body = getRange(t, Start(t, WithScenario("phoneBooks: []")), "1001", "/finesse/api/User/1001/PhoneBooks", "objects=1-1500")
	require.Equal(t, 206, status)
	require.Equal(t, "<PhoneBooks/>", body)
}

func TestPhoneBooksOfTheAdministrator(t *testing.T) {
	s := Start(t)
	const company = "<PhoneBook><name>Company</name><type>GLOBAL</type><uri>/finesse/api/PhoneBook/1</uri><contacts>/finesse/api/PhoneBook/1/Contacts</contacts></PhoneBook>"
	for path, want := range map[string]string{
		"/PhoneBooks":           "<PhoneBooks>" + company + "<PhoneBook><name>Empty</name>",
		"/PhoneBook/1":          company,
		"/Team/2/PhoneBooks":    "<PhoneBooks><PhoneBook><name>Support vendors</name><type>TEAM</type><uri>/finesse/api/PhoneBook/4</uri><contacts>/finesse/api/PhoneBook/4/Contacts</contacts></PhoneBook></PhoneBooks>",
		"/PhoneBook/1/Contacts": "<Contacts>" + amanda + "<Contact><firstName>Bill</firstName>",
		"/PhoneBook/2/Contacts": "<Contacts></Contacts>",
		"/Users":                "<Users><User><dialogs>/finesse/api/User/1001/Dialogs</dialogs>",

		"/Team/1/ReasonCodes?category=NOT_READY": `<ReasonCodes category="NOT_READY"><ReasonCode>`,
		"/Team/1/WrapUpReasons":                  "<WrapUpReasons><WrapUpReason><uri>/finesse/api/Team/1/WrapUpReason/1</uri>",
	} {
		status, body := do(t, s, "admin", "GET", "/finesse/api"+path, "")
		require.Equal(t, 200, status, path)
		require.True(t, strings.HasPrefix(body, want), body)
		status, body = do(t, s, "1005", "GET", "/finesse/api"+path, "")
		require.Equal(t, 401, status, path)
		require.Equal(t, errorBody("Authorization Failure", "1005", "UNAUTHORIZED"), body)
	}
	for _, path := range []string{"/PhoneBook/9", "/PhoneBook/9/Contacts", "/Team/9/PhoneBooks"} {
		status, _ := do(t, s, "admin", "GET", "/finesse/api"+path, "")
		require.Equal(t, 404, status, path)
	}
	second := Start(t, WithPeer(s))
	status, body := do(t, second, "admin", "GET", "/finesse/api/PhoneBooks", "")
	require.Equal(t, 403, status, "configuration is the primary's")
	require.Contains(t, body, "<ErrorType>Forbidden</ErrorType>")
}

func TestTeamResources(t *testing.T) {
	s := Start(t)
	for path, want := range map[string]string{
		"/ReasonCodes?category=LOGOUT": `<ReasonCodes category="LOGOUT"><ReasonCode>`,
		"/WrapUpReasons":               "<WrapUpReasons><WrapUpReason><uri>/finesse/api/TeamResource/1/WrapUpReason/1</uri>",
		"/PhoneBooks":                  "<PhoneBooks><PhoneBook>",
		"/MediaPropertiesLayouts":      "<MediaPropertiesLayouts/>",
		"/Workflows":                   "<Workflows/>",
	} {
		for _, user := range []string{"1001", "1005", "admin"} {
			status, body := do(t, s, user, "GET", "/finesse/api/TeamResource/1"+path, "")
			require.Equal(t, 200, status, path)
			require.True(t, strings.HasPrefix(body, want), body)
		}
		status, _ := do(t, s, "1006", "GET", "/finesse/api/TeamResource/1"+path, "")
		require.Equal(t, 401, status, path)
	}
	_, body := do(t, s, "1001", "GET", "/finesse/api/User/1001/WrapUpReason/2", "")
	require.Contains(t, body, "<label>Complaint</label>")
	status, _ := do(t, s, "1001", "GET", "/finesse/api/User/1001/WrapUpReason/9", "")
	require.Equal(t, 404, status)
}
