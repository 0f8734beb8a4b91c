package k8saudit

import (
	"strings"
	"testing"
	"unsafe"
)

// metrics asks for the metrics as Falco does.
func metrics(p *Plugin) map[string]uint64 {
	array, n := p.Metrics()
	all := map[string]uint64{}
	for i := range n {
		m := (*metricStruct)(unsafe.Add(array, uintptr(i)*unsafe.Sizeof(metricStruct{})))
		all[strings.Clone(text((*byte)(m.name)))] = m.value
	}
	return all
}

func TestMetricsTellWhatHappenedToTheEvents(t *testing.T) {
	p := started(t, "")
	if _, open := metrics(p)["bytes_queued"]; open {
		t.Error("there is a queue although nothing is open")
	}
	i, err := p.Open("../../test/testdata/founding.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	got, err := next(t, i)
	if err != nil {
		t.Fatal(err)
	}
	during := metrics(p)
	if during["events_delivered"] != uint64(len(got)) || during["bytes_queued"] == 0 || during["lag_milliseconds"] == 0 {
		t.Errorf("with %d events in Falco's hands: %v", len(got), during)
	}
	i.Close()
	after := metrics(p)
	if _, open := after["bytes_queued"]; open || after["events_received"] != 2 || after["dropped_broken_json"] != 0 {
		t.Errorf("after the capture: %v", after)
	}
}
