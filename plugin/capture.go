package main

// #include <stdint.h>
import "C"

import (
	"errors"
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/cgo"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/k8saudit/k8saudit/pkg/k8saudit"
)

// The SDK's open does not tell which plugin is to be opened, and its next
// batch copies into memory of a fixed size. Its extract function is replaced
// in package k8saudit, where the answers are.

//export plugin_open
func plugin_open(state C.uintptr_t, params *C.char, rc *int32) C.uintptr_t {
	p := plugin(state)
	instance, err := p.Open(C.GoString(params))
	if err != nil {
		p.SetLastError(err)
		*rc = sdk.SSPluginFailure
		return 0
	}
	*rc = sdk.SSPluginSuccess
	return C.uintptr_t(cgo.NewHandle(instance))
}

//export plugin_close
func plugin_close(_ C.uintptr_t, instance C.uintptr_t) {
	if instance == 0 {
		return
	}
	handle := cgo.Handle(instance)
	handle.Value().(*k8saudit.Instance).Close()
	handle.Delete()
}

//export plugin_next_batch
func plugin_next_batch(state, instance C.uintptr_t, count *uint32, events *unsafe.Pointer) int32 {
	n, array, err := cgo.Handle(instance).Value().(*k8saudit.Instance).NextBatch()
	*count, *events = uint32(n), array
	switch {
	case err == nil:
		return sdk.SSPluginSuccess
	case errors.Is(err, sdk.ErrTimeout):
		return sdk.SSPluginTimeout
	case errors.Is(err, sdk.ErrEOF):
		return sdk.SSPluginEOF
	}
	plugin(state).SetLastError(err)
	return sdk.SSPluginFailure
}

func plugin(state C.uintptr_t) *k8saudit.Plugin {
	return cgo.Handle(state).Value().(*k8saudit.Plugin)
}
