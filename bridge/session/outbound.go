package session

import (
	"context"
	"strings"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// What the answers of the callback commands say, in the words of the samples.
const (
	callbackTitle     = "CALLBACK"
	callbackScheduled = "Callback Scheduled"
	callbackUpdated   = "Callback Updated"
	callbackCanceled  = "Callback Canceled"
	reclassified      = "RECLASSIFY Successfully"
)

// callback makes the handler of SCHEDULECALLBACK and UPDATECALLBACK, which are
// one action to Finesse. Its time and its number go in requests of their own,
// as Finesse clients do; clients name the target, which can only be the
// agent's own extension.
func callback(done string) handler {
	return func(s *Session, ctx context.Context, r *Request) error {
		dialog, own := r.Command.Arg(protocol.ParamDialog), s.view.User().Extension
		var last string
		for _, p := range []finesse.Variable{
			{Name: "callbackTime", Value: r.Command.Arg(protocol.ParamTime)},
			{Name: "callbackNumber", Value: r.Command.Arg(protocol.ParamCallback)},
		} {
			id, err := s.actAs(ctx, r, dialog, finesse.Action{
				Name: finesse.ActionUpdateCallback, Target: own, Params: []finesse.Variable{{Name: p.Name, Value: callbackValue(p)}},
			})
			if err != nil {
				return err
			}
			last = id
		}
		s.awaitCallback(r, last, done)
		return nil
	}
}

// callbackValue puts a time into Finesse's form, 2014-03-07T14:30: clients
// write a blank for the T, and seconds.
func callbackValue(p finesse.Variable) string {
	const form = "2006-01-02T15:04"
	if p.Name != "callbackTime" {
		return p.Value
	}
	v := strings.Replace(p.Value, " ", "T", 1)
	if len(v) > len(form) && v[len(form)] == ':' {
		v = v[:len(form)]
	}
	return v
}

func (s *Session) cancelCallback(ctx context.Context, r *Request) error {
	id, err := s.actAs(ctx, r, r.Command.Arg(protocol.ParamDialog), finesse.Action{
		Name: finesse.ActionCancelCallback, Target: s.view.User().Extension,
	})
	if err != nil {
		return err
	}
	s.awaitCallback(r, id, callbackCanceled)
	return nil
}

func (s *Session) awaitCallback(r *Request, requestID, done string) {
	s.awaitEvent(r, requestID, done, protocol.Callback{Addressee: s.addressee(), Title: callbackTitle, Data: done})
}

// reclassify tells the dialer what answered a call. Clients of Unified CCE
// write its own spelling, REX_FAX; Finesse's has no prefix.
func (s *Session) reclassify(ctx context.Context, r *Request) error {
	value := strings.TrimPrefix(r.Command.Arg(protocol.ParamValue), "REX_")
	id, err := s.actAs(ctx, r, r.Command.Arg(protocol.ParamDialog), finesse.Action{
		Name: finesse.ActionReclassify, Target: s.view.User().Extension,
		Params: []finesse.Variable{{Name: "outboundClassification", Value: value}},
	})
	if err != nil {
		return err
	}
	s.awaitEvent(r, id, "Reclassify", protocol.Reclassify{Addressee: s.addressee(), Data: reclassified})
	return nil
}

// awaitEvent answers when a dialog event carries the request's id back.
func (s *Session) awaitEvent(r *Request, requestID, what string, answer protocol.Output) {
	s.await(awaited{
		what: what, requestID: requestID, correlation: r.CorrelationID, answers: []protocol.Output{answer},
		shown: func(n finesse.Notification) bool { return len(n.Dialogs) > 0 && n.RequestID == requestID },
	})
}
