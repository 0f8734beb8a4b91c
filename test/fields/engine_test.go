package fields_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/fields"
	"github.com/k8saudit/k8saudit/test/engine"
)

// eachEngine runs a test with every engine of this machine.
func eachEngine(t *testing.T, test func(t *testing.T, e *engine.Engine, library string)) {
	t.Helper()
	library, err := engine.Library()
	if err != nil {
		t.Fatal(err)
	}
	engines, err := engine.All("../../build")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range engines {
		t.Run(e.Name(), func(t *testing.T) { test(t, e, library) })
	}
}

// log writes events into a file, one a line.
func log(t *testing.T, events ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(path, []byte(strings.Join(events, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// engineTypes are libsinsp's names of the types.
var engineTypes = map[fields.Type]string{
	fields.Text: "CHARBUF", fields.Number: "UINT64", fields.Duration: "RELTIME", fields.Timestamp: "ABSTIME",
	fields.Flag: "BOOL", fields.Address: "IPADDR", fields.Network: "IPNET",
}

func TestTheEngineListsTheFieldsOfTheTable(t *testing.T) {
	table := fields.NewTable()
	eachEngine(t, func(t *testing.T, e *engine.Engine, library string) {
		listed, err := e.Fields(t.Context(), library)
		if err != nil {
			t.Fatal(err)
		}
		if len(listed) != len(table.Fields) {
			t.Errorf("the engine lists %d fields, the table has %d", len(listed), len(table.Fields))
		}
		for i := range min(len(listed), len(table.Fields)) {
			f, got := table.Fields[i], listed[i]
			if engineTypes[f.Type] == "" || got.Name != f.Name || got.Desc != f.Desc || !strings.Contains(got.Type, engineTypes[f.Type]) || strings.HasPrefix(got.Type, "LIST") != f.List {
				t.Errorf("the engine lists %+v for %s, %s, list %v: %s", got, f.Name, f.Type, f.List, f.Desc)
			}
		}
	})
}

// Falco measures texts with strlen: behind a NUL, a value could hide from
// every rule.
func TestX3ANulInATextHidesNothingFromTheEngine(t *testing.T) {
	event := `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"ResponseComplete","verb":"create","user":{"username":"safe\u0000evil"},"objectRef":{"resource":"pods"},` +
		`"requestObject":{"metadata":{"annotations":{"note":"x\u0000hidden"}},"spec":{"containers":[{"name":"a","command":["sh\u0000","-c"]}]}},"stageTimestamp":"2024-05-01T10:00:00.000000Z"}`
	eachEngine(t, func(t *testing.T, e *engine.Engine, library string) {
		run := engine.Run{Library: library, OpenParams: log(t, event)}
		got, err := e.Print(t.Context(), run, `k8s.audit.user.username endswith evil and k8s.audit.request.object.metadata.annotations[note] contains hidden`,
			"%k8s.audit.user.username %ka.req.pod.containers.command")
		if err != nil {
			t.Fatal(err)
		}
		if want := `safe\u0000evil (sh\u0000 -c)`; strings.Join(got, "\n") != want {
			t.Errorf("the engine gives %q, want %q", got, want)
		}
	})
}

// The engine keeps the answer to one question while it asks the next.
func TestX5OneFieldWithTwoArgumentsInOneEventGivesBothValuesToTheEngine(t *testing.T) {
	event := `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"ResponseComplete","verb":"create","requestURI":"/api/v1/pods?a=first&b=second","stageTimestamp":"2024-05-01T10:00:00.000000Z"}`
	eachEngine(t, func(t *testing.T, e *engine.Engine, library string) {
		run := engine.Run{Library: library, OpenParams: log(t, event)}
		got, err := e.Print(t.Context(), run, "k8s.audit.request.param[a] = first and k8s.audit.request.param[b] = second and k8s.audit.request.param[a] != val(k8s.audit.request.param[b])",
			"%k8s.audit.request.param[a] %k8s.audit.request.param[b] %ka.uri.param[a] %ka.uri.param[b]")
		if err != nil {
			t.Fatal(err)
		}
		if want := "first second first second"; strings.Join(got, "\n") != want {
			t.Errorf("the engine gives %q, want %q", got, want)
		}
	})
}

// What the table gives for the recorded events is what the engine prints.
func TestTheEngineSeesTheValuesOfRecordedEvents(t *testing.T) {
	const events = "../../pkg/fields/testdata/events/"
	raw, err := os.ReadFile(events + "made-pod-with-everything.json")
	if err != nil {
		t.Fatal(err)
	}
	eachEngine(t, func(t *testing.T, e *engine.Engine, library string) {
		run := engine.Run{Library: library, OpenParams: log(t, strings.TrimSpace(string(raw)))}
		f := func(condition string) {
			t.Helper()
			if got, err := e.Print(t.Context(), run, condition, "matched"); err != nil || len(got) != 1 {
				t.Errorf("%s does not hold: %q, %v", condition, got, err)
			}
		}
		const spec = "k8s.audit.request.object.spec."
		f(spec + "securityContext.privileged = true and " + spec + "hostUsers = true")
		f(spec + "securityContext.runAsGroup > 2999 and " + spec + "securityContext.runAsGroup < 3001")
		f(spec + "allContainers.capabilities.add intersects (SYS_TIME)")
		f(spec + "containers.image[0] in (registry.example.com:5000/team/app:1.2)")
		f(spec + "volumes.hostPath.writable in (/var/lib/kubelet)")
		f("k8s.audit.latency < 1000000000 and k8s.audit.latency > 1000000")
		f("k8s.audit.request.sourceip = 127.0.0.1 and k8s.audit.request.sourcenet in (127.0.0.0/8)")
		f("not k8s.audit.impersonated.username exists and not k8s.audit.response.object.kind exists")
	})
}
