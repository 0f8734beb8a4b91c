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
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
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
	Description = "Kubernetes audit events: nothing lost, every value typed"
	Contact     = "github.com/k8saudit/k8saudit"
)

// Plugin is one initialised plugin. Falco uses it from one thread.
type Plugin struct {
	buffers

	config     Config
	sink       sink
	table      *fields.Table
	stats      *stats.Stats
	extractors extractors
	blind      blindSpots
	open       atomic.Pointer[Instance] // the capture that metrics speak of
	metrics    struct {
		sync.Mutex
		ring [metricRing]arena
		next int
	}
}

// New returns a plugin that Init has to be called on.
func New() *Plugin { return &Plugin{table: fields.NewTable()} }

// Host is what Falco offers a plugin that it initialises.
type Host struct {
	// Log is Falco's log function (ss_plugin_log_fn_t), to be called with Owner;
	// nil in a host that has none.
	Log, Owner unsafe.Pointer
}

// Init takes the configuration. What the plugin has to say goes to the host's
// log, or to standard error where there is none.
func (p *Plugin) Init(config string, host Host) (err error) {
	p.sink.function, p.sink.owner, p.sink.writer = host.Log, host.Owner, os.Stderr
	return p.start(config)
}

// start is Init once the log is known.
func (p *Plugin) start(config string) (err error) {
	p.stats = stats.New(slog.New(&logHandler{sink: &p.sink}))
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

// Destroy gives the plugin's memory back. Falco is not called any more.
func (p *Plugin) Destroy() {
	p.sink.close()
	p.extractors.free()
	p.buffers.free()
	for i := range p.metrics.ring {
		p.metrics.ring[i].free()
	}
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

// cluster names the cluster of the event at that address: the configured one,
// or else the one that its sender told the webhook.
func (p *Plugin) cluster(event unsafe.Pointer) string {
	if p.config.ClusterName != "" {
		return p.config.ClusterName
	}
	if i := p.open.Load(); i != nil {
		return i.events.cluster(event)
	}
	return ""
}

// recovered stops a panic on its way to Falco and makes an error of it.
func (p *Plugin) recovered(doing string, err *error) {
	if panicked := recover(); panicked != nil {
		*err = p.stats.Recovered(doing, panicked)
	}
}
