package finesse

import (
	"fmt"
	"regexp"
)

// The parts of a list of dialogs that cannot be read as a whole. A Dialog holds
// no other, and a < in data is always escaped.
var (
	dialogPart = regexp.MustCompile(`(?is)<dialog\s*>.*?</dialog\s*>`)
	idPart     = regexp.MustCompile(`(?is)<id\s*>\s*([0-9]+)\s*</id\s*>`)
	uriPart    = regexp.MustCompile(`(?is)<uri\s*>[^<]*/Dialog/([0-9]+)\s*</uri\s*>`)
)

// parseDialogs reads a list of dialogs. One that cannot be read costs no other:
// it is in the list as [Dialog.Unreadable], with its id if that can be told. A
// list that is cut off or is none is an error.
func parseDialogs(text []byte) ([]Dialog, error) {
	e, err := parseRoot(text, "Dialogs")
	if err == nil {
		return decodeDialogs(e), nil
	}
	text, _ = legal(text)
	if _, around := parseRoot(dialogPart.ReplaceAll(text, nil), "Dialogs"); around != nil {
		return nil, err
	}
	list := []Dialog{}
	for _, part := range dialogPart.FindAll(text, -1) {
		if e, err := parseRoot(part, "Dialog"); err == nil {
			list = append(list, decodeDialog(e))
			continue
		}
		d := Dialog{Unreadable: true}
		for _, where := range []*regexp.Regexp{idPart, uriPart} {
			if found := where.FindSubmatch(part); found != nil {
				d.ID = string(found[1])
				break
			}
		}
		list = append(list, d)
	}
	return list, nil
}

// parseRoot reads a document whose only element at the top is called root.
func parseRoot(text []byte, root string) (*element, error) {
	roots, err := parseElements(text, bodyLimits())
	if err != nil {
		return nil, err
	}
	if len(roots) != 1 || !roots[0].is(root) {
		return nil, fmt.Errorf("%w: the answer is no <%s>", ErrPayload, root)
	}
	return &roots[0], nil
}
