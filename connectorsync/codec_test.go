package connectorsync

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

const canary = "c4n4ry-p4ss"

var header = Header{Node: "gc-1", Boot: 1_568_724_000_000, Seq: 17, At: 1_568_724_381_123}

// examples has a body of each kind, and of those with a context one of an SSO user too.
func examples() []Body {
	c := Context{
		Password: secret.New(canary), Extension: "2001", Destination: "/topic/crm.1001",
		Format: "JSON", Teams: []string{"5", "7"}, LoggedIn: true, Leaving: true,
	}
	sso := Context{
		Password: secret.New(canary), Bearer: true,
		Token: Token{
			Refresh: secret.New(canary + "-r"), Password: secret.New(canary + "-p"), Shown: secret.New(canary + "-s"),
			Issued: 1_568_724_381_000, Expires: 1_568_724_681_000,
		},
	}
	return []Body{
		AgentState{Agent: "1001", Password: secret.New(canary), Extension: "2001", SubscriptionTime: 1_568_724_381_000},
		Heartbeat{Priority: 127, Role: RoleServing, Unable: true, Agents: 2, Version: Version},
		AgentContext{Agent: "1001", SubscriptionTime: 1_568_724_381_000, Context: c},
		SyncRequest{To: "gc-2"},
		SyncDone{To: "gc-2"},
		AgentGone{Agent: "1001", SubscriptionTime: 1_568_724_381_000},
		Orphan{Agent: "1001", SubscriptionTime: 1_568_724_381_000, Owner: "gc-3", OwnerBoot: 1_568_720_000_000, Context: c},
		Intents{List: []Intent{{MessageID: "ID:b-1:1", Agent: "1001", Word: "MakeCall", Node: "gc-1", At: 1_568_724_381_000}}},
		Progress{List: []Mark{{Agent: "1001", MessageID: "ID:b-1:1", At: 1_568_724_381_000}}},
		Yielded{Agent: "1001", To: "gc-2", Busy: true},
		AgentContext{Agent: "1002", SubscriptionTime: 1_568_724_381_000, Context: sso},
		Orphan{Agent: "1002", SubscriptionTime: 1_568_724_381_000, Owner: "gc-3", OwnerBoot: 1_568_720_000_000, Context: sso},
	}
}

func newCodec(t testing.TB, key secret.Secret, plaintext bool) *Codec {
	t.Helper()
	c, err := NewCodec(key, plaintext)
	require.NoError(t, err)
	return c
}

func encode(t testing.TB, c *Codec, b Body) string {
	t.Helper()
	body, err := c.Encode(Message{header, b}, &counting{})
	require.NoError(t, err)
	return body
}

func requireRefused(t testing.TB, want Reason, err error) {
	t.Helper()
	var r *RefusedError
	require.ErrorAs(t, err, &r)
	require.Equal(t, want, r.Reason)
	require.Equal(t, errclass.Client, errclass.Of(err))
	require.NotContains(t, err.Error(), canary)
}

func TestWhatIsEncodedComesBack(t *testing.T) {
	for name, c := range map[string]*Codec{
		"key":   newCodec(t, testKey, false),
		"plain": newCodec(t, secret.Secret{}, true),
		"both":  newCodec(t, testKey, true),
	} {
		for _, b := range examples() {
			t.Run(name+"/"+string(b.Kind()), func(t *testing.T) {
				body := encode(t, c, b)
				require.True(t, strings.HasPrefix(body, string(b.Kind())+"#"), body)
				require.Equal(t, name == "key" || name == "both" && b.Kind() != KindAgentState, !strings.Contains(body, canary) && strings.Contains(body, sealPrefix))
				got, err := c.Decode(body, "")
				require.NoError(t, err)
				want := Message{header, b}
				if s, ok := b.(AgentState); ok {
					s.Sealed = name == "key"
					want.Body = s
					if !s.Sealed {
						want.Header = Header{}
					}
				}
				require.Empty(t, cmp.Diff(want, got))
			})
		}
	}
}

