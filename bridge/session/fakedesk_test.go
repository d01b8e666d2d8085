package session

import (
	"context"

	"gcbridge/finesse"
)

// fakeDesk is what a fakeServer knows beyond one agent: teams, queues, phone
// books.
type fakeDesk struct {
	teams    map[string]finesse.Team
	users    []finesse.User
	queues   []finesse.Queue
	books    []finesse.PhoneBook
	contacts []finesse.Contact
}

func (f *fakeStream) Subscribe(_ context.Context, node string) error {
	return f.ask("SUBSCRIBE " + node)
}

func (f *fakeStream) Unsubscribe(_ context.Context, node string) error {
	return f.ask("UNSUBSCRIBE " + node)
}

func (f *fakeServer) Monitor(_ context.Context, _ finesse.Credentials, _, from, to, id string) error {
	return f.ask("MONITOR "+from+" "+to, id)
}

func (f *fakeServer) Barge(_ context.Context, _ finesse.Credentials, _, from, to, monitor, id string) error {
	return f.ask("BARGE "+from+" "+to+" "+monitor, id)
}

func (f *fakeServer) Team(_ context.Context, _ finesse.Credentials, id string, loggedOut bool) (finesse.Team, error) {
	what := "TEAM " + id
	if !loggedOut {
		what += " logged in"
	}
	err := f.ask(what, "")
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.desk.teams[id], err
}

func (f *fakeServer) Users(_ context.Context, cred finesse.Credentials) ([]finesse.User, error) {
	return f.desk.users, f.ask("USERS as "+cred.User, "")
}

func (f *fakeServer) Queues(_ context.Context, cred finesse.Credentials, id string) ([]finesse.Queue, error) {
	return f.desk.queues, f.ask("QUEUES of "+id+" as "+cred.User, "")
}

func (f *fakeServer) UserPhoneBooks(_ context.Context, cred finesse.Credentials, id string, _ int) ([]finesse.PhoneBook, error) {
	return f.desk.books, f.ask("BOOKS of "+id+" as "+cred.User, "")
}

func (f *fakeServer) PhoneBooks(_ context.Context, cred finesse.Credentials) ([]finesse.PhoneBook, error) {
	return f.desk.books, f.ask("BOOKS as "+cred.User, "")
}

func (f *fakeServer) TeamPhoneBooks(_ context.Context, cred finesse.Credentials, team string) ([]finesse.PhoneBook, error) {
	return f.desk.books, f.ask("BOOKS of team "+team+" as "+cred.User, "")
}

func (f *fakeServer) PhoneBookContacts(_ context.Context, cred finesse.Credentials, book string) ([]finesse.Contact, error) {
	return f.desk.contacts, f.ask("CONTACTS of "+book+" as "+cred.User, "")
}
