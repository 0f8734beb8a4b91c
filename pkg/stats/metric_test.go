package stats

import (
	"reflect"
	"regexp"
	"testing"
)

func TestEveryCounterAndEveryReasonIsAMetricOfItsOwn(t *testing.T) {
	s, _, _ := logged()
	value := reflect.ValueOf(s).Elem()
	counters := 0
	for i := range value.NumField() {
		if value.Type().Field(i).IsExported() && value.Field(i).Type() == reflect.TypeFor[Counter]() {
			counters++
			value.Field(i).Addr().Interface().(*Counter).Add(uint64(counters))
		}
	}
	suffix := regexp.MustCompile(`_(kb|bytes|mb|perc|percentage|ratio|ns|ts|sec|total)$`) // which Falco takes off
	sum := map[uint64]bool{}
	names := map[string]bool{}
	for _, m := range s.Metrics() {
		if !regexp.MustCompile(`^[a-z_]+$`).MatchString(m.Name) || names[m.Name] {
			t.Errorf("the name %q is no metric's, or that of two", m.Name)
		}
		if suffix.MatchString(m.Name) {
			t.Errorf("Falco would cut the name %q short", m.Name)
		}
		names[m.Name] = true
		sum[m.Value] = true
	}
	for n := range counters {
		if !sum[uint64(n+1)] {
			t.Errorf("counter %d is no metric", n)
		}
	}
	if len(names) != counters+len(Reasons()) {
		t.Errorf("%d metrics for %d counters and %d reasons", len(names), counters, len(Reasons()))
	}
}