// The layouts are fixed: another release, or an original, reads them.
func TestTheWireFormIsWhatTheDocumentationShows(t *testing.T) {
	plain := newCodec(t, secret.Secret{}, true)
	for i, want := range []string{
		`AgentState#1001#c4n4ry-p4ss#2001#1568724381000`,
		`gcHeartbeat#1.0#gc-1#1568724000000#17#1568724381123#{"priority":127,"role":"serving","unable":true,"agents":2,"version":"1.0"}`,
		`gcContext#1.0#gc-1#1568724000000#17#1568724381123#{"agent":"1001","subscriptionTime":1568724381000,"extension":"2001","destination":"/topic/crm.1001","format":"JSON","teams":["5","7"],"loggedIn":true,"leaving":true,"password":"c4n4ry-p4ss"}`,
		`gcSyncRequest#1.0#gc-1#1568724000000#17#1568724381123#{"to":"gc-2"}`,
		`gcSyncDone#1.0#gc-1#1568724000000#17#1568724381123#{"to":"gc-2"}`,
		`gcAgentGone#1.0#gc-1#1568724000000#17#1568724381123#{"agent":"1001","subscriptionTime":1568724381000}`,
		`gcOrphan#1.0#gc-1#1568724000000#17#1568724381123#{"agent":"1001","subscriptionTime":1568724381000,"owner":"gc-3","ownerBoot":1568720000000,"extension":"2001","destination":"/topic/crm.1001","format":"JSON","teams":["5","7"],"loggedIn":true,"leaving":true,"password":"c4n4ry-p4ss"}`,
		`gcIntent#1.0#gc-1#1568724000000#17#1568724381123#{"intents":[{"id":"ID:b-1:1","agent":"1001","word":"MakeCall","node":"gc-1","at":1568724381000}]}`,
		`gcProgress#1.0#gc-1#1568724000000#17#1568724381123#{"progress":[{"agent":"1001","id":"ID:b-1:1","at":1568724381000}]}`,
		`gcYielded#1.0#gc-1#1568724000000#17#1568724381123#{"agent":"1001","to":"gc-2","busy":true}`,
		`gcContext#1.0#gc-1#1568724000000#17#1568724381123#{"agent":"1002","subscriptionTime":1568724381000,"bearer":true,"token":{"issued":1568724381000,"expires":1568724681000},"password":"c4n4ry-p4ss","refreshToken":"c4n4ry-p4ss-r","tokenPassword":"c4n4ry-p4ss-p","shown":"c4n4ry-p4ss-s"}`,
	} {
		require.Equal(t, want, encode(t, plain, examples()[i]))
	}
	// Fixed nonce 00..01, key "0123456789abcdef" twice.
	require.Equal(t,
		`AgentState#1001#v1:AAAAAAAAAAAAAAABpKA6xVbIqgeovVN+6NGleGBVzBMOZjdvOobQe5kH46VAYnowarh3cykqYEIW3A0xNeaC1oJKHl07oKjAUqllgqW/lUSeNNzGniMSeaCz2WNoDUk3ddoupNtBv1CgOYV201rSQm6c1tMA#2001#1568724381000`,
		encode(t, newCodec(t, testKey, false), examples()[0]))
}

// Each field of each kind is covered by the seal.
func TestNoChangeSurvivesTheSeal(t *testing.T) {
	c := newCodec(t, testKey, false)
	for _, b := range examples() {
		body := encode(t, c, b)
		for i := range len(body) {
			for _, put := range []string{"", "0", "1", "A", "#", "=", "\n"} {
				changed := body[:i] + put + body[i+1:]
				if changed == body {
					continue
				}
				_, err := c.Decode(changed, "")
				require.Error(t, err, "%q instead of %q", changed, body)
			}
		}
		for _, more := range []string{"=", "A", "#", " ", "\n", "\x00", "AAAA"} {
			_, err := c.Decode(body+more, "")
			require.Error(t, err, "%q after %s", more, b.Kind())
		}
	}
}

// No half of a message is taken for a whole one.
func TestAMessageCutInTwoIsRefused(t *testing.T) {
	for _, c := range []*Codec{newCodec(t, testKey, false), newCodec(t, secret.Secret{}, true)} {
		for _, b := range examples() {
			body := encode(t, c, b)
			for cut := range len(body) {
				for _, half := range []string{body[:cut], body[cut:]} {
					if half == body || c.aead == nil && b.Kind() == KindAgentState {
						continue // the original's own form has no check: its time may be cut short
					}
					_, err := c.Decode(half, "")
					var r *RefusedError
					require.ErrorAs(t, err, &r, half)
				}
			}
		}
	}
}

