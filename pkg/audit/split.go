package audit

import (
	"bytes"
	"time"

	"github.com/k8saudit/k8saudit/pkg/stats"
)

// MaxEventSize is the default limit of one event, in bytes: what the API
// server's own webhook backend may send in one request body by default is
// less, and what a list response makes of an event at level RequestResponse
// is rarely more.
const MaxEventSize = 16 << 20

// Splitter finds the audit events of payloads. It is used by one goroutine at
// a time.
type Splitter struct {
	Max   int // limit of one event in bytes; see Cut
	Stats *stats.Stats
	Now   func() time.Time // for an event without a time
}

// NewSplitter returns a Splitter for events of up to max bytes.
func NewSplitter(max int, s *stats.Stats) *Splitter {
	return &Splitter{Max: max, Stats: s, Now: time.Now}
}

// Split hands over the audit events of a payload in order. A payload is one
// event, an EventList, or an array of either; several may follow one another,
// as on a line whose newline was lost. What is no audit event is dropped with
// its reason, and costs nothing but itself. The events are slices of payload,
// valid as long as it is.
func (s *Splitter) Split(payload []byte, add func(Event)) {
	rest := trim(payload)
	for len(rest) > 0 {
		end := s.value(rest, add)
		if end < 0 {
			rest = afterTear(rest)
			continue
		}
		rest = trim(rest[end:])
	}
}

// value delivers the value that b begins with and returns the index behind
// it; -1 when it is malformed, which is then counted.
func (s *Splitter) value(b []byte, add func(Event)) int {
	switch b[0] {
	case '{':
		return s.document(b, add)
	case '[':
		return s.elements(b, add)
	}
	s.Stats.Drop(stats.NotJSON, "")
	return len(b)
}

// document delivers an event, or the items of a list.
func (s *Splitter) document(b []byte, add func(Event)) int {
	h, end := readHead(b)
	switch {
	case end < 0:
		s.Stats.Drop(stats.BrokenJSON, h.id())
	case h.isEvent():
		s.event(b[:end], &h, add)
	case h.isList():
		s.elements(h.items, add)
	default:
		s.Stats.Drop(stats.NotEvent, h.id())
	}
	return end
}

// elements delivers what an array holds. Its elements are documents: lists
// may stand in an array, but arrays do not nest.
func (s *Splitter) elements(b []byte, add func(Event)) int {
	e := ElementsOf(b)
	for e.Next() {
		if e.Value[0] != '{' {
			s.Stats.Drop(stats.NotEvent, "")
			continue
		}
		s.document(e.Value, add)
	}
	if e.End() < 0 {
		s.Stats.Drop(stats.BrokenJSON, "")
	}
	return e.End()
}

// event delivers one event, cut to the limit if need be.
func (s *Splitter) event(raw []byte, h *head, add func(Event)) {
	s.Stats.Received.Add(1)
	s.Stats.Bytes.Add(uint64(len(raw)))
	if len(raw) > s.Max {
		cut, ok := Cut(raw, s.Max)
		if !ok {
			s.Stats.Drop(stats.Oversize, h.id())
			return
		}
		s.Stats.Cut.Add(1)
		raw = cut
	}
	add(Event{Raw: raw, Time: h.time(s.Now)})
}

// trim drops the blanks around a payload, and the NUL bytes that a file
// system leaves where a write was lost in a crash.
func trim(b []byte) []byte { return bytes.Trim(b, " \t\r\n\x00") }

// lineStart is how the API server begins each line of its log: it encodes an
// audit.k8s.io Event with encoding/json, whose order is that of the struct.
// Inside a JSON string the quotes would be escaped.
var lineStart = []byte(`{"kind":"Event","apiVersion":"audit.k8s.io/`)

// afterTear returns what of a malformed payload may be whole again: the next
// event's line, when the newline between it and a torn one was lost.
func afterTear(b []byte) []byte {
	if i := bytes.Index(b[1:], lineStart); i >= 0 {
		return b[1+i:]
	}
	return nil
}
