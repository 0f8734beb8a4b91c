package k8saudit

import (
	"github.com/falcosecurity/plugin-sdk-go/pkg/ptr"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
)

// buffers are the C memory of texts that the SDK hands to Falco, and the last
// error, in the form in which the SDK asks for them.
type buffers struct {
	lastError                          error
	errorText, description, openParams ptr.StringBuffer
}

func (b *buffers) LastError() error                   { return b.lastError }
func (b *buffers) SetLastError(err error)             { b.lastError = err }
func (b *buffers) LastErrorBuffer() sdk.StringBuffer  { return &b.errorText }
func (b *buffers) StringerBuffer() sdk.StringBuffer   { return &b.description }
func (b *buffers) OpenParamsBuffer() sdk.StringBuffer { return &b.openParams }

func (b *buffers) free() {
	b.errorText.Free()
	b.description.Free()
	b.openParams.Free()
}
