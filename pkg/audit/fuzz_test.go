package audit

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzSplit splits arbitrary bytes: nothing panics, every event is a part of
// the payload and alone gives itself again, and of valid JSON every event is
// valid.
func FuzzSplit(f *testing.F) {
	for _, payload := range payloads {
		f.Add([]byte(payload))
	}
	for _, payload := range []string{`{"auditID":"a"} [{"auditID":"b"}]`, `{"auditID":"\ud800","\u0061uditID":1}`, "\x00" + line, line + line2, `{"auditID":"a","items":[]}`, `{"auditID":}`, `{,"auditID":"a"}`} {
		f.Add([]byte(payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		events, s := split(t, MaxEventSize, string(payload))
		if uint64(len(events)) != s.Received.Load() {
			t.Fatalf("%d events of %d were handed over", len(events), s.Received.Load())
		}
		from := 0
		for _, e := range events {
			at := bytes.Index(payload[from:], e.Raw)
			if at < 0 {
				t.Fatalf("%q is not in what follows of the payload", e.Raw)
			}
			from += at + len(e.Raw)
			if again, _ := split(t, MaxEventSize, string(e.Raw)); len(again) != 1 || !bytes.Equal(again[0].Raw, e.Raw) {
				t.Fatalf("%q gives %q when it is split alone", e.Raw, texts(again))
			}
			if json.Valid(payload) && !json.Valid(e.Raw) {
				t.Fatalf("%q of valid JSON is none", e.Raw)
			}
		}
	})
}

// FuzzCut cuts arbitrary events: what is left fits, says that it was cut, and
// is as valid as it was.
func FuzzCut(f *testing.F) {
	f.Add([]byte(`{"auditID":"a","requestObject":{"a":"`+line+`"},"responseObject":[],"annotations":{"a":"b"},"verb":"create"}`), 120)
	f.Add([]byte(`{"responseObject":1,"requestObject":2,"auditID":""}`), 70)
	f.Fuzz(func(t *testing.T, raw []byte, max int) {
		if events, _ := split(t, MaxEventSize, string(raw)); len(events) != 1 || !bytes.Equal(events[0].Raw, raw) {
			return // no event
		}
		before := bytes.Clone(raw)
		cut, ok := Cut(raw, max)
		if !bytes.Equal(raw, before) {
			t.Fatal("the event itself was changed")
		}
		if !ok {
			return
		}
		if len(cut) > max {
			t.Fatalf("%d bytes are left, want at most %d: %q", len(cut), max, cut)
		}
		if !bytes.Contains(cut, []byte(truncated)) || json.Valid(raw) && !json.Valid(cut) {
			t.Fatalf("%q was cut to %q", raw, cut)
		}
	})
}
