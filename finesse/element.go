package finesse

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrPayload is wrapped by every error about a body or an event that is not
// the XML we expect, or is larger, deeper or richer than we accept.
var ErrPayload = errors.New("finesse: unusable payload")

// limits bound what one document may cost.
type limits struct{ bytes, depth, elements int }

// element is one XML element with its namespace dropped: Finesse's objects
// have none. text is the character data directly inside, verbatim.
type element struct {
	name string
	text []byte
	kids []element
}

// parseElements reads the elements at the top of text: one for a REST body,
// possibly several for a notification. Processing instructions and comments
// are skipped; a document type declaration is refused. Characters that XML
// forbids are replaced: see [legal].
func parseElements(text []byte, max limits) ([]element, error) {
	if len(text) > max.bytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrPayload, len(text), max.bytes)
	}
	text, _ = legal(text)
	p := elementParser{d: xml.NewDecoder(bytes.NewReader(text)), max: max}
	root := element{}
	if err := p.fill(&root, 0); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPayload, err)
	}
	if len(bytes.TrimSpace(root.text)) > 0 {
		return nil, fmt.Errorf("%w: text outside of any element", ErrPayload)
	}
	return root.kids, nil
}

type elementParser struct {
	d     *xml.Decoder
	max   limits
	count int
}

// fill reads into e until its end tag, or until the end of the document when
// e is the root.
func (p *elementParser) fill(e *element, depth int) error {
	for {
		tok, err := p.d.Token()
		if errors.Is(err, io.EOF) && depth == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			p.count++
			if depth == p.max.depth {
				return fmt.Errorf("deeper than %d elements", p.max.depth)
			}
			if p.count > p.max.elements {
				return fmt.Errorf("more than %d elements", p.max.elements)
			}
			kid := element{name: t.Name.Local}
			if err := p.fill(&kid, depth+1); err != nil {
				return err
			}
			e.kids = append(e.kids, kid)
		case xml.EndElement:
			return nil
		case xml.CharData:
			e.text = append(e.text, t...)
		case xml.Directive:
			return errors.New("document type declaration")
		}
	}
}

// is compares names without regard to case: Finesse writes User and user,
// Dialog and dialog, contacts and Contacts.
func (e *element) is(name string) bool { return strings.EqualFold(e.name, name) }

// child returns the first child called name, nil if there is none. It is safe
// on a nil element.
func (e *element) child(name string) *element {
	if e == nil {
		return nil
	}
	for i := range e.kids {
		if e.kids[i].is(name) {
			return &e.kids[i]
		}
	}
	return nil
}

// all returns the children called name.
func (e *element) all(name string) []*element {
	if e == nil {
		return nil
	}
	var found []*element
	for i := range e.kids {
		if e.kids[i].is(name) {
			found = append(found, &e.kids[i])
		}
	}
	return found
}

// at follows path downwards, nil if it ends early.
func (e *element) at(path ...string) *element {
	for _, name := range path {
		e = e.child(name)
	}
	return e
}

// str is the trimmed text at path, "" if absent.
func (e *element) str(path ...string) string {
	if e = e.at(path...); e == nil {
		return ""
	}
	return string(bytes.TrimSpace(e.text))
}

// opt is the trimmed text at path, nil if absent.
func (e *element) opt(path ...string) *string {
	if e = e.at(path...); e == nil {
		return nil
	}
	s := e.str()
	return &s
}

// strs are the trimmed texts of the children called name; non-nil when e is
// there, so that an empty list differs from an absent one.
func (e *element) strs(name string) []string {
	if e == nil {
		return nil
	}
	list := []string{}
	for _, kid := range e.all(name) {
		list = append(list, kid.str())
	}
	return list
}

// lastSegment is what follows the last slash of a URI: the id.
func lastSegment(uri string) string {
	return uri[strings.LastIndexByte(uri, '/')+1:]
}
