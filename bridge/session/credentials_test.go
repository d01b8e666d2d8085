package session

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

func TestCipheredPasswords(t *testing.T) {
	bubble(t, func(g *rig) {
		g.deps.Options.Decipher = func(s secret.Secret) (secret.Secret, error) {
			if s.Reveal() == "ciphered" {
				return secret.New("pw"), nil
			}
			return secret.Secret{}, errors.New("does not decipher")
		}
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		require.Equal(t, []string{"/topic/A 1001#Error#SUBSCRIPTION_FAILED"}, g.got(), "[C23] never tried as plain text")
		require.Empty(t, g.server.log())
		g.do(destA, "Connect#1001", "A,ciphered")
		g.do(noDest, "Login#1001", "pw,2001")
		require.Equal(t, []string{"/topic/A 1001#Error#SUBSCRIPTION_FAILED"}, g.got())
		g.do(noDest, "Login#1001", "ciphered,2001")
		require.Equal(t, []string{"CONNECT", "LOGIN 2001"}, g.server.log())
	})
}

func TestSSO(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,pw,SSO")
		g.do(noDest, "Login#1001", "pw,2001")
		g.tell(userEvent("", finesse.StateNotReady))
		require.Len(t, g.got(), 3)
		require.True(t, g.s.presence.Credentials().Bearer)
		require.True(t, g.server.lastCred.Bearer, "LOGIN goes with the token, too")
		g.tell(dialogEvent(finesse.EventPost, "55", "ALERTING", "ALERTING"))
		require.Len(t, g.got(), 1)
		g.server.set(func(f *fakeServer) { f.asked = nil })
		g.do(destA, "Connect#1001", "A,token2,SSO")
		require.Equal(t, []string{"USER"}, g.server.log(), "the next token is proven by a read; the stream stays")
		require.Equal(t, "token2", g.s.presence.Credentials().Password.Reveal())
		g.do(noDest, "getdialogstate#1001", "55")
		require.Equal(t, []string{"/topic/A 1001#DialogState#ALERTING#55#Ann Lee"}, g.got(), "and nothing is forgotten")
		g.server.fail["USER"] = &finesse.Error{Status: 401, Class: errclass.Upstream}
		g.do(destA, "Connect#1001", "A,stale,SSO")
		require.Equal(t, []string{"/topic/A 1001#Error#SUBSCRIPTION_FAILED"}, g.got())
		require.Equal(t, "token2", g.s.presence.Credentials().Password.Reveal())
	})
}

func TestTokenThatRanOutDuringAGap(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,pw,SSO")
		g.do(noDest, "Login#1001", "pw,2001")
		g.tell(userEvent("", finesse.StateNotReady))
		g.got()
		g.server.fail["USER"] = &finesse.Error{Status: 401, Class: errclass.Upstream}
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(time.Minute)
		require.Equal(t, []string{"/topic/A 1001#Error#SUBSCRIPTION_FAILED"}, g.got())
		require.Len(t, g.server.streams, 2, "Finesse locks out who comes again and again")
	})
}

func TestRecording(t *testing.T) {
	var told []RecorderCommand
	for _, tc := range []struct {
		name, jmsType string
		call          bool
		err           error
		want          string
	}{
		{"pause", "ZOOMPauseRecording#1001", true, nil, "/topic/A 1001#Control#PrintStatusBar#Recording paused"},
		{"resume", "zoomresumerecording#1001", true, nil, "/topic/A 1001#Control#PrintStatusBar#Recording resumed"},
		{"no call", "ZOOMPauseRecording#1001", false, nil, "/topic/A 1001#Error#NO_DIALOG_ID"},
		{"not configured", "ZOOMPauseRecording#1001", true, ErrNoRecorder, "/topic/A 1001#Control#PrintStatusBar#Recording control is not configured"},
		{"refused", "ZOOMPauseRecording#1001", true, errors.New("HTTP 500"), "/topic/A 1001#Error#GENERIC_ERROR"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				told = nil
				g.deps.Recorder = recorderFunc(func(_ context.Context, c RecorderCommand) error {
					told = append(told, c)
					return tc.err
				})
				g.loggedIn()
				if tc.call {
					g.tell(dialogEvent(finesse.EventPost, "54", "ACTIVE", "HELD"))
					g.tell(dialogEvent(finesse.EventPost, "55", "ACTIVE", "ACTIVE"))
				}
				g.got()
				g.do(noDest, tc.jmsType, "")
				require.Equal(t, []string{tc.want}, g.got(), "[C18]")
				if tc.call {
					require.Equal(t, []RecorderCommand{{Pause: tc.name != "resume", Agent: "1001", Extension: "2001", Dialog: "55"}}, told)
				} else {
					require.Empty(t, told)
				}
			})
		})
	}
}

type recorderFunc func(context.Context, RecorderCommand) error

func (f recorderFunc) Command(ctx context.Context, c RecorderCommand) error { return f(ctx, c) }
