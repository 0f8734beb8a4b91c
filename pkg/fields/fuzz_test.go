package fields

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds adds the recorded events, and texts that parsers have stumbled over.
func seeds(f *testing.F) {
	for _, raw := range recorded(f) {
		f.Add(raw, "spec.containers.0.image")
	}
	for _, raw := range []string{
		``, `{`, `{}`, `[]`, `null`, `{"verb":`, `{"verb":"create","requestObject":{"spec":{"containers":{}}}}`, `{"requestObject":"\ud800"}`, `{"a":1,"a":null,"\u0061":2}`,
		`{"requestInfo":{"method":"GET","uri":"/api/v1/namespaces/%2f/pods?watch"}}`, `{"requestURI":"?&=&a=%&b=;","objectRef":{"subresource":"exec"}}`, `{"sourceIPs":["::ffff:1.2.3.4%eth0"]}`,
		`{"verb":"patch","requestObject":[{"op":"add","path":"/spec","value":{"hostPID":true}}]}`,
	} {
		f.Add([]byte(raw), "")
	}
}

// FuzzFields extracts every field from arbitrary bytes: nothing panics, no text
// holds a NUL or is no UTF-8, and the values are the same when they are asked
// again, and when another event was read between.
func FuzzFields(f *testing.F) {
	seeds(f)
	a := newAsked(f)
	f.Fuzz(func(t *testing.T, raw []byte, key string) {
		a.t = t
		a.event.Reset(raw)
		first := a.everything(key)
		if again := a.everything(key); again != first {
			t.Errorf("asked again, fields give other values:\n%s", difference(first, again))
		}
		a.event.Reset([]byte(`{"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"containers":[{}]}}}`))
		a.everything(key)
		a.event.Reset(raw)
		if again := a.everything(key); again != first {
			t.Errorf("read again, the event gives other values:\n%s", difference(first, again))
		}
		if strings.Contains(first, "\x00") || utf8.Valid(raw) && utf8.ValidString(key) && !utf8.ValidString(first) {
			t.Errorf("a text holds a NUL or is no UTF-8: %q", first)
		}
	})
}

// everything is all values of all fields.
func (a *asked) everything(key string) string {
	var b strings.Builder
	for id := range a.table.Fields {
		for _, arg := range []Arg{{Key: key}, {Key: key, Index: uint64(len(key)), Present: true}} {
			for _, value := range a.values(id, arg) {
				b.WriteString(value)
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}

// FuzzAgreement compares every value of an event with what encoding/json
// decodes.
func FuzzAgreement(f *testing.F) {
	seeds(f)
	a := newAsked(f)
	f.Fuzz(func(t *testing.T, raw []byte, _ string) {
		a.t = t
		if json.Valid(raw) && nesting(raw) < deepest && !bytes.Contains(raw, []byte("requestInfo")) {
			a.agree(raw)
		}
	})
}

// nesting is how deep brackets nest at most, those in texts included.
func nesting(raw []byte) int {
	depth, deepest := 0, 0
	for _, c := range raw {
		switch c {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}
