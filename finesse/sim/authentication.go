package sim

import (
	"net/http"
	"strings"
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
	return user, ok && d.login(user, password)
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
