package rules

import (
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/test/engine"
)

// ordinary is one event of each kind that a cluster at work gives.
const ordinary = "testdata/ordinary.jsonl.gz"

// priorities are those of Falco, the worst first.
var priorities = []string{"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"}

// rank is a priority's place among them, in the rule file's spelling or in that
// of an alert.
func rank(priority string) int {
	if priority == "Informational" {
		priority = "INFO"
	}
	return slices.Index(priorities, strings.ToUpper(priority))
}

func TestOrdinaryWorkGivesNoAlertAtWarningOrAbove(t *testing.T) {
	library, err := engine.Library()
	if err != nil {
		t.Fatal(err)
	}
	alerts, err := find(t).Alerts(t.Context(), engine.Run{Library: library, OpenParams: ordinary, Rules: []string{shipped}, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	count, priority := map[string]int{}, map[string]string{}
	for _, a := range alerts {
		count[a.Rule]++
		priority[a.Rule] = a.Priority
		if rank(a.Priority) <= rank("WARNING") {
			t.Errorf("%s: %s: %s", a.Priority, a.Rule, a.Text)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d events\n", len(unzip(t, ordinary)))
	for _, r := range load(t) {
		if n := count[r.Rule]; n > 0 {
			fmt.Fprintf(&b, "%s\t%s\t%d\n", priority[r.Rule], r.Rule, n)
		}
	}
	golden(t, "testdata/ordinary.golden", b.String())
}

// A run that reads nothing is quiet, too.
func TestOrdinaryWorkIsRead(t *testing.T) {
	if n := len(matches(t, find(t), ordinary, true)); n != len(unzip(t, ordinary)) {
		t.Errorf("the rule for all events matches %d of %d", n, len(unzip(t, ordinary)))
	}
}

// With "rule_matching: first", Falco's default, an event gives the alert of the
// first rule in the file that matches.
func TestWorseRulesStandBeforeMilderOnes(t *testing.T) {
	rules := load(t)
	if !slices.IsSortedFunc(rules, func(a, b item) int { return cmp.Compare(rank(a.Priority), rank(b.Priority)) }) {
		for i, r := range rules[1:] {
			if rank(r.Priority) < rank(rules[i].Priority) {
				t.Errorf("%s (%s) stands behind %s (%s)", r.Rule, r.Priority, rules[i].Rule, rules[i].Priority)
			}
		}
	}
	if rules[0].Rule != founding {
		t.Errorf("the first rule is %s, want %s", rules[0].Rule, founding)
	}
}

// Exec, attach and port-forward have three stages, a failed authentication one.
func TestARequestOfSeveralStagesAlertsOnceForEachRule(t *testing.T) {
	labels, found := outcome(t)
	count := map[string]map[string]int{}
	for _, label := range labels {
		request, _, _ := strings.Cut(label, "/")
		if !strings.HasPrefix(request, "once-") {
			continue
		}
		if count[request] == nil {
			count[request] = map[string]int{}
		}
		for _, rule := range found[label] {
			count[request][rule]++
		}
	}
	if len(count) < 10 {
		t.Errorf("%d requests are tested, want 10 or more", len(count))
	}
	for request, rules := range count {
		delete(rules, all)
		if len(rules) == 0 {
			t.Errorf("%s: no rule fires", request)
		}
		for rule, n := range rules {
			if n != 1 {
				t.Errorf("%s: %q fires %d times", request, rule, n)
			}
		}
	}
}

// unzip is the lines of a compressed file.
func unzip(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return lines(t, plain)
}
