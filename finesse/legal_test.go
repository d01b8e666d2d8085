package finesse

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

const rc = "\uFFFD"

func TestLegal(t *testing.T) {
	for name, tc := range map[string]struct {
		in, out  string
		replaced int
	}{
		"nothing":                      {"", "", 0},
		"what is allowed":              {"a\t\r\n ä\U0001F600\uFFFD\uE000", "a\t\r\n ä\U0001F600\uFFFD\uE000", 0},
		"references that are allowed":  {"&#x9;&#10;&#xA0;&#128512;&amp;&lt;", "&#x9;&#10;&#xA0;&#128512;&amp;&lt;", 0},
		"a control character":          {"a\x01b\x00c\x1f", "a" + rc + "b" + rc + "c" + rc, 3},
		"a reference to one":           {"a&#x1;b&#1;c&#x1F;&#0;&#x00000001;", "a" + rc + "b" + rc + "c" + rc + rc + rc, 5},
		"half of a pair, and beyond":   {"&#xD800;&#xDFFF;&#xFFFE;&#xFFFF;&#x110000;&#99999999999;", strings.Repeat(rc, 6), 6},
		"characters that are none":     {"\uFFFE\uFFFF", rc + rc, 2},
		"the last that is allowed":     {"&#xFFFD;&#x10000;&#x10FFFF;&#xD7FF;&#xE000;&#x20;", "&#xFFFD;&#x10000;&#x10FFFF;&#xD7FF;&#xE000;&#x20;", 0},
		"broken UTF-8":                 {"a\xffb\xc3(\xe2\x82", "a" + rc + "b" + rc + "(" + rc + rc, 4},
		"DEL is allowed":               {"\x7f\u0085", "\x7f\u0085", 0},
		"what is no reference":         {"&#;&#x;&#xG;&#-1;&# 1;&#X1;& &", "&#;&#x;&#xG;&#-1;&# 1;&#X1;& &", 0},
		"a reference without an end":   {"&#x1", "&#x1", 0},
		"an entity's name":             {"&nbsp;&#x1;", "&nbsp;" + rc, 1},
		"an ampersand in CDATA":        {"<![CDATA[&#x1;\x01]]>&#x1;", "<![CDATA[&#x1;" + rc + "]]>" + rc, 2},
		"CDATA without an end":         {"<![CDATA[&#x1;\x01", "<![CDATA[&#x1;" + rc, 1},
		"CDATA that ends a value":      {"<a><![CDATA[x]]></a>\x02", "<a><![CDATA[x]]></a>" + rc, 1},
		"a reference that is too long": {"&#x" + strings.Repeat("0", 40) + "1;", "&#x" + strings.Repeat("0", 40) + "1;", 0},
	} {
		out, replaced := legal([]byte(tc.in))
		require.Equal(t, tc.out, string(out), name)
		require.Equal(t, tc.replaced, replaced, name)
	}
}

// FuzzLegal: what comes out is UTF-8 without a forbidden character, nothing is left
// to replace in it, and what needs no repair comes back as it is.
func FuzzLegal(f *testing.F) {
	for _, s := range []string{"<v>&#x1;</v>", "a\xff", "<![CDATA[&#1;\x00]]>&#1;", "&#xD800;&#99999999999;", "&&#x1;", "<![CDATA[", "]]>&#x2;"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out, replaced := legal(text)
		require.True(t, utf8.Valid(out))
		for _, r := range string(out) {
			require.True(t, allowed(r), "%q", r)
		}
		again, left := legal(out)
		require.Zero(t, left)
		require.Equal(t, string(out), string(again))
		require.Equal(t, replaced == 0, string(out) == string(text))
	})
}

const dialogs = `<Dialogs>
<Dialog><id>55</id><state>ACTIVE</state></Dialog>
<Dialog><id> 56 </id><state>AC&nope;TIVE</state></Dialog>
<Dialog><state><</state><uri>/finesse/api/Dialog/57</uri></Dialog>
<DIALOG ><state>&</state></DIALOG >
<Dialog><id>58</id><state>HELD</state></Dialog>
</Dialogs>`

// TestParseDialogs: a dialog that cannot be read costs no other.
func TestParseDialogs(t *testing.T) {
	got, err := parseDialogs([]byte(dialogs))
	require.NoError(t, err)
	require.Equal(t, []Dialog{
		{ID: "55", State: "ACTIVE"}, {ID: "56", Unreadable: true}, {ID: "57", Unreadable: true}, {Unreadable: true}, {ID: "58", State: "HELD"},
	}, got)

	got, err = parseDialogs([]byte("<Dialogs/>"))
	require.NoError(t, err)
	require.Equal(t, []Dialog{}, got)

	for name, text := range map[string]string{
		"cut off between two": dialogs[:strings.Index(dialogs, "<Dialog><id> 56")],
		"cut off within one":  dialogs[:strings.Index(dialogs, "TIVE</state></Dialog>\n<Dialog><state>")],
		"another list":        strings.ReplaceAll(dialogs, "Dialogs>", "Queues>"),
		"broken around them":  "<Dialogs>&nope;" + strings.TrimPrefix(dialogs, "<Dialogs>"),
		"nothing":             "",
		"a page":              "<html><body>&nbsp;</body></html>",
	} {
		got, err := parseDialogs([]byte(text))
		require.ErrorIs(t, err, ErrPayload, name)
		require.Nil(t, got, name)
	}
}

// FuzzDialogs: no list makes the decoder fail in another way than by ErrPayload, and
// a dialog that can be read alone is read beside any other.
func FuzzDialogs(f *testing.F) {
	for _, part := range []string{"<Dialog><id>56</id>&#x1;\xff\x01</Dialog>", "<Dialog>&nope;<id>56</id></Dialog>", "", "<Dialog><</Dialog>", "</Dialogs>", "<![CDATA["} {
		f.Add([]byte(part))
	}
	f.Fuzz(func(t *testing.T, part []byte) {
		list, err := parseDialogs([]byte("<Dialogs>" + string(part) + "<Dialog><id>1</id></Dialog></Dialogs>"))
		if err != nil {
			require.ErrorIs(t, err, ErrPayload)
			require.Nil(t, list)
			return
		}
		require.NotNil(t, list)
		for _, d := range list {
			if d.Unreadable {
				require.Equal(t, Dialog{ID: d.ID, Unreadable: true}, d)
			}
		}
	})
}
