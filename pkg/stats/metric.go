package stats

// Metric is one figure of the plugin. Its name is in the form of Prometheus
// names, but without a suffix for the unit or _total: Falco takes the one off
// and adds the other to every name.
type Metric struct {
	Name  string
	Value uint64
	Gauge bool // it can shrink
}

// counted are the counters under their names.
var counted = []struct {
	name string
	of   func(*Stats) *Counter
}{
	{"events_received", func(s *Stats) *Counter { return &s.Received }},
	{"bytes_received", func(s *Stats) *Counter { return &s.Bytes }},
	{"events_delivered", func(s *Stats) *Counter { return &s.Delivered }},
	{"events_duplicate", func(s *Stats) *Counter { return &s.Duplicates }},
	{"events_cut", func(s *Stats) *Counter { return &s.Cut }},
	{"events_malformed", func(s *Stats) *Counter { return &s.Malformed }},
	{"panics", func(s *Stats) *Counter { return &s.Panics }},
}

// Metrics are the counters, and the drops by their reason.
func (s *Stats) Metrics() []Metric {
	var all []Metric
	for _, c := range counted {
		all = append(all, Metric{Name: c.name, Value: c.of(s).Load()})
	}
	for _, r := range Reasons() {
		all = append(all, Metric{Name: "dropped_" + r.String(), Value: s.Dropped(r)})
	}
	return all
}
