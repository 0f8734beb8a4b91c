// Package k8saudit is the plugin as Falco sees it: its description, its
// configuration, where it opens sources, how it hands over batches of events
// and takes their acknowledgement, and how it answers for the fields of an
// event.
package k8saudit

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins"
	"github.com/k8saudit/k8saudit/pkg/fields"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// Who the plugin is. Name, id and event source are those of the incumbent,
// whose place it takes. Falco accepts it for a rule file that requires an
// older version only while the major version is the same.
const (
	Name        = "k8saudit"
	ID          = 1
	EventSource = "k8s_audit"
	Version     = "0.20.0"
	description = "Kubernetes audit events: nothing lost, every value typed"
	contact     = "github.com/k8saudit/k8saudit"
)

// Plugin is one initialised plugin. Falco uses it from one thread.
type Plugin struct {
	plugins.BaseLastError
	plugins.BaseStringer
	plugins.BaseOpenParams

	config     Config
	table      *fields.Table
	stats      *stats.Stats
	extractors extractors
}

// New returns a plugin that Init has to be called on.
func New() *Plugin { return &Plugin{table: fields.NewTable()} }

// Info describes the plugin to Falco. The required version of the plugin API
// is left to the SDK, which reads what older hosts do not pass.
func (p *Plugin) Info() *plugins.Info {
	return &plugins.Info{
		ID: ID, Name: Name, Description: description, Contact: contact, Version: Version,
		EventSource: EventSource, ExtractEventSources: []string{EventSource},
	}
}

// InitSchema is the schema of init_config.
func (p *Plugin) InitSchema() *sdk.SchemaInfo { return &sdk.SchemaInfo{Schema: Schema()} }

// Init takes the configuration.
func (p *Plugin) Init(config string) (err error) {
	return p.start(config, os.Stderr)
}

// start is Init with the place for log lines.
func (p *Plugin) start(config string, log io.Writer) (err error) {
	p.stats = stats.New(slog.New(slog.NewTextHandler(log, nil)).With("plugin", Name))
	defer p.recovered("reading its configuration", &err)
	var warnings []string
	if p.config, warnings, err = ParseConfig(config); err != nil {
		return err
	}
	for _, warning := range warnings {
		p.stats.Log().Warn(warning)
	}
	return nil
}

// Destroy gives the plugin's memory back.
func (p *Plugin) Destroy() {
	p.extractors.free()
	p.OpenParamsBuffer().Free()
}

// Fields is the field list for Falco.
func (p *Plugin) Fields() []sdk.FieldEntry {
	entries := make([]sdk.FieldEntry, len(p.table.Fields))
	for i, f := range p.table.Fields {
		entries[i] = sdk.FieldEntry{
			Name: f.Name, Type: f.Type.String(), IsList: f.List, Desc: f.Desc,
			Arg: sdk.FieldEntryArg{IsRequired: f.Arg == fields.KeyArg, IsKey: f.Arg == fields.KeyArg, IsIndex: f.Arg == fields.IndexArg},
		}
	}
	return entries
}

// String is the text of an event for evt.plugininfo: the event itself.
func (p *Plugin) String(event sdk.EventReader) (text string, err error) {
	defer p.recovered("describing an event", &err)
	raw, err := io.ReadAll(event.Reader())
	if err != nil {
		return "", fmt.Errorf("the event cannot be read: %w", err)
	}
	return string(raw), nil
}

// recovered stops a panic on its way to Falco and makes an error of it.
func (p *Plugin) recovered(doing string, err *error) {
	if panicked := recover(); panicked != nil {
		*err = p.stats.Recovered(doing, panicked)
	}
}
