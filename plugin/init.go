package main

// #include <stdint.h>
//
// // ss_plugin_init_input
// typedef struct init_input {
// 	const char *config;
// 	void *owner;
// 	void *last_error;
// 	const void *tables;
// 	void *log;
// } init_input;
import "C"

import (
	"github.com/falcosecurity/plugin-sdk-go/pkg/cgo"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/k8saudit/k8saudit/pkg/k8saudit"
)

// The SDK's init does not pass Falco's log on.

//export plugin_init
func plugin_init(in *C.init_input, rc *int32) C.uintptr_t {
	p := k8saudit.New()
	*rc = sdk.SSPluginSuccess
	if err := p.Init(C.GoString(in.config), k8saudit.Host{Log: in.log, Owner: in.owner}); err != nil {
		p.SetLastError(err) // Falco asks the plugin that failed for it
		*rc = sdk.SSPluginFailure
	}
	return C.uintptr_t(cgo.NewHandle(p))
}

//export plugin_destroy
func plugin_destroy(state C.uintptr_t) {
	if state == 0 {
		return
	}
	plugin(state).Destroy()
	cgo.Handle(state).Delete()
}
