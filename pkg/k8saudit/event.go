package k8saudit

// #include "falco.h"
import "C"

import "unsafe"

// The structures through which Falco asks for fields, as falco.h has them.
var (
	_ [C.sizeof_event_input]byte   = [unsafe.Sizeof(eventInput{})]byte{}
	_ [C.sizeof_extract_input]byte = [unsafe.Sizeof(extractInput{})]byte{}
	_ [C.sizeof_extract_field]byte = [unsafe.Sizeof(extractField{})]byte{}
	_ [C.sizeof_value_offsets]byte = [unsafe.Sizeof(valueOffsets{})]byte{}
	_ [C.sizeof_byte_buffer]byte   = [unsafe.Sizeof(byteBuffer{})]byte{}
)

// An event (ss_plugin_event) is a packed header of 26 bytes, the lengths of the
// two parameters, the plugin's id, and the payload. answers.c reads the time
// and the length too.
const (
	eventTime    = 0  // uint64, nanoseconds since 1970
	eventThread  = 8  // uint64
	eventLength  = 16 // uint32, header included
	eventType    = 20 // uint16
	eventParams  = 22 // uint32
	idLength     = 26 // uint32
	dataLength   = 30 // uint32
	pluginID     = 34 // uint32
	eventPayload = 38
)

// pluginEvent is the type of an event that comes from a plugin
// (PPME_PLUGINEVENT_E).
const pluginEvent = 322

// eventInput is ss_plugin_event_input.
type eventInput struct {
	event  unsafe.Pointer // to a header as above
	number uint64
	source *byte
}

// time is the event's timestamp.
func (in *eventInput) time() uint64 { return *(*uint64)(unsafe.Add(in.event, eventTime)) }

// payload is the event's data, in Falco's memory.
func (in *eventInput) payload() []byte {
	if in.event == nil || *(*uint16)(unsafe.Add(in.event, eventType)) != pluginEvent {
		return nil
	}
	n := *(*uint32)(unsafe.Add(in.event, dataLength))
	return unsafe.Slice((*byte)(unsafe.Add(in.event, eventPayload)), n)
}

// extractInput is ss_plugin_field_extract_input.
type extractInput struct {
	owner, lastError unsafe.Pointer
	count            uint32
	fields           *extractField
	tableReader      [4]unsafe.Pointer
	tableReaderExt   unsafe.Pointer
	offsets          *valueOffsets
}

// extractField is ss_plugin_extract_field: a question, and the place for its
// answer.
type extractField struct {
	result      unsafe.Pointer // to an array of values, by the type of the field
	resultCount uint64
	id          uint32
	name        *byte
	argKey      *byte
	argIndex    uint64
	argPresent  uint32
	fieldType   uint32
	list        uint32
}

// valueOffsets is ss_plugin_extract_value_offsets: where in the event each
// value stands. Zeros say that this is not known.
type valueOffsets struct{ start, length *uint32 }

// byteBuffer is ss_plugin_byte_buffer, which is how an address is given.
type byteBuffer struct {
	length uint32
	bytes  unsafe.Pointer
}

// text is a C string as a Go string that shares its memory.
func text(c *byte) string {
	if c == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(c), n)) != 0 {
		n++
	}
	return unsafe.String(c, n)
}
