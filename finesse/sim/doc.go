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
// agent wraps up for 10 s after a routed call. 1004 and 1009 may sign in as
// mobile agents. The SSO tokens are token1001 ... (Config.AuthMode),
// or JWTs that end (Config.TokenLife) and are got at /desktop/sso/token: by GET with
// the password, which stands for the browser and the identity provider, and by POST
// with token and refresh-token. The
// administrator is "admin" with password "pwadmin". Config.Scale adds agents 100001 ... with extensions 500001 ... to team 1.
//
// Queue 10 "Sales" is dialled by 3001 and served by team 1, queue 20 "Support"
// by 3002 and served by team 2: a call from outside goes to the agent who is
// READY for longest, or waits for one. Phone books: 1 "Company" (GLOBAL, three
// contacts), 2 "Empty" (GLOBAL, none), 3 "Sales partners" (TEAM, team 1, two)
// and 4 "Support vendors" (TEAM, team 2, two). The dialer's port is 8801.
//
// Outside numbers: 7000 is busy, 7001 rings and is never answered, numbers that start with
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
//	POST   /sim/outbound {"agent","number","mode","campaign","variables"}  201 {"dialogId"}
//	POST   /sim/refusals {"agent","type","message","data"}  204; fails the agent's next request
//	POST   /sim/status {"status"}                          204; IN_SERVICE or OUT_OF_SERVICE
//	POST   /sim/xmpp/drop {"agent"}                        200 {"dropped"}
//	POST   /sim/xmpp/service {"service"}                   204; up, down or silent: fails while REST goes on
//	GET    /sim/xmpp/service                               200 {"tries"}: connections so far
//	POST   /sim/faults {"path","method","status","delayMs","count","after"}  204; or {"events", ...}
//	DELETE /sim/faults                                     204
//	GET    /sim/requests                                   200, every REST request seen
//	DELETE /sim/requests                                   204, forgets them
//	GET    /sim/agents/{id}                                200, the agent and the agent's dialogs
//
// Call variables go out as Finesse's Java writes them: a control character becomes
// a reference to it, &#x1;, which XML forbids.
//
// A call to a queue's number gets its dialogId at once, and keeps it when an
// agent is found. The modes of an outbound contact are preview, progressive,
// predictive and callback (a personal one); the agent must be READY.
//
// A fault's path is a prefix, or a pattern of path.Match when it has a *, ?
// or [. Status 0 only delays, -1 closes the connection; after=true lets the
// request take effect first. Count 0 lasts until the faults are deleted.
//
// A fault with "events" is one of notifications: {"events","agent","kind",
// "count"}. drop loses them, no-echo leaves their requestId empty; with one of
// each, both happen. agent and kind (user, dialog, error) narrow it down:
//
//	{"events":"drop","agent":"1001","count":2}   the next two events of 1001
//	{"events":"drop","kind":"dialog"}            all events on Dialogs nodes
//	{"events":"no-echo"}                         no event tells its request
//
// Team and queue events are never lost. Config.NoEcho (gcbridge sim --no-echo)
// leaves out every requestId for good, as a captured Finesse 12.5 does; the
// test suites do so with GCSIM_NO_ECHO=1 in the environment ([WithEnvironment]).
//
// The notification service is on the XMPP address, and over WebSocket (RFC 7395)
// at /ws of the REST address, as on Cisco's port 8445, for any page's scripts.
//
// # Where the sources are silent
//
// These sequences and answers are ours:
//
//   - A supervisor who listens sees INITIATING, INITIATED, ALERTING and ACTIVE;
//     the agent gets a POST that shows them ALERTING, then the PUT with ACTIVE.
//     Each dialog names the other in associatedDialogUri, in the agent's call
//     from its next event on. One supervisor can listen to a call at a time.
//     At the end both get a PUT with everything DROPPED and the DELETE. A
//     13145 or 88049 carries CF_INVALID_OBJECT_STATE and 22.
//   - A barge is: end of the monitoring, the agent's call HELD, a consult
//     BARGE_IN_CONSULT that is answered by itself (stateCause
//     SUPERVISOR_BARGE_IN), its DELETE, and the CONFERENCE under the id of the
//     call. Barging without listening is 400 Invalid State.
//   - Dropping a participant without the right to is 401 Authorization
//     Failure; the call must have three parties.
//   - The dialer shows RESERVED before RESERVED_OUTBOUND(_PREVIEW). A
//     reservation is POSTed ALERTING and PUT ACTIVE at once; on CCE its
//     dialedNumber is the customer's. A personal callback cannot be CLOSEd and
//     has BAStatus PERSONAL_CALLBACK_RESERVATION, then PERSONAL_CALLBACK; on
//     CCX it is a direct preview. After ACCEPT: PUT ACCEPTED, DELETE, TALKING,
//     POST of the customer's call. In a progressive call the agent answers.
//   - Changing the state out of the dialer's states fails on CCX with an
//     event, Internal Server Error, CF_GENERIC_OPERATION, 1.
//   - Queue events follow every change at once. HOLD counts as talking,
//     RESERVED as logged on only. Queue/{id} answers on CCX too, with -1.
//   - A Range of contacts is answered 206, and 416 when it begins after the
//     last contact, holds more than 6000 or is malformed; without a Range the
//     first 1500 come with 200. Team/{id}/PhoneBooks names TEAM books only.
//   - A login name signs in to GET User/{loginName} alone on CCE, and counts as
//     the login id everywhere in REST on CCX; XMPP takes login ids only. Wrong
//     passwords count for the agent, under either.
//   - Configuration APIs answer 401 to all but the administrator, and 403 on
//     the second node of a pair. Users works on both.
//   - The error types of CF_REASON_CODE_REQUIRED, CF_WRAPUP_DATA_REQUIRED and
//     CF_SPECIFIED_EXTENSION_ALREADY_IN_USE, the return to READY after a call
//     that was made from READY, the RESERVED state on CCX, delivery to a
//     subscriber whose resource is gone, and the node and source of a failed
//     MAKE_CALL are the inferred forms of the API notes.
//
// # Its limits
//
// A pair (Config.Peer) shares its contact centre; an agent who is connected to
// either node counts as present, so the forced logout by the node that they left
// does not happen, and a mobile agent's mode shows on both nodes. The
// configuration is read-only: POST, PUT and DELETE on phone books, reasons and
// teams answer 404. No team messages, recording, workflows, layouts or non-
// voice media; the lists of TeamResource for workflows and layouts are empty.
// Agents cannot call or transfer to a queue: its number rings. A queue serves
// its agents in turn and knows no skills or priorities; the dialer has no
// campaign of its own, and a preview stays until somebody decides. Events are
// never merged or delayed beyond Config.EventDelay, and User events are
// complete unless Config.PartialUsers is set. An agent who transfers a call
// does not wrap up after it. A call placed straight at an agent ends when its
// ringing times out; one from a queue returns to it. Variables of direct calls
// are not protected. The limit Config.MaxConference holds for a barge only.
// Locking out after bad passwords concerns REST, not XMPP. Tokens do not
// expire, and the redirects that lead to one are not played. With LOAD an
// agent's calls end when the agent is forced out. Reason codes are optional unless
// Config.ReasonRequired is set, as the desk settings decide on a real system.
package sim
