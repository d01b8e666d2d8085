package xmppd

import (
	"testing"

	"github.com/stretchr/testify/require"
	"mellium.im/xmpp/jid"
)

// TestEscape: the examples of XEP-0106, and what the client's library makes of them.
func TestEscape(t *testing.T) {
	for user, local := range map[string]string{
		"1001": "1001", "space cadet": `space\20cadet`, "at&t guy": `at\26t\20guy`, "d'artagnan": `d\27artagnan`, "/.fanboy": `\2f.fanboy`,
		"::foo::": `\3a\3afoo\3a\3a`, "<foo>": `\3cfoo\3e`, "user@host": `user\40host`, `c:\net`: `c\3a\net`, `c:\\net`: `c\3a\\net`,
		`c:\5commas`: `c\3a\5c5commas`, `call me "ishmael"`: `call\20me\20\22ishmael\22`,
	} {
		require.Equal(t, local, escape(user))
		require.Equal(t, user, unescape(local))
		require.Equal(t, user, unescape(jid.Escape.String(user)), "as the client escapes it, every backslash")
	}
}
