package fields

import (
	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/valyala/fastjson"
)

// Event is an audit event that is asked for its fields. It is decoded in
// place and lazily: Reset finds where its members are, and each member is
// parsed when a field first needs it. One goroutine uses it, for one event
// after the other.
type Event struct {
	raw     []byte
	cluster func() string   // names the cluster that the event comes from
	broken  func()          // told once of each object that cannot be decoded
	text    [members][]byte // the members' JSON, as it stands in raw
	docs    [members]document
	decoded [members][]byte // texts of members, in raw or in scratch
	scratch []byte
	other   document // a member that no field but value reads
	patch   document // a JSON patch, for the object that it writes

	object  node
	partial bool // object is a patch that shows a part of the object
	pod     podSpec
	known   derived
	blind   bool             // marked so
	images  map[string]image // parsed ones, by how they are written
}

// derived marks what was worked out for this event.
type derived struct{ object, pod bool }

// document is a member, parsed when it is first asked for.
type document struct {
	parser *fastjson.Parser
	root   node
	parsed bool
}

// NewEvent returns an Event. cluster names the cluster that the event comes
// from, as far as that is known beside the event; empty where it is not. It is
// asked when a field needs it. broken is called for an object that cannot
// be decoded as it is, once for each such object of an event. Of one that nests
// too deep, what is in reach has values; any other has none.
func NewEvent(cluster func() string, broken func()) *Event {
	return &Event{cluster: cluster, broken: broken, images: map[string]image{}}
}

// largestKept is the size of a member above which its parser is given back
// after the event: fastjson keeps the memory of the largest text that it saw.
const largestKept = 256 << 10

// Reset makes raw the event that is asked. The bytes are not copied and must
// stay as they are until the next Reset.
func (e *Event) Reset(raw []byte) {
	for i := range e.docs {
		e.docs[i].reset(len(e.text[i]))
	}
	e.other.reset(len(e.raw))
	e.patch.reset(len(e.text[requestObject]))
	if e.raw, e.scratch = raw, e.scratch[:0]; cap(e.scratch) > largestKept {
		e.scratch = nil
	}
	e.object, e.partial, e.known, e.blind = nil, false, derived{}, false
	e.pod.reset()
	clear(e.text[:])
	clear(e.decoded[:])
	e.index()
}

// reset forgets the document, whose text was of that size.
func (d *document) reset(size int) {
	if d.parsed && size > largestKept {
		d.parser = nil
	}
	d.root, d.parsed = nil, false
}

// index finds the members. Of several with the same key the last one counts.
func (e *Event) index() {
	m := audit.MembersOf(e.raw)
	for m.Next() {
		if at, ok := memberNames[string(unescapedKey(m.Key))]; ok {
			e.text[at] = m.Value
		}
	}
	if e.text[requestInfo] != nil {
		e.simplified()
	}
}

// unescapedKey is the text of a key as it stands in the event.
func unescapedKey(key []byte) []byte {
	if audit.Plain(key) {
		return key
	}
	return audit.AppendText(nil, key)
}

// at is the root of a member; nil when the event has none, when it is null, or
// when it cannot be decoded.
func (e *Event) at(m member) node {
	d := &e.docs[m]
	if !d.parsed {
		d.parsed = true
		d.root = e.parse(d, e.text[m])
	}
	return d.root
}

func (e *Event) parse(d *document, text []byte) node {
	if len(text) == 0 || string(text) == "null" {
		return nil
	}
	if d.parser == nil {
		d.parser = new(fastjson.Parser)
	}
	if text = sound(text); text == nil {
		e.broken()
		return nil
	}
	root, err := d.parser.ParseBytes(text)
	if err == nil {
		return root
	}
	e.broken()
	if root, err = d.parser.ParseBytes(shallow(text)); err != nil {
		return nil
	}
	return root
}

// string is the text of a member that is a string.
func (e *Event) string(m member) []byte {
	value := e.text[m]
	if len(value) < 2 || value[0] != '"' {
		return nil
	}
	s := value[1 : len(value)-1]
	if e.decoded[m] == nil {
		if e.decoded[m] = s; !audit.Plain(s) {
			begin := len(e.scratch)
			e.scratch = audit.AppendText(e.scratch, s)
			e.decoded[m] = e.scratch[begin:]
		}
	}
	return e.decoded[m]
}