func TestForgeriesAreRefused(t *testing.T) {
	ours := newCodec(t, testKey, false)
	other := newCodec(t, secret.New(strings.Repeat("ab", 32)), false)
	plain := newCodec(t, secret.Secret{}, true)
	both := newCodec(t, testKey, true)
	for _, b := range examples() {
		body := encode(t, ours, b)
		_, err := ours.Decode(encode(t, other, b), "")
		requireRefused(t, ReasonForged, err)
		_, err = plain.Decode(body, "")
		requireRefused(t, ReasonSealed, err)
		if b.Kind() == KindAgentState {
			continue
		}
		for _, c := range []*Codec{ours, both} {
			_, err = c.Decode(encode(t, plain, b), "")
			requireRefused(t, ReasonUnsealed, err)
		}
		for _, change := range [][2]string{
			{string(b.Kind()), string(KindHeartbeat)},
			{string(b.Kind()), string(KindSyncDone)},
			{"#1.0#", "#1.1#"},
			{"#gc-1#", "#gc-2#"},
			{"#1568724000000#", "#1568724000001#"},
			{"#17#", "#18#"},
			{"#17#", "#017#"},
			{"381123#", "381124#"},
		} {
			changed := strings.Replace(body, change[0], change[1], 1)
			if changed == body { // its own kind
				continue
			}
			_, err := ours.Decode(changed, "")
			requireRefused(t, ReasonForged, err)
		}
	}
	state := encode(t, ours, examples()[0])
	for _, change := range [][2]string{
		{"#1001#", "#1002#"},
		{"#2001#", "#2002#"},
		{"#1568724381000", "#1568724381001"},
		{"#1568724381000", "#01568724381000"},
	} {
		_, err := ours.Decode(strings.Replace(state, change[0], change[1], 1), "")
		requireRefused(t, ReasonForged, err)
	}
	_, err := ours.Decode(encode(t, plain, examples()[0]), "")
	requireRefused(t, ReasonPlaintext, err)
	// A seal of one message does not fit another one.
	moved := encode(t, ours, examples()[1])
	_, err = ours.Decode(moved[:strings.LastIndex(moved, "#")+1]+strings.Split(state, "#")[2], "")
	requireRefused(t, ReasonForged, err)
}

func TestRefusals(t *testing.T) {
	keyed, plain, both := newCodec(t, testKey, false), newCodec(t, secret.Secret{}, true), newCodec(t, testKey, true)
	const frame = "gcHeartbeat#1.0#gc-1#1568724000000#17#1568724381123#"
	for name, row := range map[string]struct {
		reader *Codec
		body   string
		gcNode string
		reason Reason
	}{
		"empty":                {plain, "", "", ReasonUnknownKind},
		"unknown kind":         {plain, "gcWeather#1.0#gc-1#1#1#1#{}", "", ReasonUnknownKind},
		"not ours":             {plain, "hello", "", ReasonUnknownKind},
		"later major version":  {plain, "gcHeartbeat#2.0#gc-1#1568724000000#17#1568724381123#{}", "", ReasonVersion},
		"no version":           {plain, "gcHeartbeat##gc-1#1568724000000#17#1568724381123#{}", "", ReasonVersion},
		"too few fields":       {plain, "gcHeartbeat#1.0#gc-1#1568724000000#17", "", ReasonMalformed},
		"no node":              {plain, "gcHeartbeat#1.0##1568724000000#17#1568724381123#{}", "", ReasonMalformed},
		"sequence zero":        {plain, "gcHeartbeat#1.0#gc-1#1568724000000#0#1568724381123#{}", "", ReasonMalformed},
		"sequence too large":   {plain, "gcHeartbeat#1.0#gc-1#1568724000000#18446744073709551615#1568724381123#{}", "", ReasonMalformed},
		"negative boot":        {plain, "gcHeartbeat#1.0#gc-1#-1#17#1568724381123#{}", "", ReasonMalformed},
		"no JSON":              {plain, frame + "{", "", ReasonMalformed},
		"JSON and more":        {plain, frame + "{}{}", "", ReasonMalformed},
		"a wrong type":         {plain, frame + `{"agents":"two"}`, "", ReasonMalformed},
		"a count below zero":   {plain, frame + `{"agents":-1}`, "", ReasonMalformed},
		"no agent":             {plain, "gcContext#1.0#gc-1#1568724000000#17#1568724381123#{\"subscriptionTime\":1}", "", ReasonMalformed},
		"a separator in it":    {plain, "gcAgentGone#1.0#gc-1#1568724000000#17#1568724381123#{\"agent\":\"a#b\",\"subscriptionTime\":1}", "", ReasonMalformed},
		"a time that is none":  {plain, "gcAgentGone#1.0#gc-1#1568724000000#17#1568724381123#{\"agent\":\"a\",\"subscriptionTime\":9223372036854775807}", "", ReasonMalformed},
		"hidden control chars": {plain, frame + `{"role":"\u0000"}`, "", ReasonMalformed},
		"no intents":           {plain, "gcIntent#1.0#gc-1#1568724000000#17#1568724381123#{}", "", ReasonMalformed},
		"no progress":          {plain, "gcProgress#1.0#gc-1#1568724000000#17#1568724381123#{}", "", ReasonMalformed},
		"yielded to nobody":    {plain, "gcYielded#1.0#gc-1#1568724000000#17#1568724381123#{\"agent\":\"1001\"}", "", ReasonMalformed},
		"a NUL":                {plain, frame + "{}\x00", "", ReasonMalformed},
		"no UTF-8":             {plain, frame + "{}\xff", "", ReasonMalformed},
		"oversized":            {plain, frame + strings.Repeat(" ", MaxBody), "", ReasonOversized},
		"seal too short":       {keyed, frame + "v1:AAAA", "", ReasonForged},
		"seal no base64":       {keyed, frame + "v1:****", "", ReasonForged},
		"seal empty":           {keyed, frame + "v1:", "", ReasonForged},
		"seal of version 2":    {keyed, frame + "v2:AAAA", "", ReasonUnsealed},
		"unsealed":             {keyed, frame + "{}", "", ReasonUnsealed},
		"O-025 in clear":       {keyed, "AgentState#1001#pw#2001#1568724381000", "", ReasonPlaintext},
		"O-025 of ours":        {plain, "AgentState#1001#pw#2001#1568724381000", "gc-1", ReasonRedundant},
		"O-025 of ours, key":   {both, "AgentState#1001#pw#2001#1568724381000", "gc-1", ReasonRedundant},
		"O-025 too short":      {plain, "AgentState#1001#pw#2001", "", ReasonMalformed},
		"O-025 of the year 0":  {plain, "AgentState#1001#pw#2001#0", "", ReasonMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := row.reader.Decode(row.body, row.gcNode)
			requireRefused(t, row.reason, err)
		})
	}
}

