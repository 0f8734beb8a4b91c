package fields

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// agree checks that every value of an event, reached by its JSON pointer, is
// what encoding/json decodes: the API server wrote it with that.
func (a *asked) agree(raw []byte) {
	a.t.Helper()
	whole, ok := decoded(a.t, raw).(map[string]any)
	if !ok {
		return
	}
	if _, simplified := whole["requestInfo"]; simplified {
		return // has members that are not in the text
	}
	a.read(string(raw))
	for key, v := range whole {
		a.agreeAt("/"+pointerToken(key), v)
	}
}

func pointerToken(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

func (a *asked) agreeAt(pointer string, want any) {
	a.t.Helper()
	id, _ := a.table.ID(prefix + "value")
	a.table.Extract(a.event, id, Arg{Key: pointer, Present: true}, &a.out)
	got := texts(&a.out)
	switch want := want.(type) {
	case nil:
		if got != nil {
			a.t.Errorf("%s is %q, want nothing", pointer, got)
		}
		return
	case map[string]any:
		for key, v := range want {
			a.agreeAt(pointer+"/"+pointerToken(key), v)
		}
	case []any:
		for i, v := range want {
			a.agreeAt(fmt.Sprintf("%s/%d", pointer, i), v)
		}
	}
	if len(got) != 1 || !a.same(got[0], want) {
		a.t.Errorf("%q is %q, encoding/json has %#v", pointer, got, want)
	}
}

// same reports whether what a field shows is that value.
func (a *asked) same(got string, want any) bool {
	switch want := want.(type) {
	case string:
		return got == strings.ReplaceAll(want, "\x00", `\u0000`)
	case json.Number:
		return got == want.String()
	case bool:
		return got == fmt.Sprint(want)
	}
	text, err := json.Marshal(decoded(a.t, []byte(got)))
	if err != nil {
		return false
	}
	again, err := json.Marshal(want)
	return err == nil && bytes.Equal(text, again)
}

func TestX9RecordedEventsAreDecodedAsEncodingJSONDoes(t *testing.T) {
	a := newAsked(t)
	for _, raw := range recorded(t) {
		a.agree(raw)
	}
}

func TestX9EventsAtRandomAreDecodedAsEncodingJSONDoes(t *testing.T) {
	a := newAsked(t)
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 9))
		raw := `{"auditID":"x","requestObject":` + randomValue(r, 5) + `,` + randomText(r) + `:` + randomValue(r, 3) + `}`
		if !json.Valid([]byte(raw)) {
			t.Fatalf("seed %d is no JSON: %s", seed, raw)
		}
		if a.agree([]byte(raw)); t.Failed() {
			t.Fatalf("seed %d: %s", seed, raw)
		}
	}
}

// pieces are what texts at random are made of.
var pieces = []string{
	"a", "b.c", "spec", "0", "~", "/", `\"`, `\\`, `\/`, `\n`, `\t`, `\u0000`, `\u001f`, `\u003c`, `\ud83d\ude00`, `\ud83d`, `\ude00`, `\uDBFF`, "é", "日", "\u2028", "\xff", "\xe2\x82", ",", "{", "]", "null",
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(4) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return `"` + b.String() + `"`
}

// numbers are the forms that numbers have.
var numbers = []string{"0", "-0", "7", "-1.50", "1e3", "1E-7", "18446744073709551615", "1e400", "0.1e+1"}

func randomValue(r *rand.Rand, depth int) string {
	n := r.IntN(8)
	switch {
	case n == 0:
		return "null"
	case n == 1:
		return []string{"true", "false"}[r.IntN(2)]
	case n == 2:
		return numbers[r.IntN(len(numbers))]
	case n == 3 || depth == 0:
		return randomText(r)
	}
	var inner []string
	for range r.IntN(5) {
		v := randomValue(r, depth-1)
		if n >= 6 {
			v = randomText(r) + [...]string{":", " : ", "\n:\t"}[r.IntN(3)] + v
		}
		inner = append(inner, v)
	}
	if n >= 6 {
		return "{" + strings.Join(inner, ",") + "}"
	}
	return "[ " + strings.Join(inner, " , ") + "]"
}
