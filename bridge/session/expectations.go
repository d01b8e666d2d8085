package session

import (
	"gcbridge/bridge/session/ledger"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// What shows that a command has worked, by the rows of [handlers].

func signsIn(*Session, *Request) ledger.Expect { return ledger.Expect{Rule: ledger.RuleLogin} }

func becomes(st finesse.AgentState) func(*Session, *Request) ledger.Expect {
	return func(*Session, *Request) ledger.Expect {
		return ledger.Expect{Rule: ledger.RuleState, State: st}
	}
}

func becomesWithReason(st finesse.AgentState) func(*Session, *Request) ledger.Expect {
	return func(s *Session, r *Request) ledger.Expect {
		return ledger.Expect{Rule: ledger.RuleState, State: st, ReasonCode: s.reasonOf(r, st)}
	}
}

// reasonOf is the reason code of a command: the client's, else the configured
// one, "" if there is none.
func (s *Session) reasonOf(r *Request, st finesse.AgentState) string {
	if code := r.Command.Arg(protocol.ParamReason); code != "" {
		return code
	}
	return s.deps.Options.defaultReason(st)
}

// defaultReason is the configured reason code of a state [C16], "" = none.
func (o Options) defaultReason(st finesse.AgentState) string {
	switch st {
	case finesse.StateNotReady:
		return o.DefaultNotReadyReason
	case finesse.StateLogout:
		return o.DefaultLogoutReason
	}
	return ""
}

// supervisorReason is the configured reason code of a state that a supervisor
// sets [C15], "" = none.
func (o Options) supervisorReason(st finesse.AgentState) string {
	return map[finesse.AgentState]string{
		finesse.StateNotReady: o.SupervisorNotReadyReason,
		finesse.StateLogout:   o.SupervisorLogoutReason,
	}[st]
}

func calls(_ *Session, r *Request) ledger.Expect {
	return ledger.Expect{Rule: ledger.RuleCall, Number: r.Command.Arg(protocol.ParamNumber)}
}

func acts(rule ledger.Rule) func(*Session, *Request) ledger.Expect {
	return func(_ *Session, r *Request) ledger.Expect {
		return ledger.Expect{Rule: rule, Dialog: r.Command.Arg(protocol.ParamDialog)}
	}
}

// actsOnHeld is acts for what goes to the dialog that the agent holds, whatever
// the client named [C13].
func actsOnHeld(rule ledger.Rule) func(*Session, *Request) ledger.Expect {
	return func(s *Session, r *Request) ledger.Expect {
		named := r.Command.Arg(protocol.ParamDialog)
		if id, ok := s.view.Held(named); ok {
			named = id
		}
		return ledger.Expect{Rule: rule, Dialog: named}
	}
}

func joins(param string) func(*Session, *Request) ledger.Expect {
	return func(_ *Session, r *Request) ledger.Expect {
		return ledger.Expect{Rule: ledger.RuleJoin, Target: r.Command.Arg(param)}
	}
}

func sets(_ *Session, r *Request) ledger.Expect {
	e := ledger.Expect{Rule: ledger.RuleData, Dialog: r.Command.Arg(protocol.ParamDialog), Label: r.Command.Arg(protocol.ParamWrapUp)}
	for _, v := range r.Command.Variables() {
		e.Variables = append(e.Variables, finesse.Variable(v))
	}
	return e
}

func dropsOther(_ *Session, r *Request) ledger.Expect {
	return ledger.Expect{
		Rule: ledger.RuleDropOther, Dialog: r.Command.Arg(protocol.ParamDialog), Target: r.Command.Arg(protocol.ParamExtension),
	}
}
