package spec

import (
	"regexp"
	"strings"
	"unicode"

	"gcbridge/protocol"
)

// anyCase matches a word in upper and lower case. Regular expressions of
// schemas have no flags.
func anyCase(word string) string {
	var b strings.Builder
	for _, r := range word {
		if unicode.IsLetter(r) {
			b.WriteString("[" + string(unicode.ToUpper(r)) + string(unicode.ToLower(r)) + "]")
			continue
		}
		b.WriteString(regexp.QuoteMeta(string(r)))
	}
	return b.String()
}

// typePattern is the JMSType of a command: word, misprints included, and id [C1].
func typePattern(row protocol.CommandRow) string {
	words := []string{anyCase(string(row.Word))}
	for _, a := range row.Aliases {
		words = append(words, anyCase(a))
	}
	return `^\s*(?:` + strings.Join(words, "|") + `)\s*#[#\s]*[^#\s](?:.*[^#\s])?[#\s]*$`
}

// bodyPattern is the body of an accepted command [C2]; "" if any will do,
// because the word takes no parameters.
func bodyPattern(row protocol.CommandRow) string {
	if len(row.Params) == 0 {
		return ""
	}
	var b strings.Builder
	optional := 0
	for i, p := range row.Params {
		separator := ","
		if i == 0 {
			separator = ""
		}
		part := separator + `\s*` + paramPattern(p) + `\s*`
		if p.Optional {
			part = "(?:" + part
			optional++
		}
		b.WriteString(part)
	}
	return "^" + b.String() + strings.Repeat(")?", optional) + "$"
}

// control are the characters that no parameter may hold.
const control = `\x00-\x1f\x7f`

func paramPattern(p protocol.Param) string {
	switch p.Kind {
	case protocol.KindLiteral:
		words := make([]string, len(p.Literals))
		for i, l := range p.Literals {
			words[i] = anyCase(l.Word)
		}
		all := strings.Join(words, "|")
		return "(?:(?:" + all + ")|<(?:" + all + ")>)"
	case protocol.KindVariables:
		return `[^,=|\s` + control + `][^,=|` + control + `]*[,=][^` + control + `]*`
	case protocol.KindExtension:
		return `[^,\sA-Za-z` + control + `][^,A-Za-z` + control + `]*`
	default:
		if p.Commas {
			return `[^,\s` + control + `][^` + control + `]*`
		}
		return `[^,\s` + control + `][^,` + control + `]*`
	}
}

// usage is the body as a person reads it: <dialog_id>,<call_variables>[,<SSO>].
func usage(row protocol.CommandRow) string {
	var b strings.Builder
	for i, p := range row.Params {
		separator := ","
		if i == 0 {
			separator = ""
		}
		if p.Optional {
			b.WriteString("[" + separator + "<" + p.Name + ">]")
			continue
		}
		b.WriteString(separator + "<" + p.Name + ">")
	}
	return b.String()
}
