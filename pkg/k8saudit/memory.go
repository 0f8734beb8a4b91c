package k8saudit

// #include <stdlib.h>
import "C"

import (
	"slices"
	"unsafe"
)

// chunk is how much C memory is taken at a time.
const chunk = 64 << 10

// arena is C memory for what Falco keeps pointers to: everything taken from it
// stays valid, and in place, until it is reset. The zero arena is ready.
type arena struct {
	chunks []cMemory // the last one is in use
	used   int       // of the last one
}

type cMemory struct {
	at   unsafe.Pointer
	size int
}

// take returns n zeroed bytes, aligned for any value.
func (a *arena) take(n int) unsafe.Pointer {
	const alignment = 8
	n = (n + alignment - 1) &^ (alignment - 1)
	if len(a.chunks) == 0 || a.used+n > a.chunks[len(a.chunks)-1].size {
		size := max(chunk, n)
		a.chunks = append(a.chunks, cMemory{C.malloc(C.size_t(size)), size})
		a.used = 0
	}
	p := unsafe.Add(a.chunks[len(a.chunks)-1].at, a.used)
	a.used += n
	clear(unsafe.Slice((*byte)(p), n))
	return p
}

// reset makes all memory free for use again, and gives back what one ordinary
// event does not need.
func (a *arena) reset() {
	keep := min(1, len(a.chunks))
	if keep > 0 && a.chunks[0].size > chunk {
		keep = 0
	}
	a.shrink(keep)
}

// free gives all memory back.
func (a *arena) free() { a.shrink(0) }

func (a *arena) shrink(keep int) {
	for _, c := range a.chunks[keep:] {
		C.free(c.at)
	}
	a.chunks, a.used = a.chunks[:keep], 0
}

// events is the C memory of one batch of events as Falco takes it: headers and
// payloads one behind the other, and an array of pointers to them. It grows
// with what is used, and gives back what only one large event needed.
type events struct {
	data     cMemory
	used     int
	offsets  []int    // of the events in data
	clusters []string // of the events, where their senders told
	list     cMemory
}

// largestKept is the size above which the memory is given back when it is not
// needed any more.
const largestKept = 4 << 20

// reset begins a new batch.
func (e *events) reset() {
	if e.data.size > largestKept && e.used < largestKept {
		e.data.resize(largestKept)
	}
	clear(e.clusters)
	e.used, e.offsets, e.clusters = 0, e.offsets[:0], e.clusters[:0]
}

func (e *events) len() int { return len(e.offsets) }

// cluster is that of the event at an address; empty when it is none of these
// events, or when its sender told none.
func (e *events) cluster(at unsafe.Pointer) string {
	offset := int(uintptr(at) - uintptr(e.data.at))
	if i, found := slices.BinarySearch(e.offsets, offset); found {
		return e.clusters[i]
	}
	return ""
}

// add copies an event of a cluster in, with its time in nanoseconds since 1970.
func (e *events) add(nanos uint64, payload []byte, cluster string) {
	size := eventPayload + len(payload)
	if e.used+size > e.data.size {
		e.data.resize(max(chunk, 2*e.data.size, e.used+size))
	}
	at := unsafe.Add(e.data.at, e.used)
	*(*uint64)(unsafe.Add(at, eventTime)) = nanos
	*(*uint64)(unsafe.Add(at, eventThread)) = ^uint64(0) // no thread made it
	*(*uint32)(unsafe.Add(at, eventLength)) = uint32(size)
	*(*uint16)(unsafe.Add(at, eventType)) = pluginEvent
	*(*uint32)(unsafe.Add(at, eventParams)) = 2
	*(*uint32)(unsafe.Add(at, idLength)) = 4
	*(*uint32)(unsafe.Add(at, dataLength)) = uint32(len(payload))
	*(*uint32)(unsafe.Add(at, pluginID)) = 0 // Falco fills it in
	copy(unsafe.Slice((*byte)(unsafe.Add(at, eventPayload)), len(payload)), payload)
	e.offsets, e.clusters = append(e.offsets, e.used), append(e.clusters, cluster)
	e.used += (size + 7) &^ 7
	e.used = min(e.used, e.data.size)
}

// array is the array of pointers to the events, valid until the next reset or
// add.
func (e *events) array() unsafe.Pointer {
	const pointer = int(unsafe.Sizeof(uintptr(0)))
	if n := len(e.offsets) * pointer; n > e.list.size {
		e.list.resize(2 * n)
	}
	for i, offset := range e.offsets {
		*(*unsafe.Pointer)(unsafe.Add(e.list.at, i*pointer)) = unsafe.Add(e.data.at, offset)
	}
	return e.list.at
}

// free gives all memory back.
func (e *events) free() {
	e.data.resize(0)
	e.list.resize(0)
	*e = events{}
}

// resize changes the size, keeping what is there.
func (m *cMemory) resize(size int) {
	if size == 0 {
		C.free(m.at)
		*m = cMemory{}
		return
	}
	m.at, m.size = C.realloc(m.at, C.size_t(size)), size
}
