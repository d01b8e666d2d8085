package session

import (
	"context"
	"errors"

	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// recording makes the handlers of ZOOMPauseRecording and ZOOMResumeRecording:
// the configured recorder is told about the agent's active call [C18].
func recording(pause bool) handler {
	done := "Recording resumed"
	if pause {
		done = "Recording paused"
	}
	return func(s *Session, ctx context.Context, r *Request) error {
		dialog, ok := s.view.Active()
		if !ok {
			return errNoDialog()
		}
		err := s.deps.Recorder.Command(ctx, RecorderCommand{Pause: pause, Agent: s.agent, Extension: s.view.User().Extension, Dialog: dialog})
		switch {
		case errors.Is(err, ErrNoRecorder):
			s.say(r, "Recording control is not configured")
		case err != nil:
			return refuse(protocol.ErrGenericError, errclass.Of(err), err)
		default:
			s.say(r, done)
		}
		return nil
	}
}

// say answers with a line for the agent's window [O-003].
func (s *Session) say(r *Request, message string) {
	s.answer(r, protocol.StatusBar{Addressee: s.addressee(), Message: message})
}
