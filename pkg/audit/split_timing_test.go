package audit

import (
	"fmt"
	"strings"
	"testing"
)

// event1K is an audit event of about 1 KB, the median of a real log.
func event1K(kind string, i int) string {
	return fmt.Sprintf(`{%s"level":"Metadata","auditID":"%036d","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/default/pods/%s","verb":"get","user":{"username":"system:node:a","groups":["system:nodes","system:authenticated"]},"sourceIPs":["192.0.2.1"],"objectRef":{"resource":"pods","namespace":"default"},"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2024-05-01T10:00:00.000001Z","stageTimestamp":"2024-05-01T10:00:00.000002Z","annotations":{"authorization.k8s.io/decision":"allow"}}`,
		kind, i, strings.Repeat("x", 420))
}

const lineKind = `"kind":"Event","apiVersion":"audit.k8s.io/v1",`

func BenchmarkSplit(b *testing.B) {
	var items []string
	for i := range 400 {
		items = append(items, event1K("", i))
	}
	f := func(name, payload string) {
		b.Run(name, func(b *testing.B) {
			splitter := NewSplitter(MaxEventSize, silent())
			bytes := []byte(payload)
			b.SetBytes(int64(len(bytes)))
			b.ReportAllocs()
			for b.Loop() {
				splitter.Split(bytes, func(Event) {})
			}
		})
	}
	f("a line", event1K(lineKind, 1)+"\n")
	f("a list of 400 events", list(items...))
}
