// Package sim is a Finesse server that needs no Cisco: the REST API, the
// notification service and the contact centre behind them, in one process.
// It is the lab of this project, importable by tests like net/http/httptest
// ([Start]) and run alone by "gcbridge sim" ([New], [Server.Run]).
//
// It keeps its own structs of the wire, apart from those of the client in
// package finesse, so that each is a second opinion of the other.
//
// # The fixture
//
// Without a scenario there are agents 1001 to 1010 with passwords pw1001 ...,
// extensions 2001 to 2010; team 1 "Sales" (1001-1005, supervisor 1005) and
// team 2 "Support" (1006-1010, supervisor 1010); NOT_READY codes 12 Lunch and
// 13 Break (database ids 102 and 103); LOGOUT codes 21 End of shift and 22
// System (121 and 122); wrap-up reasons Sales, Complaint and Other. Every
// agent wraps up for 10 s after a routed call. The administrator is "admin"
// with password "pwadmin". Config.Scale adds agents 100001 ... with
// extensions 500001 ... to team 1.
//
// Outside numbers: 7000 is busy, 7001 rings for ever, numbers that start with
// 9 ring and answer after Config.AnswerAfter, a number of up to five digits
// that is no extension is a bad destination, all others answer as 9 does. A
// known extension that nobody is signed in at rings.
//
// A scenario is a YAML file; testdata/scenario.yaml shows every key. A section
// that is present replaces that part of the fixture; unknown keys are errors.
//
// # The control API
//
// On the REST address, without credentials, JSON in and out:
//
//	POST   /sim/calls {"from","to","callVariables"}        201 {"dialogId"}
//	POST   /sim/calls/{id}/drop {"address"}                204; no address: the outside party
//	POST   /sim/status {"status"}                          204; IN_SERVICE or OUT_OF_SERVICE
//	POST   /sim/xmpp/drop {"agent"}                        200 {"dropped"}
//	POST   /sim/faults {"path","method","status","delayMs","count","after"}  204
//	DELETE /sim/faults                                     204
//	GET    /sim/requests                                   200, every REST request seen
//	DELETE /sim/requests                                   204, forgets them
//	GET    /sim/agents/{id}                                200, the agent and his dialogs
//
// A fault's path is a prefix, or a pattern of path.Match when it has a *, ?
// or [. Status 0 only delays, -1 closes the connection; after=true lets the
// request take effect first. Count 0 lasts until the faults are deleted.
//
// # Its limits
//
// A pair (Config.Peer) shares its contact centre; an agent who is connected
// to either node counts as present, so the forced logout by the node that he
// left does not happen. No silent monitoring, barge, dropping of other
// participants, preview or progressive dialling, queues, phone books, team
// messages or non-voice media yet; their REST paths answer 404 or 501. Events
// are never merged or delayed beyond Config.EventDelay, and User events are
// always complete. An agent who transfers a call does not wrap up after it. A
// call whose ringing times out ends instead of returning to a queue. Locking
// out after bad passwords concerns REST, not XMPP. SSO is not played. With
// LOAD an agent's calls end when he is forced out. Where the sources are
// silent the inferred form of the API notes is played: the error types of
// CF_REASON_CODE_REQUIRED, CF_WRAPUP_DATA_REQUIRED and
// CF_SPECIFIED_EXTENSION_ALREADY_IN_USE, the return to READY after a call that
// was made from READY, the RESERVED state on CCX, delivery to a subscriber
// whose resource is gone, and the node and source of a failed MAKE_CALL.
// Reason codes are optional unless Config.ReasonRequired is set, as the desk
// settings decide on a real system.
package sim
