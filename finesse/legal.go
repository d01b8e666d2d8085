package finesse

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf8"
)

// legal replaces by U+FFFD what XML 1.0 forbids in a document: broken UTF-8,
// control characters, and references to such (&#x1;). Finesse is written in Java,
// whose libraries write them, and one in a call variable, which callers and
// scripts fill, would make the whole document unreadable. replaced is how many
// there were; without any, text comes back as it is.
func legal(text []byte) (out []byte, replaced int) {
	var b bytes.Buffer
	kept := 0 // up to there text is in b
	replace := func(from, to int) {
		b.Write(text[kept:from])
		b.WriteRune(utf8.RuneError)
		kept, replaced = to, replaced+1
	}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '<' && bytes.HasPrefix(text[i:], cdataBegin):
			i = cdata(text, i, replace)
		case c == '&':
			end, ok := reference(text[i:])
			if !ok {
				replace(i, i+end)
			}
			i += end
		case c >= ' ' && c < utf8.RuneSelf:
			i++
		default:
			i = character(text, i, replace)
		}
	}
	if replaced == 0 {
		return text, 0
	}
	b.Write(text[kept:])
	return b.Bytes(), replaced
}

// In a CDATA section an ampersand is an ampersand.
var cdataBegin, cdataEnd = []byte("<![CDATA["), []byte("]]>")

// cdata replaces in the CDATA section at i and returns where it ends.
func cdata(text []byte, i int, replace func(from, to int)) int {
	end := len(text)
	if n := bytes.Index(text[i:], cdataEnd); n >= 0 {
		end = i + n + len(cdataEnd)
	}
	for i < end {
		i = character(text, i, replace)
	}
	return end
}

// character replaces the one at i if it is forbidden, and returns where the next one is.
func character(text []byte, i int, replace func(from, to int)) int {
	r, size := utf8.DecodeRune(text[i:])
	if r == utf8.RuneError && size == 1 || !allowed(r) {
		replace(i, i+size)
	}
	return i + size
}

// reference looks at a reference at the start of text: how long it is, and
// whether what it stands for is allowed. What is none is for the parser to judge.
func reference(text []byte) (length int, ok bool) {
	end := bytes.IndexByte(text[:min(len(text), longestReference)], ';')
	if end < 0 || !bytes.HasPrefix(text, []byte("&#")) {
		return 1, true
	}
	digits, base := string(text[2:end]), 10
	if len(digits) > 0 && digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if errors.Is(err, strconv.ErrRange) {
		return end + 1, false
	}
	if err != nil {
		return 1, true
	}
	return end + 1, n <= utf8.MaxRune && allowed(rune(n))
}

// longestReference is the most bytes of a reference that stands for anything: with
// leading zeros there is no bound.
const longestReference = 32

// allowed is the production Char of XML 1.0.
func allowed(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}
