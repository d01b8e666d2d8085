package spec

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"gcbridge/protocol"
)

// Message is an output as one or more editions write it in one format.
type Message struct {
	Name     string // of the message and its schema in the AsyncAPI document: O-001.JSON.4.4
	Row      protocol.OutputRow
	Format   protocol.Format
	Editions []protocol.Edition
	Layouts  []string // the forms of a text, the usual one first
	Examples []Example

	payload node // its schema
}

// Example is a message as it goes over the wire. Where editions that share a
// message write an example differently, the later one has its edition in the name.
type Example struct{ Name, Body string }

// messagesOf are the messages of a row; editions that write alike share one.
func messagesOf(row protocol.OutputRow) ([]Message, error) {
	var all []Message
	add := func(f protocol.Format, layouts []string, payload node, editions ...protocol.Edition) {
		all = append(all, Message{Row: row, Format: f, Editions: editions, Layouts: layouts, payload: payload})
	}
	for _, g := range generations() {
		layouts := g.layouts(row)
		if len(layouts) == 0 {
			continue
		}
		payload := matches(textPattern(layouts))
		alike := slices.IndexFunc(all, func(m Message) bool { return reflect.DeepEqual(m.payload, payload) })
		if alike < 0 {
			add(protocol.FormatDefault, layouts, payload, g.editions...)
			continue
		}
		all[alike].Editions = append(all[alike].Editions, g.editions...)
	}
	if shape, ok := jsonSchemas()[row.Code]; ok {
		early, late := shape(protocol.Edition44), shape(protocol.Edition4412)
		switch {
		case reflect.DeepEqual(early, late):
			add(protocol.FormatJSON, nil, early, protocol.Edition44, protocol.Edition4412)
		case early == nil:
			add(protocol.FormatJSON, nil, late, protocol.Edition4412)
		default:
			add(protocol.FormatJSON, nil, early, protocol.Edition44)
			add(protocol.FormatJSON, nil, late, protocol.Edition4412)
		}
	}
	formats := map[protocol.Format]int{}
	for _, m := range all {
		formats[m.Format]++
	}
	for i := range all {
		m := &all[i]
		m.Name = string(row.Code) + "." + string(m.Format)
		if formats[m.Format] > 1 {
			m.Name += "." + string(m.Editions[0])
		}
		var err error
		if m.Examples, err = examplesOf(*m); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// examplesOf renders the row's examples in every dialect of the message, each
// different text once.
func examplesOf(m Message) ([]Example, error) {
	var all []Example
	for _, ex := range m.Row.Examples {
		seen := map[string]bool{}
		for _, edition := range m.Editions {
			d, err := protocol.NewDialect(edition, m.Format, "", time.UTC)
			if err != nil {
				return nil, err
			}
			e, ok := protocol.Encode(ex.Output, d)
			if !ok || seen[e.Body] {
				continue
			}
			name := ex.Name
			if len(seen) > 0 {
				name += "." + string(edition)
			}
			seen[e.Body] = true
			all = append(all, Example{name, e.Body})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has a layout for %s but no example", m.Row.Code, m.Name)
	}
	return all, nil
}

// Messages are the messages of every output, in the order of the codes.
func Messages() ([]Message, error) {
	var all []Message
	for _, row := range protocol.OutputRows() {
		of, err := messagesOf(row)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
}
