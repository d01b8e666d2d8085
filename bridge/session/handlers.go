package session

import (
	"context"

	"gcbridge/protocol"
)

// row is how a session serves one command word.
type row struct {
	run func(s *Session, ctx context.Context, r *Request) error
	// unbound commands are served whatever the state of the connection.
	unbound bool
	needs   need
	// login and dialog choose the wire code of a failure [E1].
	login, dialog bool
}

// need is what must be known before a command is worth a request.
type need int

const (
	// needUser: the agent's state has been read.
	needUser need = iota + 1
	// needCalls: he is logged in at an extension.
	needCalls
)

// handlers is the table of commands that a session serves.
func handlers() map[protocol.Word]row {
	return map[protocol.Word]row{
		protocol.Connect: {run: (*Session).connect, unbound: true},
		protocol.Login:   {run: (*Session).logIn, login: true},

		protocol.MakeReady:              {run: (*Session).makeReady},
		protocol.MakeNotReady:           {run: (*Session).makeNotReady},
		protocol.MakeNotReadyWithReason: {run: (*Session).makeNotReady},
		protocol.Logout:                 {run: (*Session).logOut},
		protocol.LogoutWithReason:       {run: (*Session).logOut},
		protocol.ForceLogout:            {run: (*Session).forceLogout, needs: needUser},
		protocol.GetState:               {run: (*Session).getState, needs: needUser},
		protocol.Refresh:                {run: (*Session).refresh},

		protocol.MakeCall:       {run: (*Session).makeCall, needs: needCalls},
		protocol.AnswerCall:     {run: act("ANSWER"), needs: needCalls, dialog: true},
		protocol.HoldCall:       {run: act("HOLD"), needs: needCalls, dialog: true},
		protocol.RetrieveCall:   {run: act("RETRIEVE"), needs: needCalls, dialog: true},
		protocol.ReleaseCall:    {run: act("DROP"), needs: needCalls, dialog: true},
		protocol.GetDialogState: {run: (*Session).getDialogState, needs: needUser},

		protocol.ReasonCodeNotReady: {run: reasonCodes(protocol.ReasonNotReady)},
		protocol.ReasonCodeLogout:   {run: reasonCodes(protocol.ReasonLogout)},
		protocol.WrapUpReasonCode:   {run: (*Session).wrapUpReasons},
	}
}
