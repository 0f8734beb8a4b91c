package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/k8saudit/k8saudit/pkg/audit"
)

// mix is how many of a hundred events are of the ordinary kind: get, list,
// watch and updates of leases, recorded at level Metadata. The others have
// their objects.
type mix struct {
	name     string
	ordinary int
}

var mixes = map[string]mix{
	"production":      {"production", 90},
	"requestresponse": {"requestresponse", 0},
}

// generator makes a log of any length out of the events of a real one.
type generator struct {
	ordinary, full [][]byte
}

// ordinaryVerbs are those whose events a sensible policy records at Metadata.
var ordinaryVerbs = map[string]bool{"get": true, "list": true, "watch": true}

func newGenerator(log string) (*generator, error) {
	text, err := os.ReadFile(log)
	if err != nil {
		return nil, err
	}
	g := &generator{}
	for line := range bytes.Lines(text) {
		if err := g.add(bytes.TrimSpace(line)); err != nil {
			return nil, err
		}
	}
	if len(g.ordinary) == 0 || len(g.full) == 0 {
		return nil, fmt.Errorf("%s has no ordinary events or none with objects", log)
	}
	return g, nil
}

// add sorts one event in: an ordinary one without its objects, as a policy at
// Metadata leaves it.
func (g *generator) add(line []byte) error {
	var e struct {
		Verb      string
		ObjectRef struct{ Resource string }
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	if ordinaryVerbs[e.Verb] || e.ObjectRef.Resource == "leases" {
		g.ordinary = append(g.ordinary, atMetadata(line))
	} else if bytes.Contains(line, []byte(`"requestObject":{`)) {
		g.full = append(g.full, line)
	}
	return nil
}

// atMetadata is the event as level Metadata records it.
func atMetadata(line []byte) []byte {
	kept := []byte("{")
	m := audit.MembersOf(line)
	for m.Next() {
		switch string(m.Key) {
		case "requestObject", "responseObject":
			continue
		case "level":
			kept = append(kept, `"level":"Metadata",`...)
		default:
			kept = fmt.Appendf(kept, `"%s":%s,`, m.Key, m.Value)
		}
	}
	kept[len(kept)-1] = '}'
	return kept
}

// write writes n events of a mix, each with an audit id of its own.
func (g *generator) write(path string, m mix, n int) (size int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	for i := range n {
		from := g.full
		if i%100 < m.ordinary {
			from = g.ordinary
		}
		line := renamed(from[i%len(from)], i)
		size += int64(len(line))
		if _, err := w.Write(line); err != nil {
			return 0, err
		}
	}
	return size, w.Flush()
}

// renamed is the event with another audit id and time.
func renamed(line []byte, i int) []byte {
	at := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Millisecond)
	fresh := map[string]string{
		"auditID":        fmt.Sprintf(`"%08d-0000-4000-8000-000000000000"`, i),
		"stageTimestamp": at.Format(`"2006-01-02T15:04:05.000000Z"`),
	}
	out := make([]byte, 0, len(line)+64)
	begin := 0
	m := audit.MembersOf(line)
	for m.Next() {
		if value, ok := fresh[string(m.Key)]; ok {
			at := cap(line) - cap(m.Value)
			out = append(append(out, line[begin:at]...), value...)
			begin = at + len(m.Value)
		}
	}
	return append(append(out, line[begin:]...), '\n')
}
