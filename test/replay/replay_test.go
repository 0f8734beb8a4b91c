// Package replay replays whole logs through the plugin and every real engine
// of this machine, and compares the alerts with golden files.
package replay

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/test/engine"
)

var update = flag.Bool("update", false, "write the golden files anew")

// testdata is where the logs and their golden files are.
const testdata = "../testdata"

// alerts replays a log with every engine; they must agree.
func alerts(t *testing.T, open string, rules ...string) []engine.Alert {
	t.Helper()
	library, err := engine.Library()
	if err != nil {
		t.Fatal(err)
	}
	engines, err := engine.All("../../build")
	if err != nil {
		t.Fatal(err)
	}
	var all []engine.Alert
	for i, e := range engines {
		got, err := e.Alerts(t.Context(), engine.Run{Library: library, OpenParams: open, Rules: rules, Log: logger{t}})
		if err != nil {
			t.Fatalf("%s: %v", e.Name(), err)
		}
		if i > 0 && show(got) != show(all) {
			t.Fatalf("%s gives other alerts than %s:\n%s\nwant\n%s", e.Name(), engines[0].Name(), show(got), show(all))
		}
		all = got
	}
	return all
}

// logger is what an engine says in a test.
type logger struct{ t *testing.T }

func (l logger) Write(p []byte) (int, error) {
	l.t.Logf("%s", p)
	return len(p), nil
}

func show(all []engine.Alert) string {
	var b strings.Builder
	for _, a := range all {
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", a.Time.UTC().Format(time.RFC3339Nano), a.Rule, a.Priority, a.Text)
	}
	return b.String()
}

func shipped(t *testing.T) []string {
	t.Helper()
	rules, err := filepath.Glob("../../rules/*rules*.yaml")
	if err != nil || len(rules) == 0 {
		t.Fatalf("no rule files: %v", err)
	}
	return rules
}

func TestTheFoundingDocumentsExampleGivesItsAlertAndNoOther(t *testing.T) {
	got := alerts(t, filepath.Join(testdata, "founding.jsonl"), "../../rules/k8s_audit_rules.yaml")
	want := engine.Alert{
		Time: time.Date(2023, 10, 27, 10, 0, 1, 500e6, time.UTC), Rule: "Kubernetes Privileged Pod Creation", Priority: "Critical",
		Text: "Kubernetes privileged pod creation detected (user: alice@example.com, namespace: default, pod: evil-pod)",
	}
	if len(got) != 1 || show(got) != show([]engine.Alert{want}) {
		t.Errorf("got\n%swant\n%s", show(got), show([]engine.Alert{want}))
	}
}

func TestTheFoundingDocumentsRuleIsShippedWithItsConditionUnchanged(t *testing.T) {
	text, err := os.ReadFile("../../rules/k8s_audit_rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	condition := `k8s.audit.request.verb = "create" and k8s.audit.request.resource.type = "pods" and k8s.audit.request.object.spec.securityContext.privileged = true`
	if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), "- rule: Kubernetes Privileged Pod Creation desc:") ||
		!strings.Contains(strings.Join(strings.Fields(string(text)), " "), "condition: > "+condition) {
		t.Error("the rule or its condition is not that of the founding document")
	}
}

// The act of the founding document on a real API server: alice@example.com
// creates evil-pod, once.
func TestTheSameActOnARealAPIServerGivesTheSameTextOnce(t *testing.T) {
	want := "Kubernetes privileged pod creation detected (user: alice@example.com, namespace: default, pod: evil-pod)"
	n := 0
	for _, a := range alerts(t, filepath.Join(testdata, "audit.log"), "../../rules/k8s_audit_rules.yaml") {
		if a.Text == want {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d alerts, want 1 for the one request", n)
	}
}

func TestTheAlertsOfARealLogAreThoseOfTheGoldenFile(t *testing.T) {
	for _, log := range []string{"founding.jsonl", "audit.log"} {
		golden := filepath.Join(testdata, log+".alerts")
		got := show(alerts(t, filepath.Join(testdata, log), shipped(t)...))
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: the alerts are not those of %s; look at them, then run the test with -update:\n%s", log, golden, got)
		}
	}
}

func TestWhatCannotBeReadEndsTheEngineWithASentence(t *testing.T) {
	library, err := engine.Library()
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Find("../../build")
	if err != nil {
		t.Fatal(err)
	}
	f := func(run engine.Run, names string) {
		t.Helper()
		run.Library, run.Rules = library, []string{"../../rules/k8s_audit_rules.yaml"}
		if _, err := e.Alerts(t.Context(), run); err == nil || !strings.Contains(err.Error(), names) {
			t.Errorf("%+v: error %v, want one that names %q", run, err, names)
		}
	}
	log := filepath.Join(testdata, "founding.jsonl")
	f(engine.Run{OpenParams: filepath.Join(testdata, "missing.log")}, "missing.log")
	f(engine.Run{OpenParams: "ftp://somewhere"}, "ftp")
	f(engine.Run{OpenParams: log, InitConfig: `{"maxEventSise": 1}`}, "maxEventSise")
	f(engine.Run{OpenParams: log, InitConfig: `{"maxEventSize": "large"}`}, "maxEventSize")
}

func TestStandardInputIsReadInARealEngine(t *testing.T) {
	library, err := engine.Library()
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Find("../../build")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(testdata, "founding.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	input := "I1027 10:00:00.000000       1 server.go:42] another program's line\n" + string(text)
	got, err := e.Alerts(t.Context(), engine.Run{
		Library: library, OpenParams: "-", Stdin: strings.NewReader(input), Rules: []string{"../../rules/k8s_audit_rules.yaml"},
	})
	if err != nil || len(got) != 1 {
		t.Errorf("%d alerts, %v", len(got), err)
	}
}
