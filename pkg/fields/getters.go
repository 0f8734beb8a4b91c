package fields

import (
	"bytes"
	"strings"

	"github.com/k8saudit/k8saudit/pkg/audit"
)

// The getters that rows are written with: each takes a place in the event and
// gives a getter for the value there.

// finder finds the value that a family of fields starts from, such as the
// object of the request or the pod specification in it.
type finder func(e *Event) node

// root is the finder of a member.
func root(m member) finder {
	return func(e *Event) node { return e.at(m) }
}

// memberText is the text of a member that is a string.
func memberText(m member) getter {
	return func(e *Event, _ Arg, out *Values) {
		if s := e.string(m); s != nil {
			out.add(s)
		}
	}
}

// memberTime is the time in a member.
func memberTime(m member) getter {
	return func(e *Event, _ Arg, out *Values) {
		if t, ok := audit.Time(e.string(m)); ok {
			out.addTime(t)
		}
	}
}

// textAt is the string at a path.
func textAt(from finder, path ...string) getter {
	return func(e *Event, _ Arg, out *Values) { addText(at(from(e), path...), out) }
}

// textsAt are the strings of the array at a path.
func textsAt(from finder, path ...string) getter {
	return func(e *Event, _ Arg, out *Values) { addTexts(at(from(e), path...), out) }
}

// numberAt is the whole number at a path.
func numberAt(from finder, path ...string) getter {
	return func(e *Event, _ Arg, out *Values) {
		if n, ok := number(at(from(e), path...)); ok {
			out.addNumber(n)
		}
	}
}

// flagAt is the true or false at a path.
func flagAt(from finder, path ...string) getter {
	return func(e *Event, _ Arg, out *Values) {
		if f, ok := flag(at(from(e), path...)); ok {
			out.addFlag(f)
		}
	}
}

// keyAt is the member named by the argument of the object at a path: a string,
// or the strings of an array, joined by a space.
func keyAt(from finder, path ...string) getter {
	return func(e *Event, arg Arg, out *Values) {
		v := child(at(from(e), path...), arg.Key)
		if all := elements(v); all != nil {
			addJoined(all, out)
			return
		}
		addText(v, out)
	}
}

// pairsAt are the members of the object at a path as key=value.
func pairsAt(from finder, path ...string) getter {
	return func(e *Event, _ Arg, out *Values) {
		eachMember(at(from(e), path...), func(key []byte, v node) {
			if s, ok := text(v); ok {
				addPair(key, s, out)
			}
		})
	}
}

// keysAt are the keys of the objects at the paths.
func keysAt(from finder, paths ...string) getter {
	return func(e *Event, _ Arg, out *Values) {
		for _, path := range paths {
			eachMember(child(from(e), path), func(key []byte, _ node) { out.add(key) })
		}
	}
}

// jsonAt is the JSON of whatever is at a path.
func jsonAt(from finder, path ...string) getter {
	return func(e *Event, _ Arg, out *Values) {
		if v := at(from(e), path...); v != nil {
			out.text = appendJSON(out.text, v)
			out.end()
		}
	}
}

// eachJSONAt is the JSON of each element of the array at a path.
func eachJSONAt(from finder, path ...string) getter {
	return func(e *Event, _ Arg, out *Values) {
		for _, v := range elements(at(from(e), path...)) {
			if present(v) != nil {
				out.text = appendJSON(out.text, v)
				out.end()
			}
		}
	}
}

// pathAt is what a dotted path, the argument, leads to.
func pathAt(from finder) getter {
	return func(e *Event, arg Arg, out *Values) { follow(from(e), strings.Split(arg.Key, "."), out) }
}

func addText(v node, out *Values) {
	if s, ok := text(v); ok {
		out.add(s)
	}
}

// addAligned adds a string, or an empty text in its place.
func addAligned(v node, out *Values) {
	s, _ := text(v)
	out.add(s)
}

func addTexts(v node, out *Values) {
	for _, element := range elements(v) {
		addText(element, out)
	}
}

// addJoined adds the strings among the values as one text, joined by a space.
func addJoined(all []node, out *Values) {
	joined := false
	for _, v := range all {
		s, ok := text(v)
		if !ok {
			continue
		}
		if joined {
			out.appendString(" ")
		}
		out.append(s)
		joined = true
	}
	if joined {
		out.end()
	}
}

func addPair(key, value []byte, out *Values) {
	out.append(key)
	out.appendString("=")
	out.append(value)
	out.end()
}

// words splits at blanks.
func words(s string) []string { return strings.Fields(s) }

// cutText is strings.Cut for bytes, with the separator as text.
func cutText(s []byte, separator string) (before, after []byte, found bool) {
	return bytes.Cut(s, []byte(separator))
}
