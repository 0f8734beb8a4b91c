package fields

import (
	"strconv"
	"strings"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/valyala/fastjson"
)

// follow adds what a path leads to, as one text. A step is a key of an object
// or an index of an array, counted from 0; where an array is reached with a
// step that is no index, every element takes it, and what they give is joined
// by a space. A key that holds dots itself is found as well: of the steps, as
// many as make up a key are taken together (metadata.labels.app.kubernetes.io/name).
func follow(v node, steps []string, out *Values) {
	begin := len(out.text)
	if collect(v, steps, begin, out) {
		out.end()
	} else {
		out.text = out.text[:begin]
	}
}

// collect appends what the steps lead to, and reports whether they led to
// anything.
func collect(v node, steps []string, begin int, out *Values) bool {
	if present(v) == nil {
		return false
	}
	if len(steps) == 0 {
		if len(out.text) > begin {
			out.appendString(" ")
		}
		plainText(v, out)
		return true
	}
	switch v.Type() {
	case fastjson.TypeArray:
		return collectElements(v, steps, begin, out)
	case fastjson.TypeObject:
		for n := 1; n <= len(steps); n++ {
			if collect(child(v, strings.Join(steps[:n], ".")), steps[n:], begin, out) {
				return true
			}
		}
	}
	return false
}

func collectElements(v node, steps []string, begin int, out *Values) bool {
	all := elements(v)
	if i, err := strconv.ParseUint(steps[0], 10, 31); err == nil {
		return int(i) < len(all) && collect(all[i], steps[1:], begin, out)
	}
	some := false
	for _, element := range all {
		some = collect(element, steps, begin, out) || some
	}
	return some
}

// pointerEscapes unescapes a reference token of a JSON pointer (RFC 6901).
var pointerEscapes = strings.NewReplacer("~1", "/", "~0", "~")

// pointer follows a JSON pointer from v, exactly as RFC 6901 has it.
func pointer(v node, tokens []string) node {
	for _, token := range tokens {
		token = pointerEscapes.Replace(token)
		if all := elements(v); all != nil {
			i, err := strconv.ParseUint(token, 10, 31)
			if err != nil || int(i) >= len(all) || len(token) > 1 && token[0] == '0' {
				return nil
			}
			v = present(all[i])
			continue
		}
		v = child(v, token)
	}
	return v
}

// anyValue is what a JSON pointer leads to in the whole event.
func anyValue(e *Event, arg Arg, out *Values) {
	tokens := strings.Split(strings.TrimPrefix(arg.Key, "/"), "/")
	if v := pointer(e.named(pointerEscapes.Replace(tokens[0])), tokens[1:]); v != nil {
		plainText(v, out)
		out.end()
	}
}

// named is the root of the member with that key, also of one that the table
// does not know; newer API servers may write further ones.
func (e *Event) named(key string) node {
	if m, ok := memberNames[key]; ok {
		return e.at(m)
	}
	var last []byte
	m := audit.MembersOf(e.raw)
	for m.Next() {
		if string(unescapedKey(m.Key)) == key {
			last = m.Value
		}
	}
	e.other.parsed = true
	return e.parse(&e.other, last)
}
