package session

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"gcbridge/finesse"
)

// await runs ask, which blocks on Finesse, and goes on with what cannot wait: it
// keeps reading the notification stream, for an answer behind unread
// notifications would never be read, and it tells the outcomes that are overdue.
// Nothing else of the session changes meanwhile.
func await[T any](s *Session, ask func() (T, error)) (T, error) {
	type answer struct {
		value  T
		err    error
		defect string
	}
	answered := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			if p := recover(); p != nil {
				a.defect = fmt.Sprintf("%v\n%s", p, debug.Stack())
			}
			answered <- a
		}()
		a.value, a.err = ask()
	}()
	events := s.presence.Events()
	for {
		select {
		case a := <-answered:
			if a.defect != "" {
				panic(a.defect) // of this step, which contains it
			}
			return a.value, a.err
		case n, ok := <-events:
			if !ok {
				events = nil // the next step sees it, too
				continue
			}
			s.life.backlog = append(s.life.backlog, n)
		case <-s.asked.timer.C:
			s.overdue(time.Now())
			s.asked.armDeadline()
		}
	}
}

// awaitError is [await] for what has no value.
func awaitError(s *Session, ask func() error) error {
	_, err := await(s, func() (struct{}, error) { return struct{}{}, ask() })
	return err
}

// while is [await] for a request: without an open outcome nothing can become
// overdue, the stream is not needed for the answer, and another goroutine would
// only cost time.
func while[T any](s *Session, ask func() (T, error)) (T, error) {
	if s.asked.Len() == 0 {
		return ask()
	}
	return await(s, ask)
}

// with is [while] for a request that shows credentials; id is the user whom it
// is about, "" = none.
func (p patient) with(cred finesse.Credentials, id string, ask func() error) error {
	_, err := withValue(p, cred, id, func() (struct{}, error) { return struct{}{}, ask() })
	return err
}

// withValue is [patient.with] for what has a value.
func withValue[T any](p patient, cred finesse.Credentials, id string, ask func() (T, error)) (T, error) {
	return rest(p.s.deps.Trust, cred, id, func() (T, error) { return while(p.s, ask) })
}

// patient is an API whose calls do not hold back what cannot wait.
type patient struct {
	s   *Session
	api API
}

func (p patient) User(ctx context.Context, cred finesse.Credentials, id string) (finesse.User, error) {
	return withValue(p, cred, id, func() (finesse.User, error) { return p.api.User(ctx, cred, id) })
}

func (p patient) Dialogs(ctx context.Context, cred finesse.Credentials, id string) ([]finesse.Dialog, error) {
	return withValue(p, cred, id, func() ([]finesse.Dialog, error) { return p.api.Dialogs(ctx, cred, id) })
}

func (p patient) ReasonCodes(ctx context.Context, cred finesse.Credentials, id, category string) ([]finesse.ReasonCode, error) {
	return withValue(p, cred, id, func() ([]finesse.ReasonCode, error) { return p.api.ReasonCodes(ctx, cred, id, category) })
}

func (p patient) WrapUpReasons(ctx context.Context, cred finesse.Credentials, id string) ([]finesse.WrapUpReason, error) {
	return withValue(p, cred, id, func() ([]finesse.WrapUpReason, error) { return p.api.WrapUpReasons(ctx, cred, id) })
}

func (p patient) SetState(ctx context.Context, cred finesse.Credentials, id string, c finesse.StateChange, requestID string) error {
	return p.with(cred, id, func() error { return p.api.SetState(ctx, cred, id, c, requestID) })
}

func (p patient) MakeCall(ctx context.Context, cred finesse.Credentials, id, from, to, requestID string) error {
	return p.with(cred, id, func() error { return p.api.MakeCall(ctx, cred, id, from, to, requestID) })
}

func (p patient) Monitor(ctx context.Context, cred finesse.Credentials, id, from, to, requestID string) error {
	return p.with(cred, id, func() error { return p.api.Monitor(ctx, cred, id, from, to, requestID) })
}

func (p patient) Barge(ctx context.Context, cred finesse.Credentials, id, from, to, monitorID, requestID string) error {
	return p.with(cred, id, func() error { return p.api.Barge(ctx, cred, id, from, to, monitorID, requestID) })
}

func (p patient) Act(ctx context.Context, cred finesse.Credentials, dialogID string, a finesse.Action, requestID string) error {
	return p.with(cred, "", func() error { return p.api.Act(ctx, cred, dialogID, a, requestID) })
}

func (p patient) Team(ctx context.Context, cred finesse.Credentials, id string, loggedOut bool) (finesse.Team, error) {
	return withValue(p, cred, "", func() (finesse.Team, error) { return p.api.Team(ctx, cred, id, loggedOut) })
}

// Users is for the administrator: a 401 is about their own password.
func (p patient) Users(ctx context.Context, cred finesse.Credentials) ([]finesse.User, error) {
	return withValue(p, cred, cred.User, func() ([]finesse.User, error) { return p.api.Users(ctx, cred) })
}

func (p patient) Queues(ctx context.Context, cred finesse.Credentials, id string) ([]finesse.Queue, error) {
	return withValue(p, cred, "", func() ([]finesse.Queue, error) { return p.api.Queues(ctx, cred, id) })
}

func (p patient) UserPhoneBooks(ctx context.Context, cred finesse.Credentials, id string, contacts int) ([]finesse.PhoneBook, error) {
	return withValue(p, cred, "", func() ([]finesse.PhoneBook, error) { return p.api.UserPhoneBooks(ctx, cred, id, contacts) })
}

func (p patient) PhoneBooks(ctx context.Context, cred finesse.Credentials) ([]finesse.PhoneBook, error) {
	return withValue(p, cred, "", func() ([]finesse.PhoneBook, error) { return p.api.PhoneBooks(ctx, cred) })
}

func (p patient) TeamPhoneBooks(ctx context.Context, cred finesse.Credentials, teamID string) ([]finesse.PhoneBook, error) {
	return withValue(p, cred, "", func() ([]finesse.PhoneBook, error) { return p.api.TeamPhoneBooks(ctx, cred, teamID) })
}

func (p patient) PhoneBookContacts(ctx context.Context, cred finesse.Credentials, bookID string) ([]finesse.Contact, error) {
	return withValue(p, cred, "", func() ([]finesse.Contact, error) { return p.api.PhoneBookContacts(ctx, cred, bookID) })
}
