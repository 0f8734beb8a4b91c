package k8saudit

import (
	"unsafe"

	"github.com/k8saudit/k8saudit/pkg/fields"
)

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
		address := v.Address(i).AsSlice()
		at := memory.take(len(address))
		copy(unsafe.Slice((*byte)(at), len(address)), address)
		*(*byteBuffer)(unsafe.Add(list, uintptr(i)*unsafe.Sizeof(byteBuffer{}))) = byteBuffer{uint32(len(address)), at}
	}
	return list
}
