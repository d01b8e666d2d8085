package finesse_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

const canary = "canary-7f2c-password"

func agent() finesse.Credentials {
	return finesse.Credentials{User: "1001", Password: secret.New(canary)}
}

// seen is a request as a server got it.
type seen struct {
	Method, Path, ContentType, RequestID, Range, Body string
	Auth                                              bool
}

// fakeFinesse answers every request with one status and body and remembers
// what it was asked.
type fakeFinesse struct {
	*httptest.Server
	mu   sync.Mutex
	reqs []seen
}

func (f *fakeFinesse) requests() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.reqs...)
}

func serve(t *testing.T, status int, body string) (*fakeFinesse, *finesse.Client) {
	t.Helper()
	f := &fakeFinesse{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		code := status
		if r.Header.Get("Accept") != "application/xml" {
			code = http.StatusNotAcceptable
		}
		user, password, ok := r.BasicAuth()
		f.mu.Lock()
		f.reqs = append(f.reqs, seen{
			r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), r.Header.Get("requestId"), r.Header.Get("Range"), string(b),
			ok && user == "1001" && password == canary,
		})
		f.mu.Unlock()
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(f.Close)
	return f, newClient(t, finesse.ClientConfig{BaseURL: f.URL + "/finesse/api"})
}

func newClient(t *testing.T, cfg finesse.ClientConfig) *finesse.Client {
	t.Helper()
	c, err := finesse.NewClient(cfg)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// calls are all writing requests, with the exact body that finesse-api 2.3,
// 2.4 and 2.6 print.
func calls() map[string]struct {
	call func(ctx context.Context, c *finesse.Client) error
	want seen
} {
	type row = struct {
		call func(ctx context.Context, c *finesse.Client) error
		want seen
	}
	state := func(s finesse.StateChange, body string) row {
		return row{
			func(ctx context.Context, c *finesse.Client) error { return c.SetState(ctx, agent(), "1001", s, "r-1") },
			seen{"PUT", "/finesse/api/User/1001", "application/xml", "r-1", "", body, true},
		}
	}
	act := func(a finesse.Action, body string) row {
		return row{
			func(ctx context.Context, c *finesse.Client) error { return c.Act(ctx, agent(), "16804377", a, "") },
			seen{"PUT", "/finesse/api/Dialog/16804377", "application/xml", "", "", body, true},
		}
	}
	post := func(call func(ctx context.Context, c *finesse.Client) error, body string) row {
		return row{call, seen{"POST", "/finesse/api/User/1001/Dialogs", "application/xml", "r-2", "", body, true}}
	}
	const target = "<targetMediaAddress>2001</targetMediaAddress>"
	rows := map[string]row{
		"LOGIN": state(finesse.StateChange{State: finesse.StateLogin, Extension: "1001001"},
			"<User><state>LOGIN</state><extension>1001001</extension></User>"),
		"LOGIN mobile": state(finesse.StateChange{State: finesse.StateLogin, Extension: "1001001", MobileMode: "CALL_BY_CALL", MobileNumber: "4085551234"},
			"<User><state>LOGIN</state><extension>1001001</extension><mobileAgent><mode>CALL_BY_CALL</mode><dialNumber>4085551234</dialNumber></mobileAgent></User>"),
		"READY":              state(finesse.StateChange{State: finesse.StateReady}, "<User><state>READY</state></User>"),
		"NOT_READY":          state(finesse.StateChange{State: finesse.StateNotReady, ReasonCodeID: "16"}, "<User><state>NOT_READY</state><reasonCodeId>16</reasonCodeId></User>"),
		"LOGOUT":             state(finesse.StateChange{State: finesse.StateLogout}, "<User><state>LOGOUT</state></User>"),
		"LOGOUT with reason": state(finesse.StateChange{State: finesse.StateLogout, ReasonCodeID: "5"}, "<User><state>LOGOUT</state><reasonCodeId>5</reasonCodeId></User>"),
		"a forged element is escaped": state(finesse.StateChange{State: finesse.StateLogin, Extension: "1</extension><state>LOGOUT</state>\x00\xff&\"'"},
			"<User><state>LOGIN</state><extension>1&lt;/extension&gt;&lt;state&gt;LOGOUT&lt;/state&gt;\uFFFD\uFFFD&amp;&#34;&#39;</extension></User>"),

		"MAKE_CALL": post(func(ctx context.Context, c *finesse.Client) error {
			return c.MakeCall(ctx, agent(), "1001", "1001001", "1001002", "r-2")
		}, "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>1001001</fromAddress><toAddress>1001002</toAddress></Dialog>"),
		"SILENT_MONITOR": post(func(ctx context.Context, c *finesse.Client) error {
			return c.Monitor(ctx, agent(), "1001", "SUPEXT", "AGENTEXT", "r-2")
		}, "<Dialog><requestedAction>SILENT_MONITOR</requestedAction><fromAddress>SUPEXT</fromAddress><toAddress>AGENTEXT</toAddress></Dialog>"),
		"BARGE_CALL": post(func(ctx context.Context, c *finesse.Client) error {
			return c.Barge(ctx, agent(), "1001", "SUPEXT", "AGENTEXT", "6873122", "r-2")
		}, "<Dialog><requestedAction>BARGE_CALL</requestedAction><fromAddress>SUPEXT</fromAddress><toAddress>AGENTEXT</toAddress><associatedDialogUri>/finesse/api/Dialog/6873122</associatedDialogUri></Dialog>"),

		"CONSULT_CALL": act(finesse.Action{Name: finesse.ActionConsultCall, To: "1001002", Target: "2001"},
			"<Dialog><requestedAction>CONSULT_CALL</requestedAction><toAddress>1001002</toAddress>"+target+"</Dialog>"),
		"TRANSFER_SST": act(finesse.Action{Name: finesse.ActionTransferSST, To: "1001002", Target: "2001"},
			"<Dialog><requestedAction>TRANSFER_SST</requestedAction><toAddress>1001002</toAddress>"+target+"</Dialog>"),
		"SEND_DTMF": act(finesse.Action{Name: finesse.ActionSendDTMF, Target: "2001", Params: []finesse.Variable{{Name: "dtmfString", Value: "1"}}},
			"<Dialog>"+target+"<requestedAction>SEND_DTMF</requestedAction><actionParams><ActionParam><name>dtmfString</name><value>1</value></ActionParam></actionParams></Dialog>"),
		"UPDATE_SCHEDULED_CALLBACK": act(finesse.Action{Name: finesse.ActionUpdateCallback, Target: "2001", Params: []finesse.Variable{{Name: "callbackTime", Value: "2014-03-07T14:30"}}},
			"<Dialog>"+target+"<requestedAction>UPDATE_SCHEDULED_CALLBACK</requestedAction><actionParams><ActionParam><name>callbackTime</name><value>2014-03-07T14:30</value></ActionParam></actionParams></Dialog>"),
		"RECLASSIFY": act(finesse.Action{Name: finesse.ActionReclassify, Target: "2001", Params: []finesse.Variable{{Name: "outboundClassification", Value: "VOICE"}}},
			"<Dialog>"+target+"<requestedAction>RECLASSIFY</requestedAction><actionParams><ActionParam><name>outboundClassification</name><value>VOICE</value></ActionParam></actionParams></Dialog>"),
		"UPDATE_CALL_DATA": act(finesse.Action{Name: finesse.ActionUpdateCallData, Variables: []finesse.Variable{{Name: "callVariable1", Value: "x"}}, WrapUpReason: "Happy customer!"},
			"<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties><wrapUpReason>Happy customer!</wrapUpReason><callvariables><CallVariable><name>callVariable1</name><value>x</value></CallVariable></callvariables></mediaProperties></Dialog>"),
	}
	for _, name := range []string{"ANSWER", "HOLD", "RETRIEVE", "DROP", "START_RECORDING"} {
		rows[name] = act(finesse.Action{Name: name, Target: "2001"}, "<Dialog>"+target+"<requestedAction>"+name+"</requestedAction></Dialog>")
	}
	for _, name := range []string{"TRANSFER", "CONFERENCE", "PARTICIPANT_DROP", "ACCEPT", "CLOSE", "REJECT"} {
		rows[name] = act(finesse.Action{Name: name, Target: "2001"}, "<Dialog><requestedAction>"+name+"</requestedAction>"+target+"</Dialog>")
	}
	return rows
}

func TestRequestsAreExact(t *testing.T) {
	for name, row := range calls() {
		for _, status := range []int{http.StatusOK, http.StatusAccepted} {
			t.Run(fmt.Sprintf("%s %d", name, status), func(t *testing.T) {
				server, c := serve(t, status, "")
				require.NoError(t, row.call(t.Context(), c))
				require.Empty(t, cmp.Diff([]seen{row.want}, server.requests()))
			})
		}
	}
}

func TestReads(t *testing.T) {
	get := func(path string) seen { return seen{Method: "GET", Path: "/finesse/api/" + path, Auth: true} }
	ranged := get("User/1001/PhoneBooks")
	ranged.Range = "objects=1-1500"
	tests := map[string]struct {
		payload string
		call    func(ctx context.Context, c *finesse.Client) (any, error)
		request seen
		want    any
	}{
		"SystemInfo, without credentials": {
			"systeminfo", func(ctx context.Context, c *finesse.Client) (any, error) { return c.SystemInfo(ctx) },
			seen{Method: "GET", Path: "/finesse/api/SystemInfo"},
			finesse.SystemInfo{
				Deployment: "UCCE", Status: "IN_SERVICE", XMPPDomain: "fin1.example.com", PubSubDomain: "pubsub.fin1.example.com",
				PrimaryHost: "fin1.example.com", SecondaryHost: "fin2.example.com",
			},
		},
		"SystemInfo of 12.6, secondary": {
			"systeminfo-12.6-secondary", func(ctx context.Context, c *finesse.Client) (any, error) { return c.SystemInfo(ctx) },
			seen{Method: "GET", Path: "/finesse/api/SystemInfo"},
			finesse.SystemInfo{
				Deployment: "UCCX", Status: "OUT_OF_SERVICE", StatusReason: "CTI", XMPPDomain: "FIN2.example.com", PubSubDomain: "pubsub.fin2.example.com",
				PrimaryHost: "fin1.example.com", SecondaryHost: "fin2.example.com", XMPPSecurePort: 5323, CTIHeartbeatFailed: true,
			},
		},
		"User": {
			"user", func(ctx context.Context, c *finesse.Client) (any, error) { return c.User(ctx, agent(), "6021") },
			get("User/6021"),
			finesse.User{
				ID: "6021", LoginName: "lpu_test_21", FirstName: "LPU", LastName: "Test 21", Extension: "2830", State: finesse.StateNotReady,
				StateChangeTime: time.Date(2023, 1, 13, 11, 7, 11, 466e6, time.UTC), ReasonCodeID: "-1", Roles: []string{"Agent", "Supervisor"},
				WrapUpOnIncome: "OPTIONAL", WrapUpOnOut: "OPTIONAL", WrapUpTimer: 7200, TeamID: "5005", TeamName: "LPU_test",
				Teams: []finesse.TeamRef{{ID: "5005", Name: "LPU_test"}},
			},
		},
		"no dialogs": {
			"dialogs-empty", func(ctx context.Context, c *finesse.Client) (any, error) { return c.Dialogs(ctx, agent(), "1001") },
			get("User/1001/Dialogs"),
			[]finesse.Dialog{},
		},
		"reason codes, ids from element and URI": {
			"reasoncodes", func(ctx context.Context, c *finesse.Client) (any, error) {
				return c.ReasonCodes(ctx, agent(), "1001", "NOT_READY")
			},
			get("User/1001/ReasonCodes?category=NOT_READY"),
			[]finesse.ReasonCode{{ID: "1", Code: "12", Label: "Lunch", Category: "NOT_READY"}, {ID: "49", Code: "27", Label: "Break", Category: "NOT_READY"}},
		},
		"wrap-up reasons": {
			"wrapupreasons", func(ctx context.Context, c *finesse.Client) (any, error) {
				return c.WrapUpReasons(ctx, agent(), "1001")
			},
			get("User/1001/WrapUpReasons"),
			[]finesse.WrapUpReason{{ID: "1", Label: "Inprogress"}},
		},
		"phone books of a user": {
			"phonebooks", func(ctx context.Context, c *finesse.Client) (any, error) {
				return c.UserPhoneBooks(ctx, agent(), "1001", 0)
			},
			ranged,
			[]finesse.PhoneBook{
				{ID: "1", Name: "PhoneBook1", Type: "GLOBAL", Contacts: []finesse.Contact{{ID: "1", FirstName: "Amanda", LastName: "Cohen", Number: "6511234"}}},
				{ID: "2", Name: "Empty", Type: "TEAM", Contacts: []finesse.Contact{}},
				{ID: "3", Name: "Admin form", Type: "TEAM"},
			},
		},
		"contacts": {
			"contacts", func(ctx context.Context, c *finesse.Client) (any, error) {
				return c.PhoneBookContacts(ctx, agent(), "1")
			},
			get("PhoneBook/1/Contacts"),
			[]finesse.Contact{{ID: "7", FirstName: "Amanda", LastName: "Cohen", Number: "6511234", Description: "d"}},
		},
		"queues, one without statistics": {
			"queues", func(ctx context.Context, c *finesse.Client) (any, error) { return c.Queues(ctx, agent(), "1001") },
			get("User/1001/Queues"),
			[]finesse.Queue{
				{ID: "10", Name: "Sales", Stats: finesse.QueueStats{
					CallsInQueue: 3, LongestSince: time.Date(2012, 2, 15, 17, 58, 21, 0, time.UTC), AgentsReady: 1, AgentsNotReady: 2, AgentsLoggedOn: 1,
					TalkingInbound: 3, TalkingOutbound: 4, TalkingInternal: 5, WrapUpNotReady: 6, WrapUpReady: 7, HasStatisticsBody: true,
				}},
				{ID: "11", Name: "CCX", Stats: finesse.QueueStats{
					CallsInQueue: -1, AgentsReady: -1, AgentsNotReady: -1, AgentsBusyOther: -1, AgentsLoggedOn: -1,
					TalkingInbound: -1, TalkingOutbound: -1, TalkingInternal: -1, WrapUpNotReady: -1, WrapUpReady: -1,
				}},
			},
		},
		"team": {
			"team", func(ctx context.Context, c *finesse.Client) (any, error) { return c.Team(ctx, agent(), "34", true) },
			get("Team/34?includeLoggedOutAgents=true"),
			finesse.Team{ID: "34", Name: "My Team", Users: []finesse.User{
				{ID: "1234", FirstName: "Charles", LastName: "Brown", Extension: "1001001", State: finesse.StateLogout, StateChangeTime: time.Date(2012, 3, 1, 17, 58, 21, 345e6, time.UTC)},
				{ID: "1235", FirstName: "Jane", LastName: "Doe", Extension: "1001002", State: finesse.StateNotReady, Reason: &finesse.ReasonCode{ID: "1", Code: "12", Label: "Lunch Break", Category: "NOT_READY"}},
			}},
		},
		"users": {
			"users", func(ctx context.Context, c *finesse.Client) (any, error) { return c.Users(ctx, agent()) },
			get("Users"),
			[]finesse.User{{ID: "1", State: finesse.StateReady}, {ID: "2", State: finesse.StateLogout}},
		},
		"phone books of the administrator": {
			"phonebooks", func(ctx context.Context, c *finesse.Client) (any, error) {
				b, err := c.PhoneBooks(ctx, agent())
				return len(b), err
			},
			get("PhoneBooks"), 3,
		},
		"phone books of a team": {
			"phonebooks", func(ctx context.Context, c *finesse.Client) (any, error) {
				b, err := c.TeamPhoneBooks(ctx, agent(), "34")
				return len(b), err
			},
			get("Team/34/PhoneBooks"), 3,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			server, c := serve(t, http.StatusOK, payload(t, "rest/"+tc.payload+".xml"))
			got, err := tc.call(t.Context(), c)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(tc.want, got))
			require.Empty(t, cmp.Diff([]seen{tc.request}, server.requests()))

			_, refusing := serve(t, http.StatusUnauthorized, "")
			_, err = tc.call(t.Context(), refusing)
			var fe *finesse.Error
			require.ErrorAs(t, err, &fe, "a refusal is no empty answer")
			require.Equal(t, http.StatusUnauthorized, fe.Status)
		})
	}
	t.Run("a large answer", func(t *testing.T) {
		_, c := serve(t, http.StatusOK, "<Dialogs>"+strings.Repeat("<Dialog><id>1</id></Dialog>", 5000)+"</Dialogs>")
		got, err := c.Dialogs(t.Context(), agent(), "1001")
		require.NoError(t, err)
		require.Len(t, got, 5000)
	})
	t.Run("dialogs are those of the events", func(t *testing.T) {
		_, c := serve(t, http.StatusOK, payload(t, "rest/dialogs.xml"))
		got, err := c.Dialogs(t.Context(), agent(), "1001")
		require.NoError(t, err)
		list, err := finesse.DecodeUpdates([]byte(payload(t, "updates/dialog-put.xml")))
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(list[0].Dialogs, got))
	})
}

