package fields

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestTextsAreReadAsEncodingJSONReadsThem(t *testing.T) {
	for _, text := range []string{
		`plain`, `\"\\\/\b\f\n\r\t`, `\u00e9\u4e2d`, `é中`, `\ud83d\ude00`, `\uD83D\uDE00`, `\ud800`, `\udc00`, `\ud800\ud800`, `\udc00\ud800`,
		`\ud800\u0041`, `\ud800x`, `\\ud800`, `\\\ud800`, `\ud83d\ude00\ud83d`, "\xff", "a\xc3", "\xed\xa0\x80", "\xff\xfe\xfd", `\u2028`, `<>&`, `\ud8`,
	} {
		raw := `{"a":"` + text + `","` + text + `":"key"}`
		var want map[string]string
		if err := json.Unmarshal([]byte(raw), &want); err != nil {
			continue // an escape that encoding/json refuses cannot come from the API server
		}
		f := newAsked(t).wants(`{"userAgent":"` + text + `","requestObject":` + raw + `}`)
		f(prefix+"request.object[a]", want["a"])
		f(prefix+"request.useragent", want["a"])
	}
}

func TestOnlyValuesAreCountedNotCommasInTexts(t *testing.T) {
	f := func(text string, want int) {
		t.Helper()
		if got := values([]byte(text)); got != want {
			t.Errorf("%s has %d, want %d", text, got, want)
		}
	}
	f(`[1,2,3]`, 2)
	f(`[",,,",",\",,"]`, 1)
	f(`{"a,":1,"b":"\\",",":2}`, 2)
	f(`"`, 0)
	f(`"\`, 0)
}

func TestATextOfCommasHidesNothing(t *testing.T) {
	a := newAsked(t)
	f := a.wants(about("patch", `"requestObject":{"junk":"`+strings.Repeat(",", mostValues+1)+`","spec":{"hostNetwork":true}}`))
	f(hostNetwork, "true")
	if a.broken != 0 {
		t.Errorf("%d objects are said to be broken", a.broken)
	}
}

// Each value takes eighty bytes when it is parsed.
func TestAnObjectOfNothingButCommasCostsNoMemory(t *testing.T) {
	a := newAsked(t)
	f := a.wants(about("patch", `"requestObject":{"junk":[`+strings.Repeat("0,", mostValues+1)+`0],"spec":{"hostNetwork":true}}`))
	f(hostNetwork)
	f("ka.verb", "patch")
	if a.broken != 1 {
		t.Errorf("%d objects are said to be broken, want 1", a.broken)
	}
}

func TestShallowLeavesWhatIsInReach(t *testing.T) {
	nested := func(depth int) string {
		return strings.Repeat(`{"a":[`, depth/2) + `"]}\"{"` + strings.Repeat(`]}`, depth/2)
	}
	f := func(depth int, cut bool) {
		t.Helper()
		text := []byte(`{"before":1,"deep":` + nested(depth-1) + `,"after":"}"}`)
		got := shallow(text)
		if !json.Valid(got) || bytes.Contains(got, []byte("null")) != cut || !bytes.HasSuffix(got, []byte(`,"after":"}"}`)) {
			t.Errorf("at depth %d: %s", depth, got)
		}
	}
	f(deepest, false)
	f(deepest+2, true)
	f(9999, true)
	for _, broken := range []string{`{`, `"`, `"\`, `]]]`, `{"a`, ``} {
		shallow([]byte(broken))
	}
}
