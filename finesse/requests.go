package finesse

import (
	"context"
	"net/http"
	"net/url"
)

// SystemInfo reads the server's state, without credentials; it answers even
// while the server is OUT_OF_SERVICE (finesse-api 2.1).
func (c *Client) SystemInfo(ctx context.Context) (SystemInfo, error) {
	e, err := c.read(ctx, request{op: "GET SystemInfo", path: []string{"SystemInfo"}}, "SystemInfo")
	if err != nil {
		return SystemInfo{}, err
	}
	return decodeSystemInfo(e), nil
}

// User reads a user; the whole body as a patch on a zero User. id is the
// login id; on CCE a login name is answered too (finesse-api 2.2).
func (c *Client) User(ctx context.Context, cred Credentials, id string) (User, error) {
	e, err := c.read(ctx, request{op: "GET User", path: []string{"User", id}, cred: &cred}, "User")
	if err != nil {
		return User{}, err
	}
	return User{}.Merge(decodeUser(e)), nil
}

// Dialogs lists a user's voice dialogs; an empty list is not nil. One that cannot
// be read costs no other: see [Dialog.Unreadable].
func (c *Client) Dialogs(ctx context.Context, cred Credentials, id string) ([]Dialog, error) {
	return get(ctx, c, request{op: "GET Dialogs", path: []string{"User", id, "Dialogs"}, cred: &cred}, parseDialogs)
}

// ReasonCodes lists the codes of NOT_READY or LOGOUT (finesse-api 2.7).
func (c *Client) ReasonCodes(ctx context.Context, cred Credentials, id, category string) ([]ReasonCode, error) {
	e, err := c.read(ctx, request{
		op: "GET ReasonCodes", path: []string{"User", id, "ReasonCodes"}, cred: &cred,
		query: url.Values{"category": {category}},
	}, "ReasonCodes")
	if err != nil {
		return nil, err
	}
	list := []ReasonCode{}
	for _, rc := range e.all("ReasonCode") {
		list = append(list, decodeReasonCode(rc))
	}
	return list, nil
}

// WrapUpReasons lists a user's wrap-up reasons (finesse-api 2.7).
func (c *Client) WrapUpReasons(ctx context.Context, cred Credentials, id string) ([]WrapUpReason, error) {
	e, err := c.read(ctx, request{op: "GET WrapUpReasons", path: []string{"User", id, "WrapUpReasons"}, cred: &cred}, "WrapUpReasons")
	if err != nil {
		return nil, err
	}
	list := []WrapUpReason{}
	for _, w := range e.all("WrapUpReason") {
		list = append(list, WrapUpReason{ID: idOf(w), Label: w.str("label")})
	}
	return list, nil
}

// SetState sends a state change for user id; requestID "" = none. A nil error
// means queued: success and failure arrive as events on the User node, so a
// [Stream] must be up before a LOGIN (finesse-api 2.3).
func (c *Client) SetState(ctx context.Context, cred Credentials, id string, s StateChange, requestID string) error {
	return c.write(ctx, request{
		op: "PUT User", method: http.MethodPut, path: []string{"User", id},
		cred: &cred, body: s.body(), requestID: requestID,
	})
}

// MakeCall is POST Dialogs MAKE_CALL from extension from to to (finesse-api
// 2.4). It is never sent twice.
func (c *Client) MakeCall(ctx context.Context, cred Credentials, id, from, to, requestID string) error {
	return c.call(ctx, cred, id, newCall{action: ActionMakeCall, from: from, to: to}, requestID)
}

// Monitor starts a silent monitor of the agent at extension to by the
// supervisor id at extension from (finesse-api 2.8). It is never sent twice.
func (c *Client) Monitor(ctx context.Context, cred Credentials, id, from, to, requestID string) error {
	return c.call(ctx, cred, id, newCall{action: ActionSilentMonitor, from: from, to: to}, requestID)
}

// Barge turns the silent monitor dialog monitorID into a call with the agent
// at extension to and the agent's caller (finesse-api 2.8). It is never sent
// twice.
func (c *Client) Barge(ctx context.Context, cred Credentials, id, from, to, monitorID, requestID string) error {
	return c.call(ctx, cred, id, newCall{action: ActionBargeCall, from: from, to: to, associatedDialog: monitorID}, requestID)
}

func (c *Client) call(ctx context.Context, cred Credentials, id string, call newCall, requestID string) error {
	return c.write(ctx, request{
		op: "POST Dialogs " + call.action, method: http.MethodPost, path: []string{"User", id, "Dialogs"},
		cred: &cred, body: call.body(), requestID: requestID,
	})
}

// Act sends a dialog action. TRANSFER and CONFERENCE go to the dialog that
// the agent holds (finesse-api 2.6).
func (c *Client) Act(ctx context.Context, cred Credentials, dialogID string, a Action, requestID string) error {
	return c.write(ctx, request{
		op: "PUT Dialog " + clip(a.Name), method: http.MethodPut, path: []string{"Dialog", dialogID},
		cred: &cred, body: a.body(), requestID: requestID,
	})
}
