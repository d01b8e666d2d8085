package xmppd

import "strings"

// Login ids that are no local part of a JID are escaped by XEP-0106 in JIDs and
// in the name of a SASL login.

func escapes() []string {
	return []string{
		`\20`, " ", `\22`, `"`, `\26`, "&", `\27`, "'", `\2f`, "/", `\3a`, ":", `\3c`, "<", `\3e`, ">", `\40`, "@", `\5c`, `\`,
	}
}

// unescape is the login id of a local part.
func unescape(local string) string { return strings.NewReplacer(escapes()...).Replace(local) }

// escape is the local part of a login id. A backslash is escaped only where it
// would begin an escape.
func escape(user string) string {
	pairs := escapes()
	codes := map[string]bool{}
	plain := map[byte]string{}
	for i := 0; i < len(pairs); i += 2 {
		codes[pairs[i]] = true
		plain[pairs[i+1][0]] = pairs[i]
	}
	var b strings.Builder
	for i := range len(user) {
		code, special := plain[user[i]]
		if user[i] == '\\' {
			special = i+3 <= len(user) && codes[user[i:i+3]]
		}
		if special {
			b.WriteString(code)
		} else {
			b.WriteByte(user[i])
		}
	}
	return b.String()
}
