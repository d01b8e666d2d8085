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
// agent's own extension. The last request has the outcome of both.
func callback(done string) handler {
	return func(s *Session, ctx context.Context, r *Request) error {
		api, cred, err := s.forMe()
		if err != nil {
			return err
		}
		dialog := r.Command.Arg(protocol.ParamDialog)
		action := func(name, value string) finesse.Action {
			p := finesse.Variable{Name: name, Value: value}
			return finesse.Action{
				Name: finesse.ActionUpdateCallback, Target: s.view.User().Extension,
				Params: []finesse.Variable{{Name: name, Value: callbackValue(p)}},
			}
		}
		if err := api.Act(ctx, cred, dialog, action("callbackTime", r.Command.Arg(protocol.ParamTime)), s.nextRequestID()); err != nil {
			return err
		}
		return s.actFor(ctx, r, dialog, action("callbackNumber", r.Command.Arg(protocol.ParamCallback)), s.callbackDone(done))
	}
}

func (s *Session) callbackDone(done string) protocol.Output {
	return protocol.Callback{Addressee: s.addressee(), Title: callbackTitle, Data: done}
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
	return s.actFor(ctx, r, r.Command.Arg(protocol.ParamDialog), finesse.Action{
		Name: finesse.ActionCancelCallback, Target: s.view.User().Extension,
	}, s.callbackDone(callbackCanceled))
}

// reclassify tells the dialer what answered a call. Clients of Unified CCE
// write its own spelling, REX_FAX; Finesse's has no prefix.
func (s *Session) reclassify(ctx context.Context, r *Request) error {
	value := strings.TrimPrefix(r.Command.Arg(protocol.ParamValue), "REX_")
	return s.actFor(ctx, r, r.Command.Arg(protocol.ParamDialog), finesse.Action{
		Name: finesse.ActionReclassify, Target: s.view.User().Extension,
		Params: []finesse.Variable{{Name: "outboundClassification", Value: value}},
	}, protocol.Reclassify{Addressee: s.addressee(), Data: reclassified})
}
