package k8saudit

// #include "answers.h"
import "C"

import (
	"sync"
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/cgo"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/k8saudit/k8saudit/pkg/fields"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// extractors are those of one plugin, one for each thread that asks.
type extractors struct {
	mu     sync.Mutex
	all    []*extractor
	plugin C.uintptr_t // the plugin's handle, 0 until the first question
}

// extractor answers one thread for the fields of one event after the other.
// The answers are in C memory that stays as it is until another event is
// asked: Falco may compare the answers to several questions about one event.
type extractor struct {
	table  *fields.Table
	stats  *stats.Stats
	blind  *blindSpots
	event  *fields.Event
	at     unsafe.Pointer // where Falco has the event
	values fields.Values
	memory arena
	known  *C.answers
	usual  []*C.answer // asked of most events, answered with the first question
}

//export k8saudit_extract
func k8saudit_extract(plugin, thread C.uintptr_t, event, in unsafe.Pointer) int32 {
	p := cgo.Handle(plugin).Value().(*Plugin)
	p.extractor(plugin, thread).extract((*eventInput)(event), (*extractInput)(in))
	return sdk.SSPluginSuccess
}

// extractFields asks as Falco does, for tests: they cannot call C.
func extractFields(plugin cgo.Handle, event *eventInput, in *extractInput) int32 {
	return int32(C.plugin_extract_fields(C.uintptr_t(plugin), (*C.event_input)(unsafe.Pointer(event)), (*C.extract_input)(unsafe.Pointer(in))))
}

// extractor is the one for a thread.
func (p *Plugin) extractor(plugin, thread C.uintptr_t) *extractor {
	e := &p.extractors
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range e.all {
		if x.known.thread == thread {
			return x
		}
	}
	x := &extractor{
		table: p.table, stats: p.stats, blind: &p.blind,
		known: C.answers_new(thread, C.uint32_t(len(p.table.Fields))),
	}
	x.event = fields.NewEvent(func() string { return p.cluster(x.at) }, func() { p.stats.Malformed.Add(1) })
	if len(e.all) > 0 {
		x.known.next = e.all[len(e.all)-1].known
	}
	e.all, e.plugin = append(e.all, x), plugin
	C.answers_publish(plugin, x.known)
	return x
}

// free takes the answers away from Falco and gives their memory back.
func (e *extractors) free() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.all) == 0 {
		return
	}
	C.answers_publish(e.plugin, nil)
	C.answers_free(e.all[len(e.all)-1].known)
	for _, x := range e.all {
		x.memory.free()
	}
	e.all = nil
}

// extract answers questions about an event.
func (x *extractor) extract(event *eventInput, in *extractInput) {
	first := x.seek(event)
	if in.offsets != nil {
		x.noOffsets(in)
	}
	for i := range unsafe.Slice(in.fields, in.count) {
		x.question((*extractField)(unsafe.Add(unsafe.Pointer(in.fields), uintptr(i)*unsafe.Sizeof(extractField{}))))
	}
	if first {
		x.anticipate()
	}
}

// question answers one question.
func (x *extractor) question(q *extractField) {
	a := C.answers_slot(x.known, (*C.extract_field)(unsafe.Pointer(q)))
	if a == nil {
		q.resultCount = 0 // there is no such field
		return
	}
	x.answer(a)
	a.asked = x.known.turn
	q.result, q.resultCount = a.result, uint64(a.count)
}

// seek makes the event the one that is asked, and reports whether it was not.
func (x *extractor) seek(in *eventInput) bool {
	payload := in.payload()
	time, k := C.uint64_t(0), x.known
	if payload != nil {
		time = C.uint64_t(in.time())
	}
	if k.turn > 0 && unsafe.Pointer(k.event.event) == in.event && uint64(k.event.number) == in.number &&
		k.time == time && int(k.length) == len(payload) {
		return false
	}
	x.learn()
	k.turn++
	x.at = in.event
	k.event.event, k.event.number = (*C.uint8_t)(in.event), C.uint64_t(in.number)
	k.time, k.length = time, C.uint32_t(len(payload))
	x.memory.reset()
	x.values.Release()
	defer x.recovered()
	x.event.Reset(payload)
	x.look(uint64(time))
	return true
}

// answer finds out the answer to a question, if it is not known for this
// event. A fault while doing so is as if the event had no such value.
func (x *extractor) answer(a *C.answer) {
	if a.valid == x.known.turn {
		return
	}
	a.valid, a.result, a.count = x.known.turn, nil, 0
	defer x.recovered()
	arg := fields.Arg{Key: text((*byte)(a.key)), Index: uint64(a.index), Present: a.present != 0}
	x.table.Extract(x.event, int(a.id), arg, &x.values)
	if n := x.values.Len(); n > 0 {
		a.result, a.count = x.store(n), C.uint64_t(n)
	}
}

func (x *extractor) recovered() {
	if panicked := recover(); panicked != nil {
		_ = x.stats.Recovered("extracting a field", panicked)
	}
}

// noOffsets says of every question that the place of its values in the event
// is not known.
func (x *extractor) noOffsets(in *extractInput) {
	size := int(in.count) * int(unsafe.Sizeof(uint32(0)))
	in.offsets.start = (*uint32)(x.memory.take(size))
	in.offsets.length = (*uint32)(x.memory.take(size))
}
