package sim

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// phoneBookXML is a phone book: for agents with its contacts, for the
// administrator with a path to them.
type phoneBookXML struct {
	XMLName  xml.Name `xml:"PhoneBook"`
	Name     string   `xml:"name"`
	Type     string   `xml:"type"`
	URI      string   `xml:"uri"`
	Contacts any      `xml:"contacts"`
}

type contactsXML struct {
	Contact []contactXML `xml:"Contact"`
}

type contactListXML struct {
	XMLName xml.Name     `xml:"Contacts"`
	Contact []contactXML `xml:"Contact"`
}

type contactXML struct {
	FirstName   string `xml:"firstName"`
	LastName    string `xml:"lastName"`
	Number      string `xml:"phoneNumber"`
	Description string `xml:"description"`
	URI         string `xml:"uri"`
}

func bookPath(id string) string { return "/finesse/api/PhoneBook/" + id }

func (b *phoneBook) contactXML(i int) contactXML {
	c := b.Contacts[i]
	return contactXML{c.FirstName, c.LastName, c.Number, c.Description, bookPath(b.ID) + "/Contact/" + itoa(i+1)}
}

// booksFor are the books of some teams: the global ones first.
func (s *Server) booksFor(teams ...string) []*phoneBook {
	var global, own []*phoneBook
	for i := range s.scenario.PhoneBooks {
		b := &s.scenario.PhoneBooks[i]
		switch {
		case b.Type == globalBook:
			global = append(global, b)
		case slices.ContainsFunc(b.Teams, func(id string) bool { return slices.Contains(teams, id) }):
			own = append(own, b)
		}
	}
	return append(global, own...)
}

// window is a range of contacts, counted from 1 over all books.
type window struct{ first, last int }

const (
	unasked  = 1500 // contacts without a Range header
	maxRange = 6000 // contacts in one range
)

var rangeForm = regexp.MustCompile(`^objects=(\d{1,9})-(\d{1,9})$`)

// parseRange reads a Range header; total is how many contacts there are.
func parseRange(header string, total int) (window, *apiError) {
	if header == "" {
		return window{1, unasked}, nil
	}
	bad := &apiError{http.StatusRequestedRangeNotSatisfiable, "Range Not Satisfiable", header, "The range is not satisfiable"}
	m := rangeForm.FindStringSubmatch(header)
	if m == nil {
		return window{}, bad
	}
	first, _ := strconv.Atoi(m[1]) // digits, by the form
	last, _ := strconv.Atoi(m[2])
	if first < 1 || last < first || last-first >= maxRange || first > max(total, 1) {
		return window{}, bad
	}
	return window{first, last}, nil
}

// contactsOf lists books with the contacts in the asked range embedded. A
// book without any contact in it is left out, unless it has none at all.
func contactsOf(c *call, books []*phoneBook) (string, *apiError) {
	total := 0
	for _, b := range books {
		total += len(b.Contacts)
	}
	header := c.req.Header.Get("Range")
	w, refused := parseRange(header, total)
	if refused != nil {
		return "", refused
	}
	if header != "" {
		c.partial = fmt.Sprintf("objects %d-%d/%d", w.first, max(min(w.last, total), w.first), total)
	}
	var out strings.Builder
	n := 0
	for _, b := range books {
		var in contactsXML
		for i := range b.Contacts {
			if n++; n >= w.first && n <= w.last {
				in.Contact = append(in.Contact, b.contactXML(i))
			}
		}
		if len(in.Contact) > 0 || len(b.Contacts) == 0 {
			out.WriteString(marshal(phoneBookXML{Name: b.Name, Type: b.Type, URI: bookPath(b.ID), Contacts: in}))
		}
	}
	if out.Len() == 0 {
		return "<PhoneBooks/>", nil
	}
	return "<PhoneBooks>" + out.String() + "</PhoneBooks>", nil
}

func (s *Server) getUserPhoneBooks(c *call) (string, *apiError) {
	p, refused := s.mayRead(c)
	if refused != nil {
		return "", refused
	}
	return contactsOf(c, s.booksFor(p.Team))
}

// teamContacts serves TeamResource: as the user's list, for a team.
func (s *Server) teamContacts(c *call, _ string) (string, *apiError) {
	return contactsOf(c, s.booksFor(c.id))
}

// bookList is the administrator's form.
func bookList(books []*phoneBook) string {
	if len(books) == 0 {
		return "<PhoneBooks/>"
	}
	var b strings.Builder
	b.WriteString("<PhoneBooks>")
	for _, x := range books {
		b.WriteString(x.adminXML())
	}
	b.WriteString("</PhoneBooks>")
	return b.String()
}

func (b *phoneBook) adminXML() string {
	return marshal(phoneBookXML{Name: b.Name, Type: b.Type, URI: bookPath(b.ID), Contacts: bookPath(b.ID) + "/Contacts"})
}

func (s *Server) getPhoneBooks(*call) (string, *apiError) {
	var all []*phoneBook
	for i := range s.scenario.PhoneBooks {
		all = append(all, &s.scenario.PhoneBooks[i])
	}
	return bookList(all), nil
}

// getTeamPhoneBooks lists what is assigned to a team; global books are not.
func (s *Server) getTeamPhoneBooks(c *call) (string, *apiError) {
	t, refused := s.team(c)
	if refused != nil {
		return "", refused
	}
	return bookList(slices.DeleteFunc(s.booksFor(t.ID), func(b *phoneBook) bool { return b.Type == globalBook })), nil
}

func (s *Server) phoneBook(c *call) (*phoneBook, *apiError) {
	for i := range s.scenario.PhoneBooks {
		if s.scenario.PhoneBooks[i].ID == c.id {
			return &s.scenario.PhoneBooks[i], nil
		}
	}
	e := errNotFound(c.id, "phone book")
	return nil, &e
}

func (s *Server) getPhoneBook(c *call) (string, *apiError) {
	b, refused := s.phoneBook(c)
	if refused != nil {
		return "", refused
	}
	return b.adminXML(), nil
}

func (s *Server) getContacts(c *call) (string, *apiError) {
	b, refused := s.phoneBook(c)
	if refused != nil {
		return "", refused
	}
	var all contactListXML
	for i := range b.Contacts {
		all.Contact = append(all.Contact, b.contactXML(i))
	}
	return marshal(all), nil
}
