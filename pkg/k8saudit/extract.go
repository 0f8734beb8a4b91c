package k8saudit

import (
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/k8saudit/k8saudit/pkg/fields"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// extractor answers for the fields of one event after the other. The answers
// are in C memory that stays as it is until another event is asked: Falco may
// compare the answers to several questions about one event with each other.
type extractor struct {
	table  *fields.Table
	stats  *stats.Stats
	event  *fields.Event
	asked  eventKey
	values fields.Values
	memory arena
}

// eventKey tells events apart. The address alone would not: the memory of a
// batch is used again; nor the number: it starts anew after a reload.
type eventKey struct {
	address unsafe.Pointer
	length  int
	number  uint64
	time    uint64
}

func newExtractor(table *fields.Table, cluster string, s *stats.Stats) *extractor {
	event := fields.NewEvent(cluster, func() { s.Malformed.Add(1) })
	return &extractor{table: table, stats: s, event: event}
}

// ExtractFields answers a call of plugin_extract_fields: event points to a
// ss_plugin_event_input, questions to a ss_plugin_field_extract_input. It
// returns a code of ss_plugin_rc.
func (p *Plugin) ExtractFields(event, questions unsafe.Pointer) int32 {
	x, in := p.extractor, (*extractInput)(questions)
	x.seek((*eventInput)(event))
	if in.offsets != nil {
		x.noOffsets(in)
	}
	for i := range unsafe.Slice(in.fields, in.count) {
		x.answer((*extractField)(unsafe.Add(unsafe.Pointer(in.fields), uintptr(i)*unsafe.Sizeof(extractField{}))))
	}
	return sdk.SSPluginSuccess
}

// seek makes the event the one that is asked.
func (x *extractor) seek(in *eventInput) {
	payload := in.payload()
	key := eventKey{unsafe.Pointer(unsafe.SliceData(payload)), len(payload), in.number, 0}
	if payload != nil {
		key.time = in.time()
	}
	if key == x.asked {
		return
	}
	x.asked = key
	x.memory.reset()
	x.values.Release()
	defer x.recovered()
	x.event.Reset(payload)
}

// answer answers one question. A fault while doing so is as if the event had
// no such value.
func (x *extractor) answer(q *extractField) {
	q.resultCount = 0
	defer x.recovered()
	arg := fields.Arg{Index: q.argIndex, Present: q.argPresent != 0}
	if q.argKey != nil {
		arg.Key = text(q.argKey)
	}
	x.table.Extract(x.event, int(q.id), arg, &x.values)
	if n := x.values.Len(); n > 0 {
		q.result, q.resultCount = x.store(n), uint64(n)
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

// store copies the values to C memory as an array of their type.
func (x *extractor) store(n int) unsafe.Pointer {
	return stores[x.values.Type()](&x.values, n, &x.memory)
}

// stores are how the values of each type are laid out.
var stores = map[fields.Type]func(v *fields.Values, n int, memory *arena) unsafe.Pointer{
	fields.Text:      storeTexts,
	fields.Number:    storeNumbers,
	fields.Duration:  storeNumbers,
	fields.Timestamp: storeNumbers,
	fields.Flag:      storeFlags,
	fields.Address:   storeAddresses,
	fields.Network:   storeAddresses,
}

// storeTexts makes an array of pointers to texts that end with a NUL.
func storeTexts(v *fields.Values, n int, memory *arena) unsafe.Pointer {
	const pointer = unsafe.Sizeof(uintptr(0))
	list := memory.take(n * int(pointer))
	for i := range n {
		s := v.Text(i)
		at := memory.take(len(s) + 1)
		copy(unsafe.Slice((*byte)(at), len(s)), s)
		*(*unsafe.Pointer)(unsafe.Add(list, uintptr(i)*pointer)) = at
	}
	return list
}

func storeNumbers(v *fields.Values, n int, memory *arena) unsafe.Pointer {
	list := memory.take(n * 8)
	for i := range n {
		*(*uint64)(unsafe.Add(list, i*8)) = v.Number(i)
	}
	return list
}

// storeFlags makes an array of 32-bit booleans, as Falco has them.
func storeFlags(v *fields.Values, n int, memory *arena) unsafe.Pointer {
	list := memory.take(n * 4)
	for i := range n {
		*(*uint32)(unsafe.Add(list, i*4)) = uint32(v.Number(i))
	}
	return list
}

// storeAddresses makes an array of buffers of 4 or 16 bytes.
func storeAddresses(v *fields.Values, n int, memory *arena) unsafe.Pointer {
	list := memory.take(n * int(unsafe.Sizeof(byteBuffer{})))
	for i := range n {
		bytes := v.Address(i).AsSlice()
		at := memory.take(len(bytes))
		copy(unsafe.Slice((*byte)(at), len(bytes)), bytes)
		*(*byteBuffer)(unsafe.Add(list, uintptr(i)*unsafe.Sizeof(byteBuffer{}))) = byteBuffer{uint32(len(bytes)), at}
	}
	return list
}