func TestAnOriginalsAgentIsRead(t *testing.T) {
	for _, c := range []*Codec{newCodec(t, secret.Secret{}, true), newCodec(t, testKey, true)} {
		m, err := c.Decode("AgentState#1001#pw#2001#2019-09-17 12:46:21", "")
		require.NoError(t, err)
		want := AgentState{Agent: "1001", Password: secret.New("pw"), Extension: "2001", SubscriptionTime: 1_568_724_381_000}
		require.Empty(t, cmp.Diff(Message{Body: want}, m))
	}
}

// A peer of another version leaves fields out or adds some; a role may be new.
func TestOtherMinorVersionsAreRead(t *testing.T) {
	plain := newCodec(t, secret.Secret{}, true)
	for name, row := range map[string]struct {
		body string
		want Body
	}{
		"an older heartbeat": {"gcHeartbeat#1.0#gc-1#1568724000000#17#1568724381123#{}", Heartbeat{}},
		"a newer heartbeat": {
			`gcHeartbeat#1.12#gc-1#1568724000000#17#1568724381123#{"priority":100,"role":"resting","agents":1,"load":0.5,"version":"1.12"}`,
			Heartbeat{Priority: 100, Role: "resting", Agents: 1, Version: "1.12"},
		},
		"an older context": {
			`gcContext#1.0#gc-1#1568724000000#17#1568724381123#{"agent":"1001","subscriptionTime":5}`,
			AgentContext{Agent: "1001", SubscriptionTime: 5},
		},
		"a newer context": {
			`gcContext#1.3#gc-1#1568724000000#17#1568724381123#{"agent":"1001","subscriptionTime":5,"mood":{"a":[1]},"password":"p"}`,
			AgentContext{Agent: "1001", SubscriptionTime: 5, Context: Context{Password: secret.New("p")}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := plain.Decode(row.body, "gc-1")
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(Message{header, row.want}, m))
		})
	}
}

func TestKeysAreKeysAndNotPassphrases(t *testing.T) {
	raw := []byte("0123456789abcdef0123456789abcdef")
	for _, good := range []string{hex.EncodeToString(raw), testKey.Reveal(), strings.TrimRight(testKey.Reveal(), "="), testKey.Reveal() + "\n"} {
		m, err := newCodec(t, secret.New(good), false).Decode(encode(t, newCodec(t, testKey, false), examples()[1]), "")
		require.NoError(t, err)
		require.Equal(t, header, m.Header)
	}
	for _, bad := range []string{"secret", "0123456789abcdef0123456789abcdef", hex.EncodeToString(raw[:16]), strings.Repeat("z", 44), " "} {
		_, err := NewCodec(secret.New(bad), true)
		require.ErrorContains(t, err, "GC_SYNC_KEY")
		require.NotContains(t, err.Error(), "0123456789abcdef")
	}
	_, err := NewCodec(secret.Secret{}, false)
	require.ErrorContains(t, err, "GC_SYNC_PLAINTEXT")
}

