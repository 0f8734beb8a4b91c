package main

// #include <stdint.h>
import "C"

import "unsafe"

// The SDK has no metrics.

//export plugin_get_metrics
func plugin_get_metrics(state C.uintptr_t, count *uint32) unsafe.Pointer {
	*count = 0
	if state == 0 {
		return nil
	}
	array, n := plugin(state).Metrics()
	*count = uint32(n)
	return array
}
