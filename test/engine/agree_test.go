package engine

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// eachEngine runs a test with every engine of this machine and the library that
// make build made.
func eachEngine(t *testing.T, test func(t *testing.T, e *Engine, run Run)) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	all, err := All(filepath.Join(root, "build"))
	if err != nil {
		t.Fatal(err)
	}
	library, err := Library()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		t.Run(e.Name(), func(t *testing.T) {
			test(t, e, Run{Library: library, OpenParams: "testdata/events.jsonl", Rules: []string{"testdata/rules.yaml"}})
		})
	}
}

func TestEveryEngineGivesTheSameAlerts(t *testing.T) {
	const golden = "testdata/alerts.golden"
	eachEngine(t, func(t *testing.T, e *Engine, run Run) {
		alerts, err := e.Alerts(context.Background(), run)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		for _, a := range alerts {
			fmt.Fprintf(&got, "%d %s %s [%s] %q\n", a.Event, a.Time.Format("2006-01-02T15:04:05.000000000Z07:00"), a.Priority, a.Rule, a.Text)
		}
		if *update {
			if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("the alerts differ from %s (-update writes it anew)\ngot:\n%swant:\n%s", golden, got.String(), want)
		}
	})
}

func TestDisabledRulesAreEvaluatedWhenAskedFor(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *Engine, run Run) {
		run.Disabled = true
		alerts, err := e.Alerts(context.Background(), run)
		disabled := slices.ContainsFunc(alerts, func(a Alert) bool { return a.Rule == "Disabled" && a.Event == 2 })
		if err != nil || !disabled {
			t.Errorf("the disabled rule did not alert: %+v, %v", alerts, err)
		}
	})
}

func TestNoRuleEnabledGivesNoAlert(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *Engine, run Run) {
		run.Rules = []string{ruleFile(t, "- {rule: r, desc: d, condition: ka.verb exists, output: o, priority: DEBUG, source: k8s_audit, enabled: false}")}
		alerts, err := e.Alerts(context.Background(), run)
		if err != nil || len(alerts) > 0 {
			t.Errorf("got %+v, %v", alerts, err)
		}
	})
}

func TestPrintShowsFieldsOfMatchingEvents(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *Engine, run Run) {
		lines, err := e.Print(context.Background(), run, `not ka.user.name startswith "system:"`, "%evt.num %ka.verb %ka.target.subresource")
		if want := []string{"1 create <NA>", "3 delete <NA>"}; err != nil || !slices.Equal(lines, want) {
			t.Errorf("got %q, %v, want %q", lines, err, want)
		}
	})
}

func TestFieldsAreThoseOfTheLibrary(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *Engine, run Run) {
		fields, err := e.Fields(context.Background(), run.Library)
		if err != nil {
			t.Fatal(err)
		}
		index := slices.IndexFunc(fields, func(f Field) bool { return f.Name == "ka.user.groups" })
		if index < 0 || fields[index].Type != "LIST(CHARBUF)" || fields[index].Desc == "" {
			t.Errorf("ka.user.groups is not listed with its type and description: %+v", fields)
		}
		if slices.ContainsFunc(fields, func(f Field) bool { return strings.HasPrefix(f.Name, "evt.") }) {
			t.Error("the engine's own fields are listed too")
		}
	})
}

func TestEngineSaysWhyItCannotRun(t *testing.T) {
	f := func(name string, change func(t *testing.T, run *Run), want ...string) {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, func(t *testing.T, e *Engine, run Run) {
				change(t, &run)
				alerts, err := e.Alerts(context.Background(), run)
				if err == nil {
					t.Fatalf("no error, but %+v", alerts)
				}
				for _, w := range want {
					if !strings.Contains(err.Error(), w) {
						t.Errorf("%q is not in the error: %v", w, err)
					}
				}
			})
		})
	}
	rule := func(condition, output string) func(*testing.T, *Run) {
		return func(t *testing.T, run *Run) {
			run.Rules = []string{ruleFile(t, fmt.Sprintf("- {rule: broken, desc: d, condition: %q, output: %q, priority: DEBUG, source: k8s_audit}", condition, output))}
		}
	}
	f("an input that is not there", func(_ *testing.T, run *Run) { run.OpenParams = "testdata/nowhere.jsonl" }, "nowhere.jsonl")
	f("a library that is not there", func(_ *testing.T, run *Run) { run.Library = "testdata/nowhere.so" }, "nowhere.so")
	f("a rule file that is not there", func(_ *testing.T, run *Run) { run.Rules = []string{"testdata/nowhere.yaml"} }, "nowhere.yaml")
	f("no rule file", func(_ *testing.T, run *Run) { run.Rules = nil }, "no rule file")
	f("a field that is not there", rule("ka.nope = 1", "x"), "broken", "ka.nope")
	f("a condition that does not parse", rule("ka.verb = create create", "x"), "broken", "unexpected token")
	f("a field in an output that is not there", rule("ka.verb exists", "%ka.nope"), "ka.nope")
	f("a macro that is not there", rule("nope", "x"), "nope")
}

func TestWatchEndsWithItsContext(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *Engine, run Run) {
		ctx, cancel := context.WithCancel(context.Background())
		var alerts int
		err := e.Watch(ctx, run, func(Alert) { alerts++; cancel() })
		if alerts == 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("got %d alerts and %v", alerts, err)
		}
	})
}

func ruleFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