// TestIdsCannotLeaveTheirPlace: ids come from clients and become path
// segments.
func TestIdsCannotLeaveTheirPlace(t *testing.T) {
	server, c := serve(t, http.StatusAccepted, "")
	require.NoError(t, c.Act(t.Context(), agent(), "1/../../User/1002?x=#", finesse.Action{Name: "DROP", Target: "2001"}, "a\r\nb"))
	require.Equal(t, "/finesse/api/Dialog/1%2F..%2F..%2FUser%2F1002%3Fx=%23", server.requests()[0].Path)
	require.Equal(t, "a__b", server.requests()[0].RequestID)
	for _, id := range []string{"", ".", ".."} {
		err := c.Act(t.Context(), agent(), id, finesse.Action{Name: "DROP"}, "")
		require.Equal(t, errclass.Client, errclass.Of(err))
	}
	require.Len(t, server.requests(), 1)
}

func TestNewClientRefuses(t *testing.T) {
	for _, base := range []string{"", "fin:8445", "ftp://fin", "https://", "https://u:" + canary + "@fin/", "https://fin/?a=b", "https://fin/#x", "https://u:" + canary + "@fin:x/%zz"} {
		_, err := finesse.NewClient(finesse.ClientConfig{BaseURL: base})
		require.Error(t, err, base)
		require.NotContains(t, err.Error(), canary)
	}
}

