package k8saudit

import (
	"time"
	"unsafe"

	"github.com/k8saudit/k8saudit/pkg/stats"
)

// Falco's type and kinds of metric (ss_plugin_metric_value_type,
// ss_plugin_metric_type).
const (
	metricUint64 = 2
	metricGrows  = 0
	metricGauge  = 1
)

// metricStruct is ss_plugin_metric.
type metricStruct struct {
	name      unsafe.Pointer
	kind      uint32
	value     uint64
	valueType uint32
}

// metricRing is how many answers to metrics stay valid: Falco reads one after
// the call that gave it, and more than one thread may ask.
const metricRing = 8

// Metrics gives all figures as an array of ss_plugin_metric in C memory, and
// their number. The array is valid until it was asked for seven times more.
// Any thread may ask.
func (p *Plugin) Metrics() (array unsafe.Pointer, n int) {
	p.metrics.Lock()
	defer p.metrics.Unlock()
	memory := &p.metrics.ring[p.metrics.next%metricRing]
	p.metrics.next++
	memory.reset()
	all := p.figures()
	array = memory.take(len(all) * int(unsafe.Sizeof(metricStruct{})))
	for i, m := range all {
		name := memory.take(len(m.Name) + 1)
		copy(unsafe.Slice((*byte)(name), len(m.Name)), m.Name)
		to := (*metricStruct)(unsafe.Add(array, uintptr(i)*unsafe.Sizeof(metricStruct{})))
		*to = metricStruct{name: name, kind: metricGrows, value: m.Value, valueType: metricUint64}
		if m.Gauge {
			to.kind = metricGauge
		}
	}
	return array, len(all)
}

// figures are the counters, and how the open capture stands.
func (p *Plugin) figures() []stats.Metric {
	all := append(p.stats.Metrics(), p.blind.metrics()...)
	i := p.open.Load()
	if i == nil {
		return all
	}
	all = append(all,
		stats.Metric{Name: "bytes_queued", Value: uint64(i.queue.Used()), Gauge: true},
		stats.Metric{Name: "batches_queued", Value: uint64(i.queue.Waiting()), Gauge: true})
	if nanos := i.newest.Load(); nanos > 0 {
		age := max(0, time.Since(time.Unix(0, nanos)))
		all = append(all, stats.Metric{Name: "lag_milliseconds", Value: uint64(age.Milliseconds()), Gauge: true})
	}
	return all
}
