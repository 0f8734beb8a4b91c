package fields

import (
	"math"

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

// eachMember calls each for the members of an object, the last of each key, in
// the order in which they stand.
func eachMember(v node, each func(key []byte, v node)) {
	if v == nil || v.Type() != fastjson.TypeObject {
		return
	}
	object := v.GetObject()
	last := lastOf(object)
	i := 0
	object.Visit(func(key []byte, v *fastjson.Value) {
		if last(key) == i && present(v) != nil {
			each(key, v)
		}
		i++
	})
}

// few is up to how many members are searched one by one.
const few = 16

// lastOf tells which of the members with a key is the last.
func lastOf(object *fastjson.Object) func(key []byte) int {
	if object.Len() <= few {
		return func(key []byte) int { return search(object, key) }
	}
	places := make(map[string]int, object.Len())
	i := 0
	object.Visit(func(key []byte, _ *fastjson.Value) {
		places[string(key)] = i
		i++
	})
	return func(key []byte) int { return places[string(key)] }
}

func search(object *fastjson.Object, key []byte) int {
	i, found := 0, 0
	object.Visit(func(k []byte, _ *fastjson.Value) {
		if string(k) == string(key) {
			found = i
		}
		i++
	})
	return found
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

// number is the value of a whole number that is not negative, however it is
// written: in a patch the API server takes -0 and 1e3 for 0 and 1000
// (k8s.io/apimachinery, DefaultUnstructuredConverter).
func number(v node) (n uint64, ok bool) {
	if v == nil || v.Type() != fastjson.TypeNumber {
		return 0, false
	}
	if n, err := v.Uint64(); err == nil {
		return n, true
	}
	f, err := v.Float64()
	if err != nil || f < 0 || f >= 1<<63 || f != math.Trunc(f) {
		return 0, false
	}
	return uint64(f), true
}

// flag is the value of true or false.
func flag(v node) (f, ok bool) {
	if v == nil {
		return false, false
	}
	f = v.Type() == fastjson.TypeTrue
	return f, f || v.Type() == fastjson.TypeFalse
}

// appendJSON appends the value as JSON: without blanks, the members in the order
// in which they stand, and of every text the one form in which only what must
// be escaped is. fastjson's own writer escapes as Go does, which is no JSON, and
// otherwise before and after a text was looked at.
func appendJSON(dst []byte, v node) []byte {
	switch v.Type() {
	case fastjson.TypeString:
		return appendQuoted(dst, v.GetStringBytes())
	case fastjson.TypeArray:
		dst = append(dst, '[')
		for i, element := range v.GetArray() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, element)
		}
		return append(dst, ']')
	case fastjson.TypeObject:
		return appendObject(dst, v.GetObject())
	}
	return v.MarshalTo(dst) // a number or a word
}

func appendObject(dst []byte, object *fastjson.Object) []byte {
	dst = append(dst, '{')
	some := false
	object.Visit(func(key []byte, v *fastjson.Value) {
		if some {
			dst = append(dst, ',')
		}
		some = true
		dst = append(appendQuoted(dst, key), ':')
		dst = appendJSON(dst, v)
	})
	return append(dst, '}')
}

// shortEscapes are the escapes of one letter that are written.
var shortEscapes = [256]byte{'"': '"', '\\': '\\', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't'}

// appendQuoted appends a text as a JSON string.
func appendQuoted(dst, s []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case shortEscapes[c] != 0:
			dst = append(dst, '\\', shortEscapes[c])
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// plainText adds a string, number, true or false as text, an object or array
// as JSON, to the text that is being made.
func plainText(v node, out *Values) {
	if s, ok := text(v); ok {
		out.append(s)
		return
	}
	out.text = appendJSON(out.text, v)
}
