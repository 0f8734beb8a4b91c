package audit

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/pkg/stats"
)

func silent() *stats.Stats { return stats.New(slog.New(slog.DiscardHandler)) }

// split returns the events of a payload and the counters after it.
func split(t *testing.T, max int, payload string) ([]Event, *stats.Stats) {
	t.Helper()
	s := silent()
	splitter := NewSplitter(max, s)
	splitter.Now = func() time.Time { return time.Unix(42, 0) }
	var events []Event
	splitter.Split([]byte(payload), func(e Event) { events = append(events, e) })
	return events, s
}

func texts(events []Event) []string {
	var raw []string
	for _, e := range events {
		raw = append(raw, string(e.Raw))
	}
	return raw
}

// dropped says how many were dropped for each reason that occurred.
func dropped(s *stats.Stats) string {
	var words []string
	for _, r := range stats.Reasons() {
		if n := s.Dropped(r); n > 0 {
			words = append(words, fmt.Sprintf("%v=%d", r, n))
		}
	}
	return strings.Join(words, " ")
}

const (
	line  = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"one","stage":"ResponseComplete"}`
	line2 = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"two","stage":"ResponseComplete"}`
	item  = `{"level":"Metadata","auditID":"three","stage":"ResponseComplete"}`
	core  = `{"kind":"Event","apiVersion":"v1","metadata":{"name":"pulled"}}`
)

func TestAPayloadIsSplitIntoItsEventsByteForByte(t *testing.T) {
	f := func(name, payload, drops string, want ...string) {
		t.Helper()
		events, s := split(t, MaxEventSize, payload)
		if got := texts(events); !slices.Equal(got, want) {
			t.Errorf("%s: got %d events %q, want %q", name, len(got), got, want)
		}
		if got := dropped(s); got != drops {
			t.Errorf("%s: dropped %q, want %q", name, got, drops)
		}
	}
	f("one event", line+"\n", "", line)
	f("blanks around it", " \t"+line+" \r\n", "", line)
	f("an item of a list, without kind", item, "", item)
	f("any version of the API", strings.Replace(line, "/v1", "/v1beta1", 1), "", strings.Replace(line, "/v1", "/v1beta1", 1))
	f("a list", list(item, line), "", item, line)
	f("a list that says no kind", `{"items":[`+item+`]}`, "", item)
	f("a list with blanks", "{ \"kind\" : \"EventList\" ,\n \"items\" : [ "+item+" ,\n"+item+" ] }", "", item, item)
	f("an empty list", list(), "")
	f("an array of events and lists", "["+line+","+list(item, item)+","+line2+"]", "", line, item, item, line2)
	f("an empty array", "[]", "")
	f("one bad item costs that item only", list(item, `{"foo":1}`, "7", `"x"`, core, item), "not_an_audit_event=4", item, item)
	f("a torn item costs the items behind it", list(item, `{"auditID":"torn`), "broken_json=1", item)
	f("a list that ends behind an item", `{"kind":"EventList","items":[`+item, "broken_json=1", item)
	f("a list that ends behind its items", `{"kind":"EventList","items":[`+item+"]", "broken_json=1", item)
	f("a list that says what it is behind its items", `{"items":[`+item+`],"kind":"EventList"}`, "", item)
	f("a list of something else", `{"kind":"PodList","items":[`+item+`]}`, "not_an_audit_event=1")
	f("members behind the items", `{"kind":"EventList","items":[`+item+`],"metadata":{"a":[1]} , "n":12}`+line, "", item, line)
	f("an item malformed inside", list(item, `{"auditID":"x" "stage":1}`, item), "broken_json=1", item, item)
	f("two events on one line", line+line2, "", line, line2)
	f("a torn line and the next event", line[:70]+line2, "broken_json=1", line2)
	f("torn inside a string and the next event", line[:len(line)-9]+line2, "broken_json=1", line2)
	f("a hole of NUL bytes", "\x00\x00"+line+"\x00\x00\x00"+line2+"\x00", "", line, line2)
	f("torn by a hole", line[:70]+"\x00\x00"+line2, "broken_json=1", line2)
	f("nothing", "", "")
	f("an empty line", "\r\n", "")
	f("another program's line", "I0501 12:00:00 1 server.go:42] listening", "not_json=1")
	f("another program's bracket", "[restful] listening", "broken_json=1")
	f("an empty object", "{}", "not_an_audit_event=1")
	f("an event of the core API", core, "not_an_audit_event=1")
	f("a pod", `{"kind":"Pod","apiVersion":"v1","auditID":"x"}`, "not_an_audit_event=1")
	f("an audit ID that is no string", `{"auditID":7}`, "not_an_audit_event=1")
	f("a torn event", line[:50], "broken_json=1")
	f("torn behind a comma", `{"auditID":"x",`, "broken_json=1")
	f("an array torn behind a comma", "["+line+",", "broken_json=1", line)
	f("nothing but an opening brace", "{", "broken_json=1")
	f("the last of duplicate keys counts", `{"auditID":"x","kind":"Event","kind":"Pod"}`, "not_an_audit_event=1")
	f("a body that is broken inside", `{"auditID":"x","requestObject":{"a" 1,,}}`, "", `{"auditID":"x","requestObject":{"a" 1,,}}`)
	f("quotes and backslashes in strings", `{"auditID":"a\\\"}{","x":"\\"}`, "", `{"auditID":"a\\\"}{","x":"\\"}`)
}

