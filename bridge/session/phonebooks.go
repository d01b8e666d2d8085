package session

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// Phone books come with the administrator's rights [C21]. Without an
// administrator, and from a second Finesse node, which refuses configuration
// requests (finesse-api 1.2), they are the agent's own: global ones and those
// of their team.

// ownContacts bounds the contacts that one request for the agent's own books
// asks for; older releases give no more.
const ownContacts = 1500

// hasAdmin reports whether GC_FINESSE_ADMIN_USER is configured [C21].
func (s *Session) hasAdmin() bool { return s.deps.Options.Admin.User != "" }

// adminOr runs asked with the administrator's credentials and, where there
// are none or the node refuses them, own with the agent's.
func (s *Session) adminOr(asked, own func(API, finesse.Credentials) error) error {
	api, cred, err := s.forMe()
	if err != nil {
		return err
	}
	if s.hasAdmin() {
		err := asked(api, s.deps.Options.Admin)
		var fe *finesse.Error
		if !errors.As(err, &fe) || fe.Status != http.StatusForbidden {
			return err
		}
		s.log.Debug().Err(err).Msg("this node refuses configuration requests: the agent's own phone books must do")
	}
	return own(api, cred)
}

func (s *Session) phonebooks(ctx context.Context, r *Request) error {
	var books []finesse.PhoneBook
	err := s.adminOr(
		func(api API, admin finesse.Credentials) (err error) {
			books, err = api.PhoneBooks(ctx, admin)
			return err
		},
		func(api API, cred finesse.Credentials) (err error) {
			books, err = api.UserPhoneBooks(ctx, cred, cred.User, ownContacts)
			return err
		})
	if err != nil {
		return err
	}
	s.answerList(r, s.view.Phonebooks(books), len(books), "PhoneBook", "NoPhoneBookFound")
	return nil
}

// teamPhonebooks lists the books of the named team, or of the agent's own.
func (s *Session) teamPhonebooks(ctx context.Context, r *Request) error {
	own := s.view.User().TeamID
	team := r.Command.Arg(protocol.ParamTeam)
	if team == "" {
		team = own
	}
	var books []finesse.PhoneBook
	err := s.adminOr(
		func(api API, admin finesse.Credentials) (err error) {
			books, err = api.TeamPhoneBooks(ctx, admin, team)
			return err
		},
		func(api API, cred finesse.Credentials) (err error) {
			if team != own {
				return refuse(protocol.ErrAuthorization, errclass.Client, nil)
			}
			books, err = api.UserPhoneBooks(ctx, cred, cred.User, ownContacts)
			books = slices.DeleteFunc(books, func(b finesse.PhoneBook) bool { return b.Type != "TEAM" })
			return err
		})
	if err != nil {
		return err
	}
	s.answerList(r, s.view.TeamPhonebooks(books), len(books), "TeamPhoneBook", "NoTeamPhoneBookFound")
	return nil
}

func (s *Session) phonebookContacts(ctx context.Context, r *Request) error {
	book := r.Command.Arg(protocol.ParamPhonebook)
	var contacts []finesse.Contact
	err := s.adminOr(
		func(api API, admin finesse.Credentials) (err error) {
			contacts, err = api.PhoneBookContacts(ctx, admin, book)
			return err
		},
		func(api API, cred finesse.Credentials) error {
			books, err := api.UserPhoneBooks(ctx, cred, cred.User, ownContacts)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(books, func(b finesse.PhoneBook) bool { return b.ID == book })
			if i < 0 {
				return refuse(protocol.ErrNotFound, errclass.Client, nil)
			}
			contacts = books[i].Contacts
			return nil
		})
	if err != nil {
		return err
	}
	s.answerList(r, s.view.Contacts(book, contacts), len(contacts), "PhoneBookContacts", "NoContactFound")
	return nil
}

// answerList answers a list; an empty one has a word in text and, where the
// dialect knows it, a message of its own.
func (s *Session) answerList(r *Request, list protocol.Output, n int, title, none string) {
	if n == 0 {
		nothing := protocol.NoDataFound{Addressee: s.addressee(), Title: title, Data: none}
		if _, ok := protocol.Encode(nothing, s.client.Dialect); ok {
			list = nothing
		}
	}
	s.answer(r, list)
}
