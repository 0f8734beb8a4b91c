package fields

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// repeated writes n elements, the i-th with i in place of %[1]d.
func repeated(n int, element string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, element, i)
	}
	return b.String()
}

// large are events of the size n: many containers with many volumes, a role
// with many rules, a pod with many labels, a long text.
func large(n int) map[string]string {
	c := repeated(n, `{"name":"c%[1]d","image":"registry.example.com/c%[1]d:1","command":["sh"],"env":[{"name":"a","value":"b"}],"volumeMounts":[{"name":"v%[1]d","mountPath":"/m"}],"securityContext":{"capabilities":{"add":["NET_RAW"]}}}`)
	v := repeated(n, `{"name":"v%[1]d","hostPath":{"path":"/p%[1]d"}}`)
	return map[string]string{
		"containers": about("create", `"requestObject":{"spec":{"containers":[`+c+`],"volumes":[`+v+`]}}`),
		"rules":      role(`[` + repeated(n, `{"verbs":["get","list"],"apiGroups":["g%[1]d"],"resources":["a","b"],"nonResourceURLs":["/%[1]d"]}`) + `]`),
		"keys":       about("create", `"annotations":{`+repeated(n, `"k%[1]d":"v"`)+`},"requestObject":{"metadata":{"labels":{`+repeated(n, `"k%[1]d":"v"`)+`}},"spec":{"selector":{`+repeated(n, `"k%[1]d":"v"`)+`}}}`),
		"duplicates": about("create", `"annotations":{`+repeated(n, `"k":"v%[1]d"`)+`}`),
		"text":       about("create", `"userAgent":"`+strings.Repeat(`\u003c`, 100*n)+`","requestURI":"/?`+strings.Repeat("command=a&", 10*n)+`","requestObject":{"spec":{"containers":[{"image":"`+strings.Repeat("a", 100*n)+`"}]}}`),
		"paths":      inPod(`{"volumes":[` + repeated(n/100, `{"name":"v%[1]d","hostPath":{"path":"`+strings.Repeat("/a", 100)+`"}}`) + `]}`),
		"path":       inPod(`{"volumes":[{"hostPath":{"path":"` + strings.Repeat("/a", 10*n) + `"}}]}`),
		"words":      role(`[{"verbs":["` + strings.Repeat("a", 10*n) + `"],"apiGroups":[""],"resources":["` + strings.Repeat(`a","`, n) + `a"]}]`),
		"webhooks":   `{"verb":"create","objectRef":{"resource":"mutatingwebhookconfigurations"},"requestObject":{"webhooks":[` + repeated(n, `{"name":"w%[1]d","clientConfig":{"service":{"name":"s"}}}`) + `]}}`,
	}
}

// What a client sends must not cost more than its size: ten times the
// containers, ten times the time, and no more text than some times the event. The limit is far above what it takes, and
// far below what anything quadratic would.
func TestEveryFieldOfTenThousandContainersIsReadInTimeProportionalToThem(t *testing.T) {
	const limit = time.Minute
	a := newAsked(t)
	for name, event := range large(10000) {
		begin := time.Now()
		a.read(event)
		for id := range a.table.Fields {
			a.table.Extract(a.event, id, Arg{Key: "spec.containers.image"}, &a.out)
			if n := len(a.out.text); n > 40*len(event) && n > mostGrantBytes+len(event) {
				t.Errorf("%s: %s makes %d bytes of %d", name, a.table.Fields[id].Name, n, len(event))
			}
		}
		took := time.Since(begin)
		t.Logf("%s: %v", name, took)
		if took > limit {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func TestTheMemoryOfALargeEventIsGivenBack(t *testing.T) {
	a := newAsked(t)
	for name, event := range large(5000) {
		a.read(event)
		for id := range a.table.Fields {
			a.values(id, Arg{})
		}
		wasLarge := len(a.event.text[requestObject]) > largestKept
		a.read(`{"verb":"get"}`)
		if wasLarge && a.event.docs[requestObject].parser != nil {
			t.Errorf("%s: the parser of the object is kept", name)
		}
		if n := cap(a.event.pod.containers) + cap(a.event.pod.volumes); n > 2*mostKept {
			t.Errorf("%s: room for %d containers and volumes is kept", name, n)
		}
		if a.event.decoded[userAgent] != nil {
			t.Errorf("%s: a decoded text is kept", name)
		}
	}
}
