package config

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gcbridge/protocol/secret/tripledes"
)

// Triple-DES is the one cipher of passwords in commands [C23].
const cipher3DES = "3des"

// PasswordDecipherer is the configured cipher of passwords in commands, nil if
// they come in clear.
func (c Config) PasswordDecipherer() (*tripledes.Cipher, error) {
	switch c.PasswordCipher {
	case "none":
		return nil, nil //nolint:nilnil // no cipher is no error
	case cipher3DES:
		d, err := tripledes.New(c.PasswordKey, c.PasswordIV)
		if err != nil {
			return nil, fmt.Errorf("GC_PASSWORD_KEY, GC_PASSWORD_IV: %w", err)
		}
		return d, nil
	}
	return nil, fmt.Errorf("%q is neither none nor %s", c.PasswordCipher, cipher3DES)
}

// validateCommands checks what single commands need.
func (c Config) validateCommands(bad func(name, format string, a ...any)) {
	if _, err := c.PasswordDecipherer(); err != nil {
		bad("PASSWORD_CIPHER", "%v", err)
	}
	if c.PasswordCipher != cipher3DES && (!c.PasswordKey.IsZero() || !c.PasswordIV.IsZero()) {
		bad("PASSWORD_KEY", "needs GC_PASSWORD_CIPHER=%s", cipher3DES)
	}
	if (c.FinesseAdminUser == "") != c.FinesseAdminPassword.IsZero() {
		bad("FINESSE_ADMIN_USER", "needs GC_FINESSE_ADMIN_PASSWORD, and the other way round")
	}
	for name, raw := range map[string]string{"RECORDING_PAUSE_URL": c.RecordingPauseURL, "RECORDING_RESUME_URL": c.RecordingResumeURL} {
		if err := checkHook(raw); err != nil {
			bad(name, "%v", err)
		}
	}
	if methods := []string{http.MethodGet, http.MethodPost, http.MethodPut}; !slices.Contains(methods, c.RecordingMethod) {
		bad("RECORDING_METHOD", "%q is not one of %s", c.RecordingMethod, strings.Join(methods, ", "))
	}
	if c.RecordingTimeout <= 0 {
		bad("RECORDING_TIMEOUT", "must be more than 0")
	}
	if c.RecordingUser == "" && !c.RecordingPassword.IsZero() {
		bad("RECORDING_PASSWORD", "needs GC_RECORDING_USER")
	}
	if c.AgentStatesInterval < 0 {
		bad("AGENT_STATES_INTERVAL", "must not be negative")
	}
}

// checkHook checks the URL of a hook with its placeholders filled; "" is none.
func checkHook(raw string) error {
	if raw == "" {
		return nil
	}
	filled := strings.NewReplacer("{agent}", "1", "{extension}", "1", "{dialog}", "1").Replace(raw)
	u, err := url.Parse(filled)
	switch {
	case err != nil:
		return errors.New("not a URL") // the error would print it, and with it a password
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("not an http or https URL")
	case u.User != nil:
		return errors.New("credentials belong in separate variables")
	case strings.ContainsAny(filled, "{}"):
		return errors.New("the placeholders are {agent}, {extension} and {dialog}")
	}
	return nil
}
