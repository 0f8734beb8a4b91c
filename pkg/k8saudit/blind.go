package k8saudit

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/k8saudit/k8saudit/pkg/stats"
)

// again is how long a blind spot of the audit policy is not reported anew, by
// the time of the events.
const again = time.Hour

// blindSpots are the resources whose objects the audit policy keeps from the
// log although rules look into them: rules on them never fire, and nobody is
// told. There are no more than the field table has such resources.
type blindSpots struct {
	mu    sync.Mutex
	spots map[string]*blindSpot
}

// blindSpot is one of them.
type blindSpot struct {
	events   uint64
	reported uint64 // time of the event that was reported, in nanoseconds since 1970
}

// notice counts an event whose object is missing, and reports whether it is to
// be reported; first says that it is the first of its resource.
func (b *blindSpots) notice(resource string, nanos uint64) (report, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	spot := b.spots[resource]
	if first = spot == nil; first {
		if b.spots == nil {
			b.spots = map[string]*blindSpot{}
		}
		spot = &blindSpot{}
		b.spots[resource] = spot
	}
	spot.events++
	if report = first || nanos >= spot.reported+uint64(again); report {
		spot.reported = nanos
	}
	return report, first
}

// metrics are the counts by resource.
func (b *blindSpots) metrics() []stats.Metric {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []stats.Metric
	for _, resource := range slices.Sorted(maps.Keys(b.spots)) {
		all = append(all, stats.Metric{Name: "blind_" + resource, Value: b.spots[resource].events})
	}
	return all
}

// look notices when the event that is asked lacks an object that rules look
// into. It logs that once for each resource, and marks one event an hour, for
// a rule.
func (x *extractor) look(nanos uint64) {
	resource := x.event.Blind()
	if resource == "" {
		return
	}
	report, first := x.blind.notice(resource, nanos)
	if report {
		x.event.MarkBlind()
	}
	if first {
		x.stats.Log().Warn("the audit policy keeps what is in "+resource+" from the log, so that rules on it cannot fire: "+
			"record create, update and patch of it at level Request or above (see audit-policy.yaml)", "resource", resource, "level", "Metadata")
	}
}
