package rules

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/test/engine"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

// fixtures are the events that rules are tested with, one a line. The audit id
// of each says what it is for: a rule's name, and whether it fires.
const fixtures = "testdata/events.jsonl"

// lines are the lines of a file.
func lines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// decode is the event as the API server's own types have it. An unknown or
// doubled member is an error.
func decode(t *testing.T, line string) *auditv1.Event {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := auditv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	strict := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	decoded, _, err := strict.Decode([]byte(line), nil, nil)
	if err != nil {
		t.Fatalf("%s\nis no audit event: %v", line, err)
	}
	return decoded.(*auditv1.Event)
}

// places are the rules' places in the file.
func places(t *testing.T) map[string]int {
	t.Helper()
	place := map[string]int{}
	for i, r := range load(t) {
		place[r.Rule] = i
	}
	return place
}

// matches are the rules that match each event of a log, by the event's number,
// in the order of the rule file.
func matches(t *testing.T, e *engine.Engine, log string, disabled bool) map[uint64][]string {
	t.Helper()
	library, err := engine.Library()
	if err != nil {
		t.Fatal(err)
	}
	alerts, err := e.Alerts(t.Context(), engine.Run{Library: library, OpenParams: log, Rules: []string{shipped}, Disabled: disabled, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	found := map[uint64][]string{}
	for _, a := range alerts {
		found[a.Event] = append(found[a.Event], a.Rule)
	}
	// A rule that an override turns on comes last in Falco, whatever its place.
	place := places(t)
	for _, rules := range found {
		slices.SortFunc(rules, func(a, b string) int { return cmp.Compare(place[a], place[b]) })
	}
	return found
}

func find(t *testing.T) *engine.Engine {
	t.Helper()
	e, err := engine.Find("../../build")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// outcome is the rules that match each fixture, by its label.
func outcome(t *testing.T) (labels []string, found map[string][]string) {
	t.Helper()
	byNumber := matches(t, find(t), fixtures, true)
	found = map[string][]string{}
	for i, line := range lines(t, fixtures) {
		var event struct{ AuditID string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		if _, ok := found[event.AuditID]; ok {
			t.Errorf("two fixtures are labelled %s", event.AuditID)
		}
		labels = append(labels, event.AuditID)
		found[event.AuditID] = byNumber[uint64(i+1)]
	}
	return labels, found
}

// all fires on every event and says nothing about a fixture.
const all = "All K8s Audit Events"

func TestEveryRuleFiresOnItsEventAndNotOnTheNearestOther(t *testing.T) {
	_, found := outcome(t)
	for _, r := range load(t) {
		fires, quiet := slug(r.Rule)+"/fires", slug(r.Rule)+"/quiet"
		if _, ok := found[fires]; !ok {
			t.Errorf("no event is there for %q to fire on: add one labelled %s", r.Rule, fires)
		} else if !slices.Contains(found[fires], r.Rule) {
			t.Errorf("%q does not fire on %s, but %v", r.Rule, fires, found[fires])
		}
		if _, ok := found[quiet]; !ok {
			t.Errorf("no event is there for %q to pass over: add one labelled %s", r.Rule, quiet)
		} else if slices.Contains(found[quiet], r.Rule) {
			t.Errorf("%q fires on %s", r.Rule, quiet)
		}
	}
}

func TestRulesThatFireOnEachEventAreThoseOfTheGoldenFile(t *testing.T) {
	labels, found := outcome(t)
	var b strings.Builder
	for _, label := range labels {
		rules := slices.DeleteFunc(slices.Clone(found[label]), func(name string) bool { return name == all })
		fmt.Fprintf(&b, "%s\t%s\n", label, strings.Join(rules, "; "))
	}
	golden(t, "testdata/events.golden", b.String())
}

// Every fixture is reduced to the level that its rule's tag names, so a rule
// that fires on it needs no more.
func TestFixturesAreRealAuditEventsOfTheLevelOfTheirRule(t *testing.T) {
	levels := map[string]auditv1.Level{"metadata": auditv1.LevelMetadata, "request": auditv1.LevelRequest, "request_response": auditv1.LevelRequestResponse}
	bySlug := map[string]item{}
	for _, r := range load(t) {
		bySlug[slug(r.Rule)] = r
	}
	for _, line := range lines(t, fixtures) {
		event := decode(t, line)
		name, _, _ := strings.Cut(string(event.AuditID), "/")
		r, ok := bySlug[name]
		if !ok {
			continue
		}
		if want := levels[r.level()]; event.Level != want {
			t.Errorf("%s has level %s, its rule says %s", event.AuditID, event.Level, want)
		}
		if event.Level == auditv1.LevelMetadata && (event.RequestObject != nil || event.ResponseObject != nil) ||
			event.Level == auditv1.LevelRequest && event.ResponseObject != nil {
			t.Errorf("%s has more than its level %s allows", event.AuditID, event.Level)
		}
	}
}

func TestFixturesShowNoKeysAndNoSecrets(t *testing.T) {
	for _, line := range lines(t, fixtures) {
		event := decode(t, line)
		if strings.Contains(line, "PRIVATE KEY") {
			t.Errorf("%s shows a key", event.AuditID)
		}
		if event.ObjectRef != nil && event.ObjectRef.Resource == "secrets" && (event.RequestObject != nil || event.ResponseObject != nil) {
			t.Errorf("%s shows a secret", event.AuditID)
		}
	}
}

func TestEnginesAgreeOnTheShippedRules(t *testing.T) {
	engines, err := engine.All("../../build")
	if err != nil {
		t.Fatal(err)
	}
	want := matches(t, engines[0], fixtures, true)
	if len(want) == 0 {
		t.Fatal("no rule fires")
	}
	for _, e := range engines[1:] {
		got := matches(t, e, fixtures, true)
		for number := range uint64(len(lines(t, fixtures))) {
			if n := number + 1; !slices.Equal(got[n], want[n]) {
				t.Errorf("event %d: %s: %v\n%s: %v", n, e.Name(), got[n], engines[0].Name(), want[n])
			}
		}
	}
}
