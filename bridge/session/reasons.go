package session

import (
	"context"
	"strconv"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// reasonBook is the agent's reason codes as last read, by category.
type reasonBook map[protocol.ReasonCategory][]finesse.ReasonCode

// id maps a wire code to Finesse's database id; where no code matches, the
// number is taken as an id [C11].
func (b reasonBook) id(c protocol.ReasonCategory, code string) (id string, known bool) {
	for _, rc := range b[c] {
		if rc.Code == code {
			return rc.ID, true
		}
	}
	return code, false
}

// reasonID finds the id to send for a code, reading the list once, and again
// when the code is not in it: codes may have been added since.
func (s *Session) reasonID(ctx context.Context, st finesse.AgentState, code string) (string, error) {
	if code == "" {
		return "", nil
	}
	cat := protocol.ReasonCategory(st)
	if id, ok := s.reasons.id(cat, code); ok {
		return id, nil
	}
	if _, err := s.readReasons(ctx, cat); err != nil {
		return "", err
	}
	id, _ := s.reasons.id(cat, code)
	return id, nil
}

func (s *Session) readReasons(ctx context.Context, c protocol.ReasonCategory) ([]finesse.ReasonCode, error) {
	api, err := s.server()
	if err != nil {
		return nil, err
	}
	list, err := api.ReasonCodes(ctx, s.presence.Credentials(), s.loginID(), string(c))
	if err != nil {
		return nil, err
	}
	if s.reasons == nil {
		s.reasons = reasonBook{}
	}
	s.reasons[c] = list
	return list, nil
}

// reasonCodes makes the handler of reasoncodenotready and reasoncodelogout [O-016].
func reasonCodes(c protocol.ReasonCategory) func(*Session, context.Context, *Request) error {
	return func(s *Session, ctx context.Context, r *Request) error {
		list, err := s.readReasons(ctx, c)
		if err != nil {
			return err
		}
		out := protocol.ReasonCodes{Addressee: s.addressee(), Category: c}
		for _, rc := range list {
			out.Reasons = append(out.Reasons, protocol.Reason{Code: rc.Code, Label: rc.Label})
		}
		s.answer(r, out)
		return nil
	}
}

// wrapUpReasons answers wrapupreasoncode [O-016]. Finesse has labels only;
// the codes are their places in the list, from 1.
func (s *Session) wrapUpReasons(ctx context.Context, r *Request) error {
	api, err := s.server()
	if err != nil {
		return err
	}
	list, err := api.WrapUpReasons(ctx, s.presence.Credentials(), s.loginID())
	if err != nil {
		return err
	}
	out := protocol.ReasonCodes{Addressee: s.addressee(), Category: protocol.ReasonWrapUp}
	for i, w := range list {
		out.Reasons = append(out.Reasons, protocol.Reason{Code: strconv.Itoa(i + 1), Label: w.Label})
	}
	s.answer(r, out)
	return nil
}
