package audit

import "bytes"

// heavy are the members that can make an event large, in the order in which
// they are given up: rules look at the request more than at the response. The
// last is the simplified form's request object.
var heavy = []string{"responseObject", "requestObject", "requestBody"}

// truncated is the annotation by which the API server marks the events that
// it has cut itself (k8s.io/apiserver, plugin/pkg/audit/truncate).
const truncated = `"audit.k8s.io/truncated":"true"`

// Cut makes an event fit into max bytes: its response object goes first, then
// its request object, and the annotation audit.k8s.io/truncated is set to
// "true", as the API server does with its own truncation. What is left still
// has verb, user, target and code. The result is new memory; ok is false when
// the event is too large even so.
func Cut(raw []byte, max int) (cut []byte, ok bool) {
	if cut = mark(raw); cut == nil {
		return nil, false
	}
	for _, key := range heavy {
		if len(cut) <= max {
			break
		}
		cut = without(cut, key)
	}
	return cut, len(cut) <= max
}

// mark returns a copy of the event with the annotation added, nil when the
// event is no sound object. The annotation goes to the end, where it wins
// over one of the same name.
func mark(raw []byte) []byte {
	m := MembersOf(raw)
	var annotations []byte
	for m.Next() {
		if string(m.Key) == "annotations" {
			annotations = m.Value
		}
	}
	if m.End() < 0 {
		return nil
	}
	if len(annotations) < 2 || annotations[0] != '{' {
		return insert(raw, m.End()-1, `,"annotations":{`+truncated+`}`)
	}
	comma := ","
	if inner := MembersOf(annotations); !inner.Next() {
		comma = ""
	}
	end := cap(raw) - cap(annotations) + len(annotations) // of annotations, in raw
	return insert(raw, end-1, comma+truncated)
}

// insert returns a copy of b with text at index at.
func insert(b []byte, at int, text string) []byte {
	return bytes.Join([][]byte{b[:at], b[at:]}, []byte(text))
}

// without removes every member of that key from the object b, in place, and
// returns what is left.
func without(b []byte, key string) []byte {
	m := MembersOf(b)
	kept := b[:0]
	begin := 0 // of the member, with the brace or comma before it
	for m.Next() {
		if string(m.Key) != key {
			kept = append(kept, b[begin:m.at]...)
		}
		begin = m.at
	}
	kept = append(kept, b[begin:]...)
	if rest := bytes.TrimLeft(kept, " \t\r\n"); len(rest) > 0 && rest[0] == ',' {
		rest[0] = '{' // the first member went, and its brace with it
	}
	return kept
}
