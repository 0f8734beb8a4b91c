package audit

import (
	"encoding/json"
	"testing"
	"time"
)

func TestStringsAreReadAsEncodingJSONReadsThem(t *testing.T) {
	for _, s := range []string{
		`""`, `"plain"`, `"üñí"`, `"\"\\\/\b\f\n\r\t"`, `"\u003ca\u003E\u0026"`, `"\u0000"`,
		`"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ud83d\ud83d\ude00"`, `"\uD83D\uDE00!"`,
		"\"\xff\xfe\"", "\"a\xc3\"", "\"\xe2\x82\"", `"\u00e9\u4e2d"`,
	} {
		var want string
		if err := json.Unmarshal([]byte(s), &want); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if got, ok := Text([]byte(s)); !ok || string(got) != want {
			t.Errorf("%s: got %q, %v, want %q", s, got, ok, want)
		}
	}
}

func TestABrokenEscapeIsKeptAsItStands(t *testing.T) {
	for s, want := range map[string]string{`"\x"`: `\x`, `"\u12"`: `\u12`, `"\u12zz!"`: `\u12zz!`} {
		if got, _ := Text([]byte(s)); string(got) != want {
			t.Errorf("%s: got %q, want %q", s, got, want)
		}
	}
}

func TestWhatIsNoStringHasNoText(t *testing.T) {
	for _, s := range []string{"", "7", "null", "{}", `"`} {
		if got, ok := Text([]byte(s)); ok {
			t.Errorf("%q: got %q, want no text", s, got)
		}
	}
}

func TestTimesAreReadAsTheLibraryReadsThem(t *testing.T) {
	for _, s := range []string{
		"2023-10-27T10:00:00Z", "2023-10-27T10:00:01.500Z", "2023-10-27T10:00:01.123456Z", "2024-02-29T23:59:59.999999999Z",
		"2023-01-31T00:00:00Z", "2023-10-27T10:00:00+02:00", "2023-10-27T10:00:00.1-05:30", "1970-01-01T00:00:00Z",
	} {
		want, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := Time([]byte(s)); !ok || !got.Equal(want) {
			t.Errorf("%s: got %v, %v, want %v", s, got, ok, want)
		}
	}
}

func TestWhatIsNoTimeThatFalcoKnowsIsNone(t *testing.T) {
	for _, s := range []string{
		"", "Z", "now", "2023-10-27", "2023-10-27T10:00:00", "2023-13-27T10:00:00Z", "2023-02-30T10:00:00Z",
		"2023-10-27T10:00:00.Z", "2023-10-27T10:0a:00Z", "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "2023-10-27 10:00:00Z",
	} {
		if got, ok := Time([]byte(s)); ok {
			t.Errorf("%q: got %v, want none", s, got)
		}
	}
}
