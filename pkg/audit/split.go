package audit

import (
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

	stream Stream // of Split; here it costs no allocation
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
	s.stream = NewStream(s)
	s.stream.Split(payload, true, add)
}

// document delivers the whole document that b is: an event, or the items of a
// list. It reports whether it was one of these.
func (s *Splitter) document(b []byte, h *head, add func(Event)) bool {
	switch {
	case h.isEvent():
		s.event(b, h, add)
	case h.isList():
		s.elements(h.items, add)
	default:
		s.Stats.Drop(stats.NotEvent, h.id())
		return false
	}
	return true
}

// elements delivers what an array holds.
func (s *Splitter) elements(b []byte, add func(Event)) {
	e := ElementsOf(b)
	for e.Next() {
		s.element(e.Value, add)
	}
	if e.End() < 0 {
		s.Stats.Drop(stats.BrokenJSON, "")
	}
}

// element delivers one element of an array. Elements are documents: lists may
// stand in an array, but arrays do not nest.
func (s *Splitter) element(b []byte, add func(Event)) {
	if b[0] != '{' {
		s.Stats.Drop(stats.NotEvent, "")
		return
	}
	h, end := readHead(b)
	if end < 0 {
		s.Stats.Drop(stats.BrokenJSON, h.id())
		return
	}
	s.document(b, &h, add)
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
