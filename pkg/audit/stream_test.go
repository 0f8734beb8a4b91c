package audit

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/stats"
)

// list is an EventList as the API server encodes it.
func list(items ...string) string {
	return `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[` + strings.Join(items, ",") + `]}` + "\n"
}

// payloads are of every form that a body can have, whole and not.
var payloads = []string{
	"", " ", "{}", "[]", "7", "{", "[", "\x00\x00",
	line, line + line2, line + "\n" + line2 + "\n", item,
	list(), list(item), list(item, line, item), list(item, `{"foo":1}`, "7", `"x"`, core, item),
	list(item, `{"auditID":"x" "stage":1}`, item), list(item, "12345", "true", "null"),
	list(item) + list(line, line2) + line, list(item, `{"auditID":"torn`) + line,
	"[" + line + "," + list(item, item) + "," + line2 + "]", "[" + line + ",", "[" + line + " " + line2 + "]",
	`{"items":[` + item + `],"kind":"EventList"}`, `{"kind":"PodList","items":[` + item + `]}`,
	`{"kind":"EventList","items":[` + item + `],"metadata":{"a":[1]} , "n":12}` + line,
	`{"kind":"EventList","items":[` + item + `],"kind":"Pod"}`, `{"kind":"EventList","items":{}}`, `{"kind":"EventList","items":[` + item + `}`,
	`{"items":[` + item + `],"auditID":"x"}`, `{"kind":"EventList","items":[` + item + `]` + line,
	line[:70] + line2, line + "noise" + line2, "I0501 12:00:00 1 server.go:42] listening\n" + line,
	" \t" + list(" "+item+" \n", "\t"+line) + "\r\n\x00" + line2,
	list(`{"auditID":"a\\\"}{","x":"\\","y":[{},[]]}`, item),
}

// inPieces splits a payload that arrives in pieces of the sizes that size
// gives, as a reader with a window would.
func inPieces(max int, payload string, size func() int) (events []string, s *stats.Stats, sound bool) {
	s = silent()
	splitter := NewSplitter(max, s)
	stream := NewStream(splitter)
	var window []byte
	add := func(e Event) { events = append(events, string(e.Raw)) }
	for {
		n := min(size(), len(payload))
		window, payload = append(slices.Clone(window), payload[:n]...), payload[n:]
		done := stream.Split(window, payload == "", add)
		if window = window[done:]; payload == "" {
			return events, s, stream.Sound()
		}
	}
}

func TestAPayloadInPiecesGivesTheEventsAndDropsOfTheWhole(t *testing.T) {
	f := func(payload string, max int, name string, size func() int) {
		t.Helper()
		whole, all, sound := inPieces(max, payload, func() int { return len(payload) })
		got, s, soundToo := inPieces(max, payload, size)
		if !slices.Equal(got, whole) || dropped(s) != dropped(all) || sound != soundToo {
			t.Errorf("%q in pieces of %s: %q, dropped %q, sound %v; want %q, dropped %q, sound %v",
				payload, name, got, dropped(s), soundToo, whole, dropped(all), sound)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, payload := range payloads {
		for _, max := range []int{MaxEventSize, 80} {
			f(payload, max, "one byte", func() int { return 1 })
			f(payload, max, "seven bytes", func() int { return 7 })
			for range 20 {
				f(payload, max, "random sizes", func() int { return 1 + random.IntN(60) })
			}
		}
	}
}

func TestAPayloadCutAnywhereIsReadTheSameInPieces(t *testing.T) {
	for _, payload := range payloads {
		for cut := range len(payload) {
			whole, all, _ := inPieces(MaxEventSize, payload[:cut], func() int { return cut })
			got, s, _ := inPieces(MaxEventSize, payload[:cut], func() int { return 3 })
			if !slices.Equal(got, whole) || dropped(s) != dropped(all) {
				t.Fatalf("%q: %q, dropped %q; want %q, dropped %q", payload[:cut], got, dropped(s), whole, dropped(all))
			}
		}
	}
}

func TestTheItemsOfAListAreHandedOverBeforeItsEndIsRead(t *testing.T) {
	stream := NewStream(NewSplitter(MaxEventSize, silent()))
	n := 0
	window := strings.TrimSuffix(list(item, line), line+"]}\n") + line[:20]
	done := stream.Split([]byte(window), false, func(Event) { n++ })
	if n != 1 || !strings.HasPrefix(window[done:], ","+line[:20]) {
		t.Fatalf("%d events of a list that has one complete item; %q is left of it", n, window[done:])
	}
}

func TestAPayloadIsSoundWhenItIsMadeOfEventsListsAndArrays(t *testing.T) {
	f := func(payload string, want bool) {
		t.Helper()
		if _, _, sound := inPieces(MaxEventSize, payload, func() int { return len(payload) }); sound != want {
			t.Errorf("%q: sound is %v", payload, sound)
		}
	}
	f(line, true)
	f(list(), true)
	f(list(`{"foo":1}`, "7"), true)
	f("["+line+"]", true)
	f("", false)
	f("{}", false)
	f(core, false)
	f("hello", false)
	f(line+"hello", false)
	f(line[:50], false)
	f(list(item)[:100], false)
	f(list(item, `{"auditID":"torn`), false)
}

func FuzzAPayloadInPieces(f *testing.F) {
	for _, payload := range payloads {
		f.Add(payload, 5)
	}
	f.Fuzz(func(t *testing.T, payload string, size int) {
		size = max(1, size)
		whole, all, sound := inPieces(100, payload, func() int { return len(payload) })
		got, s, soundToo := inPieces(100, payload, func() int { return size })
		if !slices.Equal(got, whole) || dropped(s) != dropped(all) || sound != soundToo {
			t.Fatalf("%q in pieces of %d: %q, dropped %q, sound %v; want %q, dropped %q, sound %v",
				payload, size, got, dropped(s), soundToo, whole, dropped(all), sound)
		}
	})
}
