package finesse_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
)

var updateGolden = flag.Bool("update", false, "rewrite the golden files")

const payloads = "../testdata/finesse"

func payload(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(payloads, name))
	require.NoError(t, err)
	return string(b)
}

// TestDecodeUpdatesGolden decodes every payload of testdata/finesse/updates
// and compares with the golden file beside it.
func TestDecodeUpdatesGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(payloads, "updates", "*.xml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".xml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			got, err := finesse.DecodeUpdates(text)
			require.NoError(t, err)
			checkGolden(t, strings.TrimSuffix(file, ".xml")+".json", got)
		})
	}
}

func checkGolden(t *testing.T, file string, v any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(v))
	if *updateGolden {
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with -update")
	require.Empty(t, cmp.Diff(string(want), b.String()))
}

// TestDecodeUpdatesTolerance pins, one by one, the traps of finesse-api 1.9.
func TestDecodeUpdatesTolerance(t *testing.T) {
	decode := func(t *testing.T, name string) finesse.Notification {
		t.Helper()
		list, err := finesse.DecodeUpdates([]byte(payload(t, "updates/"+name+".xml")))
		require.NoError(t, err)
		require.Len(t, list, 1)
		return list[0]
	}
	t.Run("trap 1: dialogs/Dialog and dialog are the same object", func(t *testing.T) {
		post, put := decode(t, "dialog-post"), decode(t, "dialog-put")
		require.Equal(t, finesse.EventPost, post.Event)
		require.Equal(t, finesse.EventPut, put.Event)
		require.Empty(t, cmp.Diff(post.Dialogs, put.Dialogs))
	})
	t.Run("trap 2 and 3: User, reasonCode", func(t *testing.T) {
		n := decode(t, "user-upper-case-with-reason")
		require.Equal(t, &finesse.ReasonCode{ID: "49", Code: "27", Label: "Lunch", Category: "NOT_READY"}, n.User.Reason)
		require.Equal(t, "10", decode(t, "team-member").User.Reason.Code)
	})
	t.Run("trap 4 and 5: put in lower case, any order", func(t *testing.T) {
		n := decode(t, "error-user-peripheral")
		require.Equal(t, finesse.EventPut, n.Event)
		require.Equal(t, "login-1", n.RequestID)
		require.Equal(t, []finesse.APIError{{
			Type: "Invalid Device", Data: "260", Message: "CF_INVALID_LOGON_DEVICE_SPECIFIED",
			Code: "10125", Text: "A device target with the network target ID specified cannot be found.",
		}}, n.Errors)
	})
	t.Run("trap 6: absent is nil, empty is not", func(t *testing.T) {
		few := decode(t, "user-reserved-few-fields").User
		require.Nil(t, few.Roles)
		require.Nil(t, few.TeamID)
		require.Nil(t, few.ReasonCodeID)
		require.NotNil(t, few.PendingState)
		out := decode(t, "user-logged-out").User
		require.Equal(t, "", *out.Extension)
		require.Equal(t, []string{}, out.Roles)
		require.True(t, out.StateChangeTime.IsZero())
	})
	t.Run("trap 7: a DELETE whose dialog still rings", func(t *testing.T) {
		n := decode(t, "dialog-delete-still-alerting")
		require.Equal(t, finesse.EventDelete, n.Event)
		require.Equal(t, "ALERTING", n.Dialogs[0].State)
		require.Equal(t, "DROPPED", n.Dialogs[0].Participants[0].State)
	})
	t.Run("call variables: order, blanks and double escapes", func(t *testing.T) {
		vars := decode(t, "dialog-put").Dialogs[0].Variables
		require.Len(t, vars, 12)
		require.Equal(t, finesse.Variable{Name: "callVariable2", Value: " two  blanks "}, vars[1])
		require.Equal(t, finesse.Variable{Name: "callVariable3", Value: "a <b> &amp; c"}, vars[2])
		require.Equal(t, "user.microapp.ToExtVXML[0]", vars[10].Name)
	})
	t.Run("what XML forbids", func(t *testing.T) {
		list, err := finesse.DecodeUpdates([]byte("<Update><data><dialog><id>5</id><mediaProperties><callvariables><CallVariable><name>callVariable1</name>" +
			"<value>a&#x1;b\x00c\xffd&#xD800;e</value></CallVariable></callvariables></mediaProperties></dialog></data><event>PUT</event></Update>"))
		require.NoError(t, err)
		require.Equal(t, []finesse.Variable{{Name: "callVariable1", Value: "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe"}}, list[0].Dialogs[0].Variables)
	})
	t.Run("ids come from URIs", func(t *testing.T) {
		d := decode(t, "dialog-consult").Dialogs[0]
		require.Equal(t, "16804401", d.ID)
		require.Equal(t, "16804377", d.AssociatedDialog)
	})
	t.Run("a user without loginId has the id of its URI", func(t *testing.T) {
		for _, tc := range []struct{ body, want string }{
			{"<uri>/finesse/api/User/1001</uri>", "1001"},
			{"<loginId>1002</loginId><uri>/finesse/api/User/1001</uri>", "1002"},
		} {
			list, err := finesse.DecodeUpdates([]byte("<Update><data><user>" + tc.body + "</user></data></Update>"))
			require.NoError(t, err)
			require.Equal(t, tc.want, *list[0].User.ID)
		}
		list, err := finesse.DecodeUpdates([]byte("<Update><data><user><state>READY</state></user></data></Update>"))
		require.NoError(t, err)
		require.Nil(t, list[0].User.ID)
	})
	t.Run("times are UTC, bad ones zero", func(t *testing.T) {
		u := decode(t, "user-full").User
		require.Equal(t, time.Date(2023, 1, 13, 11, 7, 11, 466e6, time.UTC), *u.StateChangeTime)
		bad := decode(t, "user-bad-time").User
		require.True(t, bad.StateChangeTime.IsZero())
		require.Nil(t, bad.WrapUpTimer)
	})
}