// TestNoSecretInErrors pushes a password through every way to fail and looks
// for it in errors and logs.
func TestNoSecretInErrors(t *testing.T) {
	var log strings.Builder
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client is gone
		<-r.Context().Done()
	}))
	defer slow.Close()
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	for _, base := range []string{closed.URL, slow.URL, refusing.URL} {
		c := newClient(t, finesse.ClientConfig{BaseURL: base, Timeout: 50 * time.Millisecond, Log: zerolog.New(&log)})
		for name, row := range calls() {
			err := row.call(t.Context(), c)
			require.Error(t, err, name)
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", errors.Unwrap(err)), log.String()} {
				require.NotContains(t, text, canary)
				require.NotContains(t, text, "Basic ")
			}
		}
	}
	require.NotEmpty(t, log.String())
}

// TestForbiddenCharactersInAnAnswer: they are replaced, and that is counted once
// for each answer; a dialog that cannot be read costs no other.
func TestForbiddenCharactersInAnAnswer(t *testing.T) {
	const list = "<Dialogs><Dialog><id>1</id><state>ACTIVE</state>%s</Dialog><Dialog><id>2</id><state>HELD</state></Dialog></Dialogs>"
	for name, tc := range map[string]struct {
		data     string
		repaired int
		want     []finesse.Dialog
	}{
		"none":         {"", 0, []finesse.Dialog{{ID: "1", State: "ACTIVE"}, {ID: "2", State: "HELD"}}},
		"a reference":  {"<fromAddress>a&#x1;&#x2;</fromAddress>", 1, []finesse.Dialog{{ID: "1", State: "ACTIVE", From: "a\uFFFD\uFFFD"}, {ID: "2", State: "HELD"}}},
		"broken UTF-8": {"<fromAddress>\xff</fromAddress>", 1, []finesse.Dialog{{ID: "1", State: "ACTIVE", From: "\uFFFD"}, {ID: "2", State: "HELD"}}},
		"no XML":       {"<fromAddress>&nope;</fromAddress>", 0, []finesse.Dialog{{ID: "1", Unreadable: true}, {ID: "2", State: "HELD"}}},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := serve(t, http.StatusOK, fmt.Sprintf(list, tc.data))
			repaired := 0
			c := newClient(t, finesse.ClientConfig{BaseURL: f.URL, OnRepaired: func() { repaired++; panic("defect in OnRepaired") }})
			got, err := c.Dialogs(t.Context(), agent(), "1001")
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
			require.Equal(t, tc.repaired, repaired)
			got, err = newClient(t, finesse.ClientConfig{BaseURL: f.URL}).Dialogs(t.Context(), agent(), "1001")
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}
