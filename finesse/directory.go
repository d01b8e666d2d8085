package finesse

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
)

// maxContacts is the largest range of contacts that Finesse gives at once
// (finesse-api 2.7).
const maxContacts = 6000

// Team reads a team and its members' summaries. Agents may not, supervisors
// may for their own teams (finesse-api 2.7).
func (c *Client) Team(ctx context.Context, cred Credentials, id string, includeLoggedOut bool) (Team, error) {
	e, err := c.read(ctx, request{
		op: "GET Team", path: []string{"Team", id}, cred: &cred,
		query: url.Values{"includeLoggedOutAgents": {strconv.FormatBool(includeLoggedOut)}},
	}, "Team")
	if err != nil {
		return Team{}, err
	}
	return decodeTeam(e), nil
}

// Users lists all users; administrators only.
func (c *Client) Users(ctx context.Context, cred Credentials) ([]User, error) {
	e, err := c.read(ctx, request{op: "GET Users", path: []string{"Users"}, cred: &cred}, "Users")
	if err != nil {
		return nil, err
	}
	list := []User{}
	for _, u := range e.all("User") {
		list = append(list, User{}.Merge(decodeUser(u)))
	}
	return list, nil
}

// Queues lists a user's queues; a supervisor's are those of all supervised
// teams.
func (c *Client) Queues(ctx context.Context, cred Credentials, id string) ([]Queue, error) {
	e, err := c.read(ctx, request{op: "GET Queues", path: []string{"User", id, "Queues"}, cred: &cred}, "Queues")
	if err != nil {
		return nil, err
	}
	return decodeQueues(e), nil
}

// UserPhoneBooks lists the phone books of a user with their contacts, at most
// contacts of them (0 = 1500, the most that older releases give).
func (c *Client) UserPhoneBooks(ctx context.Context, cred Credentials, id string, contacts int) ([]PhoneBook, error) {
	if contacts <= 0 {
		contacts = 1500
	}
	return c.phoneBooks(ctx, request{
		op: "GET User PhoneBooks", path: []string{"User", id, "PhoneBooks"}, cred: &cred,
		header: map[string]string{"Range": fmt.Sprintf("objects=1-%d", min(contacts, maxContacts))},
	})
}

// PhoneBooks lists all phone books without their contacts; administrators
// only, on the primary server only.
func (c *Client) PhoneBooks(ctx context.Context, cred Credentials) ([]PhoneBook, error) {
	return c.phoneBooks(ctx, request{op: "GET PhoneBooks", path: []string{"PhoneBooks"}, cred: &cred})
}

// TeamPhoneBooks lists the phone books assigned to a team; administrators
// only, on the primary server only.
func (c *Client) TeamPhoneBooks(ctx context.Context, cred Credentials, teamID string) ([]PhoneBook, error) {
	return c.phoneBooks(ctx, request{op: "GET Team PhoneBooks", path: []string{"Team", teamID, "PhoneBooks"}, cred: &cred})
}

func (c *Client) phoneBooks(ctx context.Context, r request) ([]PhoneBook, error) {
	e, err := c.read(ctx, r, "PhoneBooks")
	if err != nil {
		return nil, err
	}
	list := []PhoneBook{}
	for _, b := range e.all("PhoneBook") {
		list = append(list, decodePhoneBook(b))
	}
	return list, nil
}

// PhoneBookContacts lists the contacts of one phone book; administrators
// only, on the primary server only.
func (c *Client) PhoneBookContacts(ctx context.Context, cred Credentials, bookID string) ([]Contact, error) {
	e, err := c.read(ctx, request{op: "GET PhoneBook Contacts", path: []string{"PhoneBook", bookID, "Contacts"}, cred: &cred}, "Contacts")
	if err != nil {
		return nil, err
	}
	return decodeContacts(e), nil
}
