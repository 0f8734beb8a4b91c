package fields

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

// node is a value inside a parsed member; nil stands for one that is absent.
type node = *fastjson.Value

// mostValues is how many JSON values a member may hold. Each takes about 80
// bytes when it is parsed, so a body of nothing but commas would take a
// hundred times its size; etcd stores no object that comes near this.
const mostValues = 2 << 20

// child is the member of an object with that key. Of several the last one
// counts: the API server reads it so, and a reader that took the first could be
// shown another object than the one that is created. A null is absent.
func child(v node, key string) node {
	if v == nil || v.Type() != fastjson.TypeObject {
		return nil
	}
	var found node
	v.GetObject().Visit(func(k []byte, v *fastjson.Value) {
		if string(k) == key {
			found = v
		}
	})
	return present(found)
}

func present(v node) node {
	if v == nil || v.Type() == fastjson.TypeNull {
		return nil
	}
	return v
}

// at follows keys from one object to the next.
func at(v node, keys ...string) node {
	for _, key := range keys {
		v = child(v, key)
	}
	return v
}

// elements are the elements of an array, nothing for anything else.
func elements(v node) []node {
	if v == nil || v.Type() != fastjson.TypeArray {
		return nil
	}
	return v.GetArray()
}

// members calls each for the members of an object, the last of each key, in
// the order in which they stand.
func eachMember(v node, each func(key []byte, v node)) {
	if v == nil || v.Type() != fastjson.TypeObject {
		return
	}
	object := v.GetObject()
	last := make(map[string]node, object.Len())
	object.Visit(func(key []byte, v *fastjson.Value) { last[string(key)] = v })
	object.Visit(func(key []byte, v *fastjson.Value) {
		if last[string(key)] == v && present(v) != nil {
			each(key, v)
		}
	})
}

// text is the text of a string.
func text(v node) (s []byte, ok bool) {
	if v == nil || v.Type() != fastjson.TypeString {
		return nil, false
	}
	return v.GetStringBytes(), true
}

// is reports whether v is that string.
func is(v node, want string) bool {
	s, ok := text(v)
	return ok && string(s) == want
}

// number is the value of a whole number that is not negative.
func number(v node) (n uint64, ok bool) {
	if v == nil || v.Type() != fastjson.TypeNumber {
		return 0, false
	}
	var digits [32]byte
	n, err := strconv.ParseUint(string(v.MarshalTo(digits[:0])), 10, 64)
	return n, err == nil
}

// flag is the value of true or false.
func flag(v node) (f, ok bool) {
	if v == nil {
		return false, false
	}
	f = v.Type() == fastjson.TypeTrue
	return f, f || v.Type() == fastjson.TypeFalse
}

// plainText adds a string, number, true or false as text, an object or array
// as JSON, to the text that is being made.
func plainText(v node, out *Values) {
	if s, ok := text(v); ok {
		out.append(s)
		return
	}
	out.text = v.MarshalTo(out.text)
}

// sound returns the JSON text with what fastjson reads otherwise than
// encoding/json replaced by U+FFFD, as encoding/json does: bytes that are not
// UTF-8 and lone surrogates. It returns text itself where there are none, nil
// when it holds more values than may be parsed.
func sound(text []byte) []byte {
	if len(text) > mostValues && bytes.Count(text, []byte{','}) > mostValues {
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
