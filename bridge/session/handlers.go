package session

import (
	"context"

	"gcbridge/bridge/session/ledger"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// handler serves one command; its error is answered.
type handler = func(s *Session, ctx context.Context, r *Request) error

// row is how a session serves one command word.
type row struct {
	run handler
	// expect is what will show that the command has worked; nil: its answer is
	// all that comes of it.
	expect func(s *Session, r *Request) ledger.Expect
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
	// needCalls: the agent is logged in at an extension.
	needCalls
)

// asking are the commands that change nothing, so that they may run behind later ones.
var asking = map[protocol.Word]bool{
	protocol.GetState:               true,
	protocol.Refresh:                true,
	protocol.ReasonCodeNotReady:     true,
	protocol.ReasonCodeLogout:       true,
	protocol.WrapUpReasonCode:       true,
	protocol.GetDialogState:         true,
	protocol.GetDialogStateControls: true,
	protocol.GetDialogParticipants:  true,
	protocol.GetPhonebooks:          true,
	protocol.GetPhonebookContacts:   true,
	protocol.GetTeamPhonebooks:      true,
	protocol.GetAllAgents:           true,
	protocol.GetQueueList:           true,
	protocol.GetTeamUserState:       true,
	protocol.GetSkillGroup:          true,
	protocol.GetSupervisor:          true,
	protocol.GetAgentExtension:      true,
}

// Asks reports whether a command changes nothing, so that it may run behind later ones.
func Asks(w protocol.Word) bool { return asking[w] }

// handlers is the table of commands that a session serves, in the order of
// the page.
func handlers() map[protocol.Word]row {
	return map[protocol.Word]row{
		protocol.Connect:          {run: (*Session).connect, unbound: true},
		protocol.Login:            {run: (*Session).logIn, expect: signsIn, login: true},
		protocol.MobileAgentLogin: {run: (*Session).logIn, expect: signsIn, login: true},

		protocol.MakeReady:              {run: (*Session).makeReady, expect: becomes(finesse.StateReady)},
		protocol.MakeNotReady:           {run: (*Session).makeNotReady, expect: becomesWithReason(finesse.StateNotReady)},
		protocol.MakeNotReadyWithReason: {run: (*Session).makeNotReady, expect: becomesWithReason(finesse.StateNotReady)},
		protocol.MakeWorkNotReady:       {run: work(finesse.StateWork), expect: becomes(finesse.StateWork)},
		protocol.MakeWorkReady:          {run: work(finesse.StateWorkReady), expect: becomes(finesse.StateWorkReady)},
		protocol.Logout:                 {run: (*Session).logOut, expect: becomesWithReason(finesse.StateLogout)},
		protocol.LogoutWithReason:       {run: (*Session).logOut, expect: becomesWithReason(finesse.StateLogout)},
		protocol.ForceLogout:            {run: (*Session).forceLogout, expect: becomes(finesse.StateLogout), needs: needUser, lasting: true},
		protocol.GetState:               {run: (*Session).getState, needs: needUser},
		protocol.Refresh:                {run: (*Session).refresh},

		protocol.ReasonCodeNotReady: {run: reasonCodes(protocol.ReasonNotReady)},
		protocol.ReasonCodeLogout:   {run: reasonCodes(protocol.ReasonLogout)},
		protocol.WrapUpReasonCode:   {run: (*Session).wrapUpReasons},

		protocol.MakeCall:       {run: (*Session).makeCall, expect: calls, needs: needCalls},
		protocol.AnswerCall:     {run: onDialog(finesse.ActionAnswer), expect: acts(ledger.RuleAnswer), needs: needCalls, dialog: true},
		protocol.HoldCall:       {run: onDialog(finesse.ActionHold), expect: acts(ledger.RuleHold), needs: needCalls, dialog: true},
		protocol.RetrieveCall:   {run: onDialog(finesse.ActionRetrieve), expect: acts(ledger.RuleRetrieve), needs: needCalls, dialog: true},
		protocol.ReleaseCall:    {run: onDialog(finesse.ActionDrop), expect: acts(ledger.RuleDrop), needs: needCalls, dialog: true},
		protocol.TransferSST:    {run: dialFrom(finesse.ActionTransferSST), expect: acts(ledger.RuleMove), needs: needCalls, dialog: true},
		protocol.Consult:        {run: dialFrom(finesse.ActionConsultCall), expect: calls, needs: needCalls, dialog: true},
		protocol.TransferCall:   {run: onHeld(finesse.ActionTransfer), expect: actsOnHeld(ledger.RuleMove), needs: needCalls, dialog: true},
		protocol.ConferenceCall: {run: onHeld(finesse.ActionConference), expect: actsOnHeld(ledger.RuleJoined), needs: needCalls, dialog: true},

		protocol.GetDialogState:         {run: (*Session).getDialogState, needs: needUser},
		protocol.GetDialogStateControls: {run: (*Session).getControls, needs: needUser},
		protocol.GetDialogParticipants:  {run: (*Session).getParticipants, needs: needUser},
		protocol.WrapUp:                 {run: (*Session).wrapUp, expect: sets, needs: needCalls, dialog: true},
		protocol.UpdateCallVariable:     {run: (*Session).updateVariables, expect: sets, needs: needCalls, dialog: true},
		protocol.PauseRecording:         {run: recording(true), needs: needUser},
		protocol.ResumeRecording:        {run: recording(false), needs: needUser},

		protocol.AcceptOutboundPreview: {run: onDialog(finesse.ActionAccept), expect: acts(ledger.RuleMove), needs: needCalls, dialog: true},
		protocol.RejectOutboundPreview: {run: onDialog(finesse.ActionReject), expect: acts(ledger.RuleDrop), needs: needCalls, dialog: true},
		protocol.CloseOutboundPreview:  {run: onDialog(finesse.ActionClose), expect: acts(ledger.RuleDrop), needs: needCalls, dialog: true},
		protocol.ScheduleCallback:      {run: callback(callbackScheduled), expect: acts(ledger.RuleEvent), needs: needCalls, dialog: true},
		protocol.UpdateCallback:        {run: callback(callbackUpdated), expect: acts(ledger.RuleEvent), needs: needCalls, dialog: true},
		protocol.CancelCallback:        {run: (*Session).cancelCallback, expect: acts(ledger.RuleEvent), needs: needCalls, dialog: true},
		protocol.ReclassifyCall:        {run: (*Session).reclassify, expect: acts(ledger.RuleEvent), needs: needCalls, dialog: true},

		protocol.GetPhonebooks:        {run: (*Session).phonebooks, needs: needUser, team: true},
		protocol.GetPhonebookContacts: {run: (*Session).phonebookContacts, needs: needUser, team: true},
		protocol.GetTeamPhonebooks:    {run: (*Session).teamPhonebooks, needs: needUser, team: true},

		protocol.GetAllAgents:     {run: (*Session).allAgents, needs: needUser, team: true},
		protocol.GetQueueList:     {run: (*Session).queueList, needs: needUser, team: true},
		protocol.GetTeamUsers:     {run: (*Session).teamUsers, needs: needUser, team: true, lasting: true},
		protocol.GetTeamUserState: {run: (*Session).teamUserState, needs: needUser, team: true},
		protocol.SilentMonitor:    {run: (*Session).silentMonitor, expect: joins(protocol.ParamExtension), needs: needCalls, team: true},
		protocol.EndSilentMonitor: {run: onDialog(finesse.ActionDrop), expect: acts(ledger.RuleDrop), needs: needCalls, dialog: true},
		protocol.DropParticipant:  {run: (*Session).dropParticipant, expect: dropsOther, needs: needCalls, dialog: true, team: true},
		protocol.BargeIn:          {run: (*Session).bargeIn, expect: joins(protocol.ParamTarget), needs: needCalls, dialog: true, team: true},

		protocol.GetSkillGroup:     {run: (*Session).unsupported},
		protocol.GetSupervisor:     {run: (*Session).unsupported},
		protocol.GetAgentExtension: {run: (*Session).unsupported},
	}
}

// table is how commands are served, made once for all sessions.
func (d *Deps) table() map[protocol.Word]row {
	d.once.Do(func() { d.rows = handlers() })
	return d.rows
}

// rowOf finds how a command is served: one that names another agent comes
// from their supervisor's client [C15].
func (s *Session) rowOf(r *Request) (row, bool) {
	if r.Command.ID != s.agent {
		return forMember(r.Command.Word)
	}
	h, ok := s.deps.table()[r.Command.Word]
	return h, ok
}
