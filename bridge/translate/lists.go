package translate

import (
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// QueueList answers getqueuelist [O-019] with what Finesse counts. Unified CCX
// counts nothing there: all its numbers are -1, and they are passed on, as a 0
// would say that no caller waits.
func (v View) QueueList(qs []finesse.Queue) protocol.QueueList {
	out := protocol.QueueList{Addressee: v.addressee()}
	for _, q := range qs {
		s := q.Stats
		out.Queues = append(out.Queues, protocol.Queue{
			Name: q.Name, AgentsNotReady: s.AgentsNotReady, AgentsReady: s.AgentsReady,
			TalkingInbound: s.TalkingInbound, TalkingInternal: s.TalkingInternal, TalkingOutbound: s.TalkingOutbound,
			WrapUpNotReady: s.WrapUpNotReady, WrapUpReady: s.WrapUpReady,
			CallsInQueue: s.CallsInQueue, LongestCallInQueue: s.LongestSince,
		})
	}
	return out
}

// Phonebooks answers GetPhonebooks [O-029].
func (v View) Phonebooks(bs []finesse.PhoneBook) protocol.Phonebooks {
	return protocol.Phonebooks{Addressee: v.addressee(), Books: books(bs)}
}

// TeamPhonebooks answers GetTeamPhonebooks [O-030].
func (v View) TeamPhonebooks(bs []finesse.PhoneBook) protocol.TeamPhonebooks {
	return protocol.TeamPhonebooks{Addressee: v.addressee(), Books: books(bs)}
}

func books(bs []finesse.PhoneBook) []protocol.Phonebook {
	var out []protocol.Phonebook
	for _, b := range bs {
		out = append(out, protocol.Phonebook{Name: b.Name, Type: b.Type, ID: b.ID})
	}
	return out
}

// Contacts answers GetPhonebookContacts [O-031].
func (v View) Contacts(book string, cs []finesse.Contact) protocol.Contacts {
	out := protocol.Contacts{Addressee: v.addressee(), PhonebookID: book}
	for _, c := range cs {
		out.Contacts = append(out.Contacts, protocol.Contact{
			Description: c.Description, FirstName: c.FirstName, LastName: c.LastName, PhoneNumber: c.Number, ID: c.ID,
		})
	}
	return out
}