func TestEncodeRefusesWhatDecodeWould(t *testing.T) {
	c := newCodec(t, testKey, false)
	for name, m := range map[string]Message{
		"no header":       {Header{}, Heartbeat{}},
		"node with '#'":   {Header{"a#b", 1, 1, 1}, Heartbeat{}},
		"agent with '#'":  {header, AgentGone{Agent: "a#b", SubscriptionTime: 1}},
		"agent with NUL":  {header, AgentState{Agent: "a\x00", SubscriptionTime: 1}},
		"no time":         {header, AgentContext{Agent: "1001"}},
		"too long":        {header, AgentContext{Agent: "1001", SubscriptionTime: 1, Context: Context{Destination: strings.Repeat("d", maxValue+1)}}},
		"too many":        {header, AgentContext{Agent: "1001", SubscriptionTime: 1, Context: Context{Teams: make([]string, maxTeams+1)}}},
		"nothing in it":   {header, Intents{}},
		"longer than all": {header, Intents{List: longIntents(2000)}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Encode(m, &counting{})
			require.Error(t, err)
		})
	}
	_, err := newCodec(t, secret.Secret{}, true).Encode(Message{header, AgentState{Agent: "1", Password: secret.New(canary + "#"), SubscriptionTime: 1}}, &counting{})
	require.ErrorContains(t, err, "layout of O-025")
	require.NotContains(t, err.Error(), canary)
	_, err = c.Encode(Message{header, Heartbeat{}}, strings.NewReader("short"))
	require.ErrorContains(t, err, "randomness")
	// The longest answer that a State makes fits.
	_, err = c.Encode(Message{header, Intents{List: longIntents(listedPerMessage)}}, &counting{})
	require.NoError(t, err)
}

func longIntents(n int) []Intent {
	name := strings.Repeat("n", maxName)
	list := make([]Intent, n)
	for i := range list {
		list[i] = Intent{MessageID: strings.Repeat("m", maxValue), Agent: name, Word: "MakeCall", Node: name, At: 1}
	}
	return list
}

// TestTokensFit: a signed access token is longer than any other value, and one
// that is encrypted too is longer still.
func TestTokensFit(t *testing.T) {
	long := secret.New(strings.Repeat("t", 6000))
	codec := newCodec(t, testKey, false)
	for _, b := range []Body{
		AgentState{Agent: "1001", Password: long, SubscriptionTime: 1000},
		AgentContext{Agent: "1001", SubscriptionTime: 1, Context: Context{Password: long, Bearer: true, Token: Token{Refresh: long}}},
	} {
		m, err := codec.Decode(encode(t, codec, b), header.Node)
		require.NoError(t, err)
		require.Equal(t, b.Kind(), m.Body.Kind())
	}
	_, err := codec.Encode(Message{header, AgentContext{
		Agent: "1001", SubscriptionTime: 1, Context: Context{Token: Token{Refresh: secret.New(strings.Repeat("t", maxSecret+1))}},
	}}, &counting{})
	require.ErrorIs(t, err, errField)
}

func TestNothingPrintsAPassword(t *testing.T) {
	raw := []byte("0123456789abcdef0123456789abcdef")
	st, err := New(Config{Node: "gc-2", Boot: 1})
	require.NoError(t, err)
	st.LinkUp(header.At.Time())
	things := []any{newCodec(t, testKey, true), *newCodec(t, testKey, true), st, *st}
	for _, b := range examples() {
		m := Message{header, b}
		things = append(things, b, m, Send{m})
		for _, e := range st.Apply(m, header.At.Time()) {
			things = append(things, e)
		}
	}
	things = append(things, TakeOver{Context: Context{Password: secret.New(canary)}}, st.Status(header.At.Time()), *st)
	var log bytes.Buffer
	zl := zerolog.New(&log)
	for _, v := range things {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
			fmt.Fprintf(&log, verb, v)
		}
		if j, err := json.Marshal(v); err == nil {
			log.Write(j)
		}
		zl.Info().Interface("v", v).Send()
	}
	for _, hidden := range []string{canary, hex.EncodeToString([]byte(canary)), string(raw), hex.EncodeToString(raw)} {
		require.NotContains(t, log.String(), hidden)
	}
}
