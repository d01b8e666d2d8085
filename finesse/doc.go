// Package finesse speaks to one Cisco Finesse server: REST requests over
// [Client], notifications over XMPP by [Stream], and the model both deliver
// ([User], [Dialog], [Notification], ...). It holds no agent's state and
// knows nothing of the Generic Connector's protocol.
//
// The wire forms follow Cisco's Finesse Web Services Developer Guide and
// captured payloads; where both disagree the decoders take either form
// (User and user, ReasonCode and reasonCode, PUT and put) and the encoders
// write the form that the guide prints.
package finesse
