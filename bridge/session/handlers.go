package session

import (
	"context"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// handler serves one command; its error is answered.
type handler = func(s *Session, ctx context.Context, r *Request) error

// row is how a session serves one command word.
type row struct {
	run handler
	// asks: the command changes nothing, so it may run behind later ones.
	asks bool
	// unbound commands are served whatever the state of the connection.
	unbound bool
	needs   need
	// lasting commands begin something that goes on after them, so a session that
	// has been let go cannot serve them.
	lasting bool
	// login, dialog and team choose the wire code of a failure [E1]: team is
	// for what is about others than the agent.
	login, dialog, team bool
}

// need is what must be known before a command is worth a request.
type need int

const (
	// needUser: the agent's state has been read.
	needUser need = iota + 1
	// needCalls: he is logged in at an extension.
	needCalls
)

// Asks reports whether a command changes nothing, so that it may run behind later ones.
func Asks(w protocol.Word) bool { return handlers()[w].asks }

// handlers is the table of commands that a session serves, in the order of
// the page.
func handlers() map[protocol.Word]row {
	return map[protocol.Word]row{
		protocol.Connect:          {run: (*Session).connect, unbound: true},
		protocol.Login:            {run: (*Session).logIn, login: true},
		protocol.MobileAgentLogin: {run: (*Session).logIn, login: true},

		protocol.MakeReady:              {run: (*Session).makeReady},
		protocol.MakeNotReady:           {run: (*Session).makeNotReady},
		protocol.MakeNotReadyWithReason: {run: (*Session).makeNotReady},
		protocol.MakeWorkNotReady:       {run: work(finesse.StateWork)},
		protocol.MakeWorkReady:          {run: work(finesse.StateWorkReady)},
		protocol.Logout:                 {run: (*Session).logOut},
		protocol.LogoutWithReason:       {run: (*Session).logOut},
		protocol.ForceLogout:            {run: (*Session).forceLogout, needs: needUser, lasting: true},
		protocol.GetState:               {asks: true, run: (*Session).getState, needs: needUser},
		protocol.Refresh:                {asks: true, run: (*Session).refresh},

		protocol.ReasonCodeNotReady: {asks: true, run: reasonCodes(protocol.ReasonNotReady)},
		protocol.ReasonCodeLogout:   {asks: true, run: reasonCodes(protocol.ReasonLogout)},
		protocol.WrapUpReasonCode:   {asks: true, run: (*Session).wrapUpReasons},

		protocol.MakeCall:       {run: (*Session).makeCall, needs: needCalls},
		protocol.AnswerCall:     {run: onDialog(finesse.ActionAnswer), needs: needCalls, dialog: true},
		protocol.HoldCall:       {run: onDialog(finesse.ActionHold), needs: needCalls, dialog: true},
		protocol.RetrieveCall:   {run: onDialog(finesse.ActionRetrieve), needs: needCalls, dialog: true},
		protocol.ReleaseCall:    {run: onDialog(finesse.ActionDrop), needs: needCalls, dialog: true},
		protocol.TransferSST:    {run: dialFrom(finesse.ActionTransferSST), needs: needCalls, dialog: true},
		protocol.Consult:        {run: dialFrom(finesse.ActionConsultCall), needs: needCalls, dialog: true},
		protocol.TransferCall:   {run: onHeld(finesse.ActionTransfer), needs: needCalls, dialog: true},
		protocol.ConferenceCall: {run: onHeld(finesse.ActionConference), needs: needCalls, dialog: true},

		protocol.GetDialogState:         {asks: true, run: (*Session).getDialogState, needs: needUser},
		protocol.GetDialogStateControls: {asks: true, run: (*Session).getControls, needs: needUser},
		protocol.GetDialogParticipants:  {asks: true, run: (*Session).getParticipants, needs: needUser},
		protocol.WrapUp:                 {run: (*Session).wrapUp, needs: needCalls, dialog: true},
		protocol.UpdateCallVariable:     {run: (*Session).updateVariables, needs: needCalls, dialog: true},
		protocol.PauseRecording:         {run: recording(true), needs: needUser},
		protocol.ResumeRecording:        {run: recording(false), needs: needUser},

		protocol.AcceptOutboundPreview: {run: onDialog(finesse.ActionAccept), needs: needCalls, dialog: true},
		protocol.RejectOutboundPreview: {run: onDialog(finesse.ActionReject), needs: needCalls, dialog: true},
		protocol.CloseOutboundPreview:  {run: onDialog(finesse.ActionClose), needs: needCalls, dialog: true},
		protocol.ScheduleCallback:      {run: callback(callbackScheduled), needs: needCalls, dialog: true},
		protocol.UpdateCallback:        {run: callback(callbackUpdated), needs: needCalls, dialog: true},
		protocol.CancelCallback:        {run: (*Session).cancelCallback, needs: needCalls, dialog: true},
		protocol.ReclassifyCall:        {run: (*Session).reclassify, needs: needCalls, dialog: true},

		protocol.GetPhonebooks:        {asks: true, run: (*Session).phonebooks, needs: needUser, team: true},
		protocol.GetPhonebookContacts: {asks: true, run: (*Session).phonebookContacts, needs: needUser, team: true},
		protocol.GetTeamPhonebooks:    {asks: true, run: (*Session).teamPhonebooks, needs: needUser, team: true},

		protocol.GetAllAgents:     {asks: true, run: (*Session).allAgents, needs: needUser, team: true},
		protocol.GetQueueList:     {asks: true, run: (*Session).queueList, needs: needUser, team: true},
		protocol.GetTeamUsers:     {run: (*Session).teamUsers, needs: needUser, team: true, lasting: true},
		protocol.GetTeamUserState: {asks: true, run: (*Session).teamUserState, needs: needUser, team: true},
		protocol.SilentMonitor:    {run: (*Session).silentMonitor, needs: needCalls, team: true},
		protocol.EndSilentMonitor: {run: onDialog(finesse.ActionDrop), needs: needCalls, dialog: true},
		protocol.DropParticipant:  {run: (*Session).dropParticipant, needs: needCalls, dialog: true, team: true},
		protocol.BargeIn:          {run: (*Session).bargeIn, needs: needCalls, dialog: true, team: true},

		protocol.GetSkillGroup:     {asks: true, run: (*Session).unsupported},
		protocol.GetSupervisor:     {asks: true, run: (*Session).unsupported},
		protocol.GetAgentExtension: {asks: true, run: (*Session).unsupported},
	}
}
