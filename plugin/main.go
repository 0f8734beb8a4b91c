// Command plugin is libk8saudit.so: it registers the plugin with Falco. Most
// of the symbols that Falco looks for are the SDK's; those through which every
// event and every question goes are ours.
package main

import (
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins"
	_ "github.com/falcosecurity/plugin-sdk-go/pkg/sdk/symbols/evtstr"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/symbols/fields"
	_ "github.com/falcosecurity/plugin-sdk-go/pkg/sdk/symbols/lasterr"
	_ "github.com/falcosecurity/plugin-sdk-go/pkg/sdk/symbols/listopen"
	_ "github.com/falcosecurity/plugin-sdk-go/pkg/sdk/symbols/progress"
	"github.com/k8saudit/k8saudit/pkg/k8saudit"
)

func init() {
	fields.SetFields(k8saudit.New().Fields())
	plugins.SetFactory(func() plugins.Plugin { return k8saudit.New() })
}

func main() {}
