// Command plugin is libk8saudit.so: it registers the plugin with Falco. Some of
// the symbols that Falco looks for are the SDK's; those that it lacks, and those
// through which every event and every question goes, are ours.
package main

import (
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	_ "github.com/falcosecurity/plugin-sdk-go/pkg/sdk/symbols/evtstr"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/symbols/fields"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/symbols/info"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/symbols/initschema"
	_ "github.com/falcosecurity/plugin-sdk-go/pkg/sdk/symbols/lasterr"
	_ "github.com/falcosecurity/plugin-sdk-go/pkg/sdk/symbols/listopen"
	_ "github.com/falcosecurity/plugin-sdk-go/pkg/sdk/symbols/progress"
	"github.com/k8saudit/k8saudit/pkg/k8saudit"
)

// The version of the plugin API that is required is left to the SDK, which
// reads what older hosts do not pass.
func init() {
	info.SetId(k8saudit.ID)
	info.SetName(k8saudit.Name)
	info.SetDescription(k8saudit.Description)
	info.SetContact(k8saudit.Contact)
	info.SetVersion(k8saudit.Version)
	info.SetEventSource(k8saudit.EventSource)
	info.SetExtractEventSources([]string{k8saudit.EventSource})
	initschema.SetInitSchema(&sdk.SchemaInfo{Schema: k8saudit.Schema()})
	fields.SetFields(k8saudit.New().Fields())
}

func main() {}
