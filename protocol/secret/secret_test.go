package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
)

const canary = "c4n4ry-p4ss"

// exported and hidden are how a secret usually sits inside other values; fmt
// treats the two kinds of field differently.
type exported struct {
	Name     string
	Password secret.Secret
}

type hidden struct {
	name     string
	password secret.Secret
	deep     map[string][]secret.Secret
}

func holders() map[string]any {
	s := secret.New(canary)
	return map[string]any{
		"bare":     s,
		"pointer":  &s,
		"exported": exported{Name: "a", Password: s},
		"hidden":   hidden{name: "a", password: s, deep: map[string][]secret.Secret{"k": {s}}},
		"pointers": &hidden{name: "a", password: s},
		"slice":    []secret.Secret{s},
		"map":      map[string]secret.Secret{"k": s},
		"any":      []any{s, &s},
		"error":    fmt.Errorf("login: %w", fmt.Errorf("with %v and %+v", s, s)),
	}
}

func requireHidden(t *testing.T, printed string) {
	t.Helper()
	require.NotContains(t, printed, canary)
	require.NotContains(t, strings.ToLower(printed), fmt.Sprintf("%x", canary))
}

func TestNoPrintedFormHoldsTheValue(t *testing.T) {
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%20v", "%-5s", "%p"}
	for name, h := range holders() {
		t.Run(name, func(t *testing.T) {
			for _, v := range verbs {
				requireHidden(t, fmt.Sprintf(v, h))
			}
			requireHidden(t, fmt.Sprint(h))
			requireHidden(t, errors.Join(fmt.Errorf("%v", h)).Error())

			j, err := json.Marshal(h)
			require.NoError(t, err)
			requireHidden(t, string(j))

			var log bytes.Buffer
			zl := zerolog.New(&log)
			zl.Info().Interface("v", h).Any("w", h).Str("x", fmt.Sprint(h)).Send()
			console := zerolog.New(zerolog.ConsoleWriter{Out: &log, NoColor: true})
			console.Info().Interface("v", h).Send()
			slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", h)
			slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", h)
			requireHidden(t, log.String())
		})
	}
}

func TestTheBareSecretSaysThatItIsRedacted(t *testing.T) {
	s := secret.New(canary)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		require.Equal(t, secret.Redacted, fmt.Sprintf(verb, s), verb)
	}
	require.Equal(t, secret.Redacted, s.String())
	require.Equal(t, secret.Redacted, s.GoString())

	text, err := s.MarshalText()
	require.NoError(t, err)
	require.Equal(t, secret.Redacted, string(text))

	j, err := json.Marshal(map[string]secret.Secret{"p": s})
	require.NoError(t, err)
	require.JSONEq(t, `{"p":"[redacted]"}`, string(j))

	x, err := xml.Marshal(exported{Password: s})
	require.NoError(t, err)
	require.Contains(t, string(x), secret.Redacted)
	requireHidden(t, string(x))

	var log bytes.Buffer
	zl := zerolog.New(&log)
	zl.Info().Object("o", s).EmbedObject(s).Stringer("s", s).Send()
	require.JSONEq(t, `{"level":"info","o":{"secret":"[redacted]"},"secret":"[redacted]","s":"[redacted]"}`, log.String())
}

func TestTheValueComesBackOnlyOnRequest(t *testing.T) {
	require.Equal(t, canary, secret.New(canary).Reveal())
	require.False(t, secret.New(canary).IsZero())
	require.Empty(t, secret.Secret{}.Reveal())
	require.True(t, secret.Secret{}.IsZero())
	require.True(t, secret.New("").IsZero())
}

func TestEqualComparesValues(t *testing.T) {
	require.True(t, secret.New("a").Equal(secret.New("a")))
	require.False(t, secret.New("a").Equal(secret.New("b")))
	require.False(t, secret.New("a").Equal(secret.New("ab")))
	require.False(t, secret.New("a").Equal(secret.Secret{}))
	require.True(t, secret.New("").Equal(secret.Secret{}))
	// go-cmp finds Equal, so values that hold secrets can be compared in tests.
	require.NotEmpty(t, cmp.Diff(exported{Password: secret.New(canary)}, exported{}))
	require.Empty(t, cmp.Diff(exported{Password: secret.New("x")}, exported{Password: secret.New("x")}))
}

func TestConfigurationReadsSecrets(t *testing.T) {
	var decoded, text secret.Secret
	require.NoError(t, decoded.Decode(canary))
	require.Equal(t, canary, decoded.Reveal())
	require.NoError(t, text.UnmarshalText([]byte(canary)))
	require.Equal(t, canary, text.Reveal())

	// The caller may reuse its buffer.
	b := []byte(canary)
	require.NoError(t, text.UnmarshalText(b))
	b[0] = '!'
	require.Equal(t, canary, text.Reveal())

	var v exported
	require.NoError(t, json.Unmarshal([]byte(`{"Password":"c4n4ry-p4ss"}`), &v))
	require.Equal(t, canary, v.Password.Reveal())
}
