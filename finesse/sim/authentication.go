package sim

import (
	"net/http"
	"strings"

	"gcbridge/finesse/sim/callcontrol"
)

// The values of systemAuthMode.
const (
	authPasswords = "NON_SSO"
	authTokens    = "SSO"
	authBoth      = "HYBRID"
)

const bearer = "Bearer "

// authenticate checks who sends a request, by password or by token, as the
// mode allows.
func (d *directory) authenticate(r *http.Request) (user string, ok bool) {
	if token, is := strings.CutPrefix(r.Header.Get("Authorization"), bearer); is {
		p := d.holder(token)
		if p == nil {
			return "", false
		}
		return p.ID, true
	}
	user, password, ok := r.BasicAuth()
	if d.mode == authTokens && !d.isAdmin(user) {
		return user, false
	}
	id := user
	if p := d.names[user]; p != nil && d.people[user] == nil && d.takesName(r, user) {
		id = p.ID
	}
	return id, ok && d.login(id, password)
}

// takesName reports whether a request may come from somebody who shows their login
// name: on CCX any, where it is as good as the login id; on CCE only the one that
// asks for the login id (finesse-api 1.2, 2.2).
func (d *directory) takesName(r *http.Request, name string) bool {
	return d.flavor == string(callcontrol.CCX) || r.Method == http.MethodGet && r.URL.Path == userPath(name)
}

// secret checks what an agent shows to XMPP, which has no other place for a
// token than the password.
func (d *directory) secret(user, given string) bool {
	if p := d.holder(given); p != nil && p.ID == user {
		return true
	}
	return d.mode != authTokens && d.password(user, given)
}

// claimed is who a request says it is from.
func (d *directory) claimed(r *http.Request) string {
	if token, is := strings.CutPrefix(r.Header.Get("Authorization"), bearer); is {
		if p := d.holder(token); p != nil {
			return p.ID
		}
		return ""
	}
	user, _, _ := r.BasicAuth()
	return user
}
