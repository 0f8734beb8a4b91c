package fields

import (
	"bytes"
	"net/netip"
	"strconv"
	"time"
)

// Values are the values of one field of one event: none, one, or the elements
// of a list. They belong to the caller, who may use the same Values for the
// next question; slices that they gave are valid until then.
type Values struct {
	typ     Type
	text    []byte // of all texts, one behind the other
	ends    []int  // in text
	numbers []uint64
	addrs   []netip.Addr
}

// Len is how many there are.
func (v *Values) Len() int {
	switch v.typ {
	case Text:
		return len(v.ends)
	case Address, Network:
		return len(v.addrs)
	}
	return len(v.numbers)
}

// Text is the i-th value of a text field.
func (v *Values) Text(i int) []byte {
	begin := 0
	if i > 0 {
		begin = v.ends[i-1]
	}
	return v.text[begin:v.ends[i]]
}

// Number is the i-th value of a field of numbers, flags (0 and 1), durations
// or timestamps (nanoseconds).
func (v *Values) Number(i int) uint64 { return v.numbers[i] }

// Address is the i-th value of a field of addresses or networks.
func (v *Values) Address(i int) netip.Addr { return v.addrs[i] }

// Type is the type of the values.
func (v *Values) Type() Type { return v.typ }

func (v *Values) reset(typ Type) {
	v.typ = typ
	v.text, v.ends = v.text[:0], v.ends[:0]
	v.numbers, v.addrs = v.numbers[:0], v.addrs[:0]
}

// Release gives memory back that an unusually large value took.
func (v *Values) Release() {
	if cap(v.text) > 1<<20 || cap(v.ends) > 1<<16 {
		*v = Values{typ: v.typ}
	}
}

// nul is how a NUL inside a text is shown: Falco measures texts with strlen,
// and would not see what stands behind it.
var nul = []byte(`\u0000`)

// add adds a text.
func (v *Values) add(text []byte) {
	v.append(text)
	v.end()
}

// addString is add for a string.
func (v *Values) addString(text string) {
	v.text = append(v.text, text...)
	v.end()
}

// append adds to the text that end will complete.
func (v *Values) append(part []byte) {
	for {
		i := bytes.IndexByte(part, 0)
		if i < 0 {
			v.text = append(v.text, part...)
			return
		}
		v.text = append(append(v.text, part[:i]...), nul...)
		part = part[i+1:]
	}
}

func (v *Values) appendString(part string) { v.text = append(v.text, part...) }

// end completes a text.
func (v *Values) end() { v.ends = append(v.ends, len(v.text)) }

// addNumber adds a number, which a text field shows in decimals.
func (v *Values) addNumber(n uint64) {
	if v.typ == Text {
		v.text = strconv.AppendUint(v.text, n, 10)
		v.end()
		return
	}
	v.numbers = append(v.numbers, n)
}

// addFlag adds true or false, by that word in a text field.
func (v *Values) addFlag(f bool) {
	if v.typ == Text {
		v.text = strconv.AppendBool(v.text, f)
		v.end()
		return
	}
	n := uint64(0)
	if f {
		n = 1
	}
	v.numbers = append(v.numbers, n)
}

func (v *Values) addTime(t time.Time) { v.addNumber(uint64(t.UnixNano())) }

func (v *Values) addAddress(a netip.Addr) { v.addrs = append(v.addrs, a) }

// pick leaves the i-th text only; an empty one is a value that is absent in
// an aligned list, and leaves nothing.
func (v *Values) pick(i uint64) {
	if i >= uint64(len(v.ends)) {
		v.reset(v.typ)
		return
	}
	text := v.Text(int(i))
	n := copy(v.text, text)
	v.text, v.ends = v.text[:n], v.ends[:0]
	if n > 0 {
		v.end()
	}
}
