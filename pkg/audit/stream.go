package audit

import (
	"bytes"

	"github.com/k8saudit/k8saudit/pkg/stats"
)

// Stream finds the audit events of one payload that comes in pieces, so that a
// list of any length takes no more memory than one piece and the event that
// stands across its end. Whatever the pieces are, the events and the reasons
// of what is dropped are those of Splitter.Split. It is used by one goroutine.
type Stream struct {
	splitter *Splitter
	phase    phase
	inside   bool // a list or an array
	some     bool // and an element of it was read
	found    bool
	faulty   bool
}

// phase is where in a payload a Stream is. It reads what b begins with and
// returns how many bytes that took, at least one; or -1 when b breaks off
// inside, or is malformed, which cannot be told apart before the end.
type phase func(s *Stream, b []byte, add func(Event)) int

// NewStream begins a payload, whose events are found with splitter.
func NewStream(splitter *Splitter) Stream {
	return Stream{splitter: splitter, phase: (*Stream).between}
}

// Split hands over the events that are complete in window and returns how many
// bytes it is done with. The next window begins behind these: with the rest of
// this one, and what came after it. With last, window is the end of the
// payload, and all of it is used. The events are slices of window, valid as
// long as it is.
func (s *Stream) Split(window []byte, last bool, add func(Event)) (done int) {
	for done < len(window) {
		n := s.phase(s, window[done:], add)
		if n < 0 && !last {
			return done
		}
		if n < 0 {
			n = s.tear(window[done:])
		}
		done += n
	}
	if last && s.inside {
		s.tear(nil)
	}
	return done
}

// Sound reports whether what was read so far is made of events, lists and
// arrays. Their elements may be anything: one bad item does not make a payload
// unsound.
func (s *Stream) Sound() bool { return s.found && !s.faulty }

// between reads what stands in no list: blanks, the NUL bytes that a file
// system leaves where a write was lost in a crash, an event, or the beginning
// of a list or an array.
func (s *Stream) between(b []byte, add func(Event)) int {
	if n := len(b) - len(bytes.TrimLeft(b, " \t\r\n\x00")); n > 0 {
		return n
	}
	switch b[0] {
	case '{':
		return s.document(b, add)
	case '[':
		s.open((*Stream).inArray)
		return 1
	}
	s.splitter.Stats.Drop(stats.NotJSON, "")
	s.phase, s.faulty = (*Stream).ignore, true
	return len(b)
}

// ignore passes over what stands behind text that is not JSON.
func (s *Stream) ignore(b []byte, _ func(Event)) int { return len(b) }

// document reads an event or the beginning of a list.
func (s *Stream) document(b []byte, add func(Event)) int {
	if items := listItems(b); items >= 0 {
		s.open((*Stream).inItems)
		return items
	}
	h, end := readHead(b)
	if end >= 0 && s.splitter.document(b[:end], &h, add) {
		s.found = true
	}
	return end
}

// open begins a list or an array.
func (s *Stream) open(elements phase) {
	s.phase, s.inside, s.some, s.found = elements, true, false, true
}

// close ends it.
func (s *Stream) close() { s.phase, s.inside = (*Stream).between, false }

// listItems returns the index of the first item when b begins with an
// EventList up to there, else -1. What says so stands before the items: the
// API server encodes kind and apiVersion first. A list that says it behind, or
// not at all, is read when it is complete.
func listItems(b []byte) int {
	var h head
	m := MembersOf(b)
	for i := m.key(); i >= 0 && h.auditID == nil && absentOr(h.kind, `"EventList"`); i = m.key() {
		if string(m.Key) == "items" && h.kind != nil && h.isAudit() && i < len(b) && b[i] == '[' {
			return i + 1
		}
		slot := h.slot(m.Key)
		if slot == &h.items || !m.value(i) {
			return -1
		}
		if slot != nil {
			*slot = m.Value
		}
	}
	return -1
}

func (s *Stream) inArray(b []byte, add func(Event)) int {
	n, ended := s.next(b, add)
	if ended {
		s.close()
	}
	return n
}

func (s *Stream) inItems(b []byte, add func(Event)) int {
	n, ended := s.next(b, add)
	if ended {
		s.phase = (*Stream).behindItems
	}
	return n
}

// next reads one element, or the end of the array.
func (s *Stream) next(b []byte, add func(Event)) (n int, ended bool) {
	i, more := next(b, 0, ']', s.some)
	if !more {
		return i, i >= 0
	}
	if n = s.element(b, i, add); n >= 0 {
		s.some = true
	}
	return n, false
}

// element reads the element that begins at i and returns the index behind it.
// Most are sound, and found to be by reading them as documents; only for the
// others its brackets are counted.
func (s *Stream) element(b []byte, i int, add func(Event)) int {
	if b[i] == '{' {
		if h, end := readHead(b[i:]); end >= 0 {
			s.splitter.document(b[i:i+end], &h, add)
			return i + end
		}
	}
	end := behindValue(b, i)
	if end < 0 || end == len(b) && number[b[end-1]] { // of a number, more may follow
		return -1
	}
	s.splitter.element(b[i:end], add)
	return end
}

// behindItems reads the members of a list behind its items, of which the API
// server writes none, and the list's end.
func (s *Stream) behindItems(b []byte, _ func(Event)) int {
	m := Members{b: b, end: -1, some: true}
	if m.Next() {
		if m.at == len(b) {
			return -1 // the end of a number may be missing
		}
		return m.at
	}
	if m.End() >= 0 {
		s.close()
	}
	return m.End()
}

// tear gives up what b begins with, and returns the index of what may be whole
// again.
func (s *Stream) tear(b []byte) int {
	s.splitter.Stats.Drop(stats.BrokenJSON, ID(bytes.TrimLeft(b, ", \t\r\n")))
	s.faulty = true
	s.close()
	return len(b) - len(afterTear(b))
}

// lineStart is how the API server begins each line of its log: it encodes an
// audit.k8s.io Event with encoding/json, whose order is that of the struct.
// Inside a JSON string the quotes would be escaped.
var lineStart = []byte(`{"kind":"Event","apiVersion":"audit.k8s.io/`)

// afterTear returns what of a malformed payload may be whole again: the next
// event's line, when the newline between it and a torn one was lost.
func afterTear(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	if i := bytes.Index(b[1:], lineStart); i >= 0 {
		return b[1+i:]
	}
	return nil
}
