package fields

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

// This file makes texts acceptable to fastjson, so that it reads them as
// encoding/json does, and so as the API server does.

// sound returns the JSON text with what fastjson reads otherwise than
// encoding/json replaced by U+FFFD, as encoding/json does: bytes that are not
// UTF-8 and lone surrogates. It returns text itself where there are none, nil
// when it holds more values than may be parsed.
func sound(text []byte) []byte {
	if len(text) > mostValues && values(text) > mostValues {
		return nil
	}
	if !utf8.Valid(text) {
		text = validUTF8(text)
	}
	if bytes.Contains(text, []byte(`\ud`)) || bytes.Contains(text, []byte(`\uD`)) {
		text = pairedSurrogates(text)
	}
	return text
}

// values counts the values in the JSON text, less one for each object and array.
func values(text []byte) int {
	n, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case !quoted && c == ',':
			n++
		}
	}
	return n
}

// deepest is how deep the objects and arrays may nest that fastjson parses: the
// values in them count as one level more.
const deepest = fastjson.MaxDepth - 1

// shallow returns the JSON text with null for what nests deeper than fastjson
// parses. Of the API server's objects only what no schema knows nests so deep,
// and whoever can put that into a patch must not hide the rest of it so.
func shallow(text []byte) []byte {
	fixed := make([]byte, 0, len(text))
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		c, before := text[i], depth
		switch {
		case quoted && c == '\\' && i+1 < len(text):
			if depth <= deepest {
				fixed = append(fixed, c)
			}
			i++
			c = text[i]
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			if depth++; depth == deepest+1 {
				fixed = append(fixed, "null"...)
			}
		case c == '}', c == ']':
			depth--
		}
		if before <= deepest && depth <= deepest {
			fixed = append(fixed, c)
		}
	}
	return fixed
}

// validUTF8 replaces each byte that is not UTF-8; bytes.ToValidUTF8 would
// replace a run of them by one character.
func validUTF8(s []byte) []byte {
	fixed := make([]byte, 0, len(s)+16)
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		fixed = utf8.AppendRune(fixed, r)
		s = s[n:]
	}
	return fixed
}

// escapeLen is the length of \uXXXX.
const escapeLen = 6

// pairedSurrogates writes \ufffd over each surrogate that has no partner.
func pairedSurrogates(s []byte) []byte {
	fixed := bytes.Clone(s)
	for i := 0; i < len(fixed)-1; {
		if fixed[i] != '\\' {
			i++
			continue
		}
		class := surrogate(fixed[i:])
		switch {
		case class == 0:
			i += 2
		case class == high && surrogate(fixed[i+escapeLen:]) == low:
			i += 2 * escapeLen
		default:
			copy(fixed[i:], `\ufffd`)
			i += escapeLen
		}
	}
	return fixed
}

// The halves of a surrogate pair.
const (
	high = 1 + iota
	low
)

// surrogate tells which half of a pair the escape at the beginning of s is.
func surrogate(s []byte) int {
	if len(s) < escapeLen || s[0] != '\\' || s[1] != 'u' {
		return 0
	}
	r, err := strconv.ParseUint(string(s[2:escapeLen]), 16, 16)
	switch {
	case err != nil || r < 0xd800 || r > 0xdfff:
		return 0
	case r < 0xdc00:
		return high
	}
	return low
}
