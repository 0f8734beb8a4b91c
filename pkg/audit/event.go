// Package audit finds Kubernetes audit events in bytes and hands each over as
// it stood: one event is a slice of the payload that it came in, untouched.
package audit

import (
	"bytes"
	"time"
)

// Event is one audit event.
type Event struct {
	// Raw is the event's JSON text as received, a slice of its payload. Only an
	// event above the size limit is another text: see Cut.
	Raw []byte
	// Time is when the event's stage was reached: stageTimestamp, else
	// requestReceivedTimestamp, else when it was read.
	Time time.Time
}

// head is what of an event must be known to deliver it.
type head struct {
	kind, apiVersion []byte
	auditID          []byte
	stage, received  []byte // stageTimestamp, requestReceivedTimestamp
	items            []byte
}

// slot is the part of the head that a member of the audit event is, or nil.
func (h *head) slot(key []byte) *[]byte {
	switch string(key) { // a table of functions would move every head to the heap
	case "kind":
		return &h.kind
	case "apiVersion":
		return &h.apiVersion
	case "auditID":
		return &h.auditID
	case "stageTimestamp":
		return &h.stage
	case "requestReceivedTimestamp":
		return &h.received
	case "items":
		return &h.items
	}
	return nil
}

// readHead walks through the document that b begins with. It returns the
// index behind it, or -1 when it is malformed; what was read before the fault
// is in the head. Of members with the same key the last one counts, as the
// API server reads them.
func readHead(b []byte) (h head, end int) {
	m := MembersOf(b)
	for m.Next() {
		if slot := h.slot(m.Key); slot != nil {
			*slot = m.Value
		}
	}
	return h, m.End()
}

// isEvent reports whether the document is an audit event. A line of the log
// has kind and apiVersion, an item of an EventList has neither, and the
// simplified form of a manual may lack them; all have an auditID.
func (h *head) isEvent() bool {
	return absentOr(h.kind, `"Event"`) && h.isAudit() && len(h.auditID) > 0 && h.auditID[0] == '"'
}

// isList reports whether the document is a list of audit events.
func (h *head) isList() bool {
	return absentOr(h.kind, `"EventList"`) && h.isAudit() && len(h.items) > 0 && h.items[0] == '['
}

// isAudit reports whether the document's group is that of audit events, in
// whatever version, or not said.
func (h *head) isAudit() bool {
	return h.apiVersion == nil || bytes.HasPrefix(h.apiVersion, []byte(`"audit.k8s.io/`))
}

func absentOr(value []byte, want string) bool {
	return value == nil || string(value) == want
}

// time is the event's time, or now where it has none.
func (h *head) time(now func() time.Time) time.Time {
	for _, value := range [...][]byte{h.stage, h.received} {
		if text, ok := Text(value); ok {
			if t, ok := Time(text); ok {
				return t
			}
		}
	}
	return now()
}

// id is the audit ID for a log line.
func (h *head) id() string {
	text, _ := Text(h.auditID)
	return string(text)
}

// ID is the audit ID of the event that begins in b, which may break off
// anywhere behind it; empty when there is none.
func ID(b []byte) string {
	h, _ := readHead(b)
	return h.id()
}
