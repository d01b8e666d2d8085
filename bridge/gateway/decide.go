package gateway

import (
	"gcbridge/bridge/telemetry"
	"gcbridge/protocol"
)

// Facts are what is known of a command when it is decided.
type Facts struct {
	Word          protocol.Word // "" = unknown
	Nameless      bool          // it names neither an agent nor a destination
	Bad           bool          // it is not well formed
	BadReject     bool          // so much so that people should see it [C8]
	BadCode       protocol.ErrorCode
	ByDestination bool // the word belongs to a destination, not to an agent
	Unusable      bool // the destination that it names cannot be used [H5] [D3]

	Expired bool // [C4]
	TooOld  bool // [C4]
	Once    bool // it must not run twice
	Asks    bool // it changes nothing

	Serving    bool // a Finesse serves
	Answerable bool // there is an address to answer to
	HasReplyTo bool // that is its JMSReplyTo
	Place      Place
	Overtaken  bool // a later command of the same producer has begun [C24]
	Supervisor bool // a supervisor of this node sent it for a team member [C15]
	Settling   bool // the agent may be on the way here
	Waited     bool // it has waited for that
	Behind     bool // earlier commands of the agent wait
}

// Place is where the agent of a command is.
type Place int

// The places.
const (
	Nowhere Place = iota
	Here
	Elsewhere // another node has the agent
)

// Action is what is done with a command.
type Action int

// The actions.
const (
	Drop       Action = iota + 1 // acknowledge it, nothing else
	Reject                       // copy it to the reject queue [C8]
	Refuse                       // answer Verdict.Code
	ReLogin                      // answer RE_LOGIN [C5]
	RefuseName                   // answer on JMSReplyTo that the destination cannot be used
	Hello                        // bind the destination, answer the system state [C6]
	Beat                         // answer the system state or RECONNECT [C6]
	Connect                      // give it to the agent's session, started if need be
	Offer                        // give it to the agent's session
	OfferOther                   // give it to the supervisor's session [C15]
	Fetch                        // move the agent here, then give it to the session
	Wait                         // keep it behind the agent's earlier commands
	Await                        // keep it until the agent has come
)

// Verdict is what becomes of a command.
type Verdict struct {
	Do   Action
	Code protocol.ErrorCode // of Refuse
	// Copy: people get a copy as well [C8].
	Copy bool
	// Counts is a counter beside those of the action; see Counted.
	Counts  telemetry.Counter
	Counted bool
}

// rule is one case. The first that holds decides.
type rule struct {
	name  string
	holds func(f Facts) bool
	then  func(f Facts) Verdict
}

// rules is the table of the cases, in order.
var rules = []rule{
	{"expired [C4]", func(f Facts) bool { return f.Expired }, counted(Drop, "", telemetry.CommandsExpired)},
	{"names nobody [C8]", func(f Facts) bool { return f.Bad && f.Nameless }, just(Reject)},

	{"bad word of a destination [C8]", func(f Facts) bool { return f.ByDestination && (f.Bad || f.Unusable) }, just(Reject)},
	{"Hello [C6]", func(f Facts) bool { return f.Word == protocol.Hello }, just(Hello)},
	{"Beat [C6]", func(f Facts) bool { return f.Word == protocol.Beat }, just(Beat)},

	{"Connect to what cannot be used, and no JMSReplyTo [C8]", func(f Facts) bool { return f.connect() && f.Unusable && !f.HasReplyTo }, just(Reject)},
	{"Connect to what cannot be used [C8]", func(f Facts) bool { return f.connect() && f.Unusable }, copied(RefuseName)},
	{"Connect", func(f Facts) bool { return f.connect() && !f.TooOld && f.Serving }, just(Connect)},

	{"cannot be answered [C8]", func(f Facts) bool { return f.Bad && (f.BadReject && !f.Answerable || f.BadCode == "") }, just(Reject)},
	{"earlier ones wait", func(f Facts) bool { return f.Behind }, just(Wait)},
	{"too old [C4]", func(f Facts) bool { return f.TooOld }, counted(Refuse, protocol.ErrPleaseRetry, telemetry.CommandsTooOld)},
	{"no Finesse [C7]", func(f Facts) bool { return !f.Serving }, refuse(protocol.ErrFinesseUnavailable)},
	{"bad Connect [C10]", func(f Facts) bool { return f.Bad && f.Word == protocol.Connect }, badCode},

	{"a supervisor's, for a member who is not here [C15]", func(f Facts) bool { return f.Supervisor && (f.Place == Nowhere || f.late()) }, just(OfferOther)},
	{"overtaken, for an agent of another node [C24]", Facts.late, counted(Refuse, protocol.ErrPleaseRetry, telemetry.CommandsOvertaken)},
	{"for an agent of another node", func(f Facts) bool { return f.Place == Elsewhere }, just(Fetch)},
	{"for an agent who may be on the way", func(f Facts) bool { return f.Place == Nowhere && f.Settling && !f.Waited && !f.Bad }, counted(Await, "", telemetry.CommandsAwaitingNewcomers)},
	{"for an agent whom nobody has [C5]", func(f Facts) bool { return f.Place == Nowhere }, just(ReLogin)},
	{"for an agent of this node", func(Facts) bool { return true }, just(Offer)},
}

// Decide is the verdict on a command. It is a pure function.
func Decide(f Facts) Verdict {
	for _, r := range rules {
		if r.holds(f) {
			v := r.then(f)
			// Only what is answered now is copied: what is rejected is its own copy,
			// and what waits is decided again.
			v.Copy = v.Copy || f.Bad && f.BadReject && v.Do != Reject && v.Do != Drop && v.Do != Wait && v.Do != Await
			return v
		}
	}
	return Verdict{Do: Offer} // the last rule always holds
}

// connect is a well-formed Connect.
func (f Facts) connect() bool { return f.Word == protocol.Connect && !f.Bad }

// late reports that a command would fetch its agent from another node only to be
// refused by their session here. What must not run twice is left to the session,
// which looks for its effect first.
func (f Facts) late() bool {
	return f.Place == Elsewhere && f.Overtaken && !f.Bad && !f.Once && !f.Asks
}

func just(do Action) func(Facts) Verdict { return func(Facts) Verdict { return Verdict{Do: do} } }

func copied(do Action) func(Facts) Verdict {
	return func(Facts) Verdict { return Verdict{Do: do, Copy: true} }
}

func counted(do Action, code protocol.ErrorCode, c telemetry.Counter) func(Facts) Verdict {
	return func(Facts) Verdict { return Verdict{Do: do, Code: code, Counts: c, Counted: true} }
}

func refuse(code protocol.ErrorCode) func(Facts) Verdict {
	return func(Facts) Verdict { return Verdict{Do: Refuse, Code: code} }
}

func badCode(f Facts) Verdict { return Verdict{Do: Refuse, Code: f.BadCode} }