func TestAnEventsTimeIsThatOfItsStageElseOfItsReceiptElseNow(t *testing.T) {
	f := func(event, want string) {
		t.Helper()
		events, _ := split(t, MaxEventSize, event)
		if len(events) != 1 {
			t.Fatalf("%s: %d events", event, len(events))
		}
		if got := events[0].Time.UTC().Format(time.RFC3339Nano); got != want {
			t.Errorf("%s: time is %s, want %s", event, got, want)
		}
	}
	f(`{"auditID":"x","requestReceivedTimestamp":"2023-10-27T10:00:00Z","stageTimestamp":"2023-10-27T10:00:01.500Z"}`, "2023-10-27T10:00:01.5Z")
	f(`{"auditID":"x","requestReceivedTimestamp":"2023-10-27T10:00:00.000001Z"}`, "2023-10-27T10:00:00.000001Z")
	f(`{"auditID":"x","requestReceivedTimestamp":"2023-10-27T10:00:00Z","stageTimestamp":"soon"}`, "2023-10-27T10:00:00Z")
	f(`{"auditID":"x","requestReceivedTimestamp":"2023-10-27T10:00:00Z","stageTimestamp":null}`, "2023-10-27T10:00:00Z")
	f(`{"auditID":"x","requestObject":{"stageTimestamp":"2023-10-27T10:00:00Z"}}`, "1970-01-01T00:00:42Z")
}

func TestAnEventAboveTheLimitIsCutAndMarked(t *testing.T) {
	pad := strings.Repeat("x", 500)
	f := func(name, event, want string) {
		t.Helper()
		events, s := split(t, 300, event)
		if got := strings.Join(texts(events), " "); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		if want != "" && s.Cut.Load() != 1 {
			t.Errorf("%s: counted %d cut events, want 1", name, s.Cut.Load())
		}
		if want == "" && s.Dropped(stats.Oversize) != 1 {
			t.Errorf("%s: dropped %q, want one for its size", name, dropped(s))
		}
	}
	f("the response goes first",
		`{"auditID":"a","requestObject":{"kind":"Pod"},"responseObject":{"x":"`+pad+`"},"verb":"create"}`,
		`{"auditID":"a","requestObject":{"kind":"Pod"},"verb":"create","annotations":{"audit.k8s.io/truncated":"true"}}`)
	f("then the request",
		`{"auditID":"a","requestObject":{"x":"`+pad+`"},"responseObject":{"kind":"Pod"},"verb":"create","annotations":{}}`,
		`{"auditID":"a","verb":"create","annotations":{"audit.k8s.io/truncated":"true"}}`)
	f("the mark joins the annotations",
		`{"responseObject":{"x":"`+pad+`"},"auditID":"a","annotations":{"k":"v"},"verb":"get"}`,
		`{"auditID":"a","annotations":{"k":"v","audit.k8s.io/truncated":"true"},"verb":"get"}`)
	f("twice the same key",
		`{"auditID":"a","responseObject":{"x":"`+pad+`"},"responseObject":{"x":"`+pad+`"}}`,
		`{"auditID":"a","annotations":{"audit.k8s.io/truncated":"true"}}`)
	f("too large without objects", `{"auditID":"a","userAgent":"`+pad+`"}`, "")
}

func TestAnEventAtTheLimitIsLeftAlone(t *testing.T) {
	events, s := split(t, len(line), line)
	if len(events) != 1 || string(events[0].Raw) != line || s.Cut.Load() != 0 {
		t.Fatalf("an event of exactly the limit was changed: %q", texts(events))
	}
}

func TestWhatWasReceivedIsCounted(t *testing.T) {
	_, s := split(t, MaxEventSize, line+line2+"noise")
	if s.Received.Load() != 2 || s.Bytes.Load() != uint64(len(line+line2)) {
		t.Fatalf("counted %d events of %d bytes", s.Received.Load(), s.Bytes.Load())
	}
}

func TestTheAuditIDOfATornEventIsKnown(t *testing.T) {
	if got := ID([]byte(`{"level":"Request","auditID":"abc","userAgent":"kubec`)); got != "abc" {
		t.Fatalf("got %q, want abc", got)
	}
}