func TestDecodeUpdatesRefuses(t *testing.T) {
	tests := map[string]string{
		"nothing":             "",
		"blanks":              " \n",
		"no XML":              "hello",
		"half":                "<Update><data><user>",
		"crossed":             "<Update><data></Update></data>",
		"another root":        "<Dialogs/>",
		"trailing text":       "<Update/>tail",
		"a document type":     `<!DOCTYPE Update [<!ENTITY a "b">]><Update/>`,
		"an unknown entity":   "<Update><event>&a;</event></Update>",
		"a NUL in a name":     "<Up\x00date/>",
		"too deep":            strings.Repeat("<Update>", 33) + strings.Repeat("</Update>", 33),
		"too many elements":   "<Update>" + strings.Repeat("<a/>", 20001) + "</Update>",
		"too large":           "<Update>" + strings.Repeat(" ", 1<<20) + "</Update>",
		"too many in a burst": strings.Repeat("<Update/>", 20001),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			list, err := finesse.DecodeUpdates([]byte(text))
			require.ErrorIs(t, err, finesse.ErrPayload)
			require.Nil(t, list)
		})
	}
}

// FuzzDecodeUpdate: no input makes the decoder fail in any other way than by
// ErrPayload, and what it returns keeps the model's promises.
func FuzzDecodeUpdate(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(payloads, "updates", "*.xml"))
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(text)
		f.Add(text[:len(text)/2])
		for _, bad := range []string{"&#x1;", "&#0;", "\x01", "\xff", "&#xFFFF;", "&nope;"} {
			f.Add(bytes.Replace(text, []byte("<state>"), []byte("<state>"+bad), 1))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := finesse.DecodeUpdates(text)
		if err != nil {
			require.ErrorIs(t, err, finesse.ErrPayload)
			require.Nil(t, list)
			return
		}
		require.NotEmpty(t, list)
		for _, n := range list {
			require.Equal(t, strings.ToUpper(string(n.Event)), string(n.Event))
			kinds := 0
			for _, set := range []bool{n.User != nil, n.Dialogs != nil, n.Errors != nil, n.System != nil, n.Team != nil, n.Queues != nil} {
				if set {
					kinds++
				}
			}
			require.LessOrEqual(t, kinds, 1)
			if n.User != nil {
				finesse.User{}.Merge(*n.User)
			}
		}
		again, err := finesse.DecodeUpdates(text)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(list, again))
	})
}
