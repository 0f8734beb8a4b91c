package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/test/readme"
)

// onOff is how the reference says whether a rule is on.
var onOff = map[bool]string{true: "on", false: "off"}

// levelNames are audit levels as an audit policy spells them.
var levelNames = map[string]string{"metadata": "Metadata", "request": "Request", "request_response": "RequestResponse"}

// reference is the table of all rules, in Markdown.
func reference(rules []item) string {
	var b strings.Builder
	b.WriteString("| rule | priority | ATT&CK | audit level | default |\n|---|---|---|---|---|\n")
	for _, r := range rules {
		var techniques []string
		for _, tag := range r.Tags {
			if technique.MatchString(tag) {
				techniques = append(techniques, tag)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.Rule, r.Priority, strings.Join(techniques, " "), levelNames[r.level()], onOff[r.on()])
	}
	return b.String()
}

func TestReferenceIsMadeFromTheRules(t *testing.T) {
	readme.Check(t, "rules", reference(load(t)), *update)
}

// pairs are the lines of a file of two columns.
func pairs(t *testing.T, path string) (all [][2]string) {
	t.Helper()
	for _, line := range lines(t, path) {
		first, second, ok := strings.Cut(line, "\t")
		if !ok {
			t.Fatalf("%s: no tab in %q", path, line)
		}
		all = append(all, [2]string{first, second})
	}
	return all
}

// byName is the rules by their names.
func byName(t *testing.T) map[string]item {
	t.Helper()
	named := map[string]item{}
	for _, r := range load(t) {
		named[r.Rule] = r
	}
	return named
}

// An override of a rule that is not there keeps Falco from starting, so every
// name of the incumbent's 48 rules (0.18.0) is kept.
func TestEveryRuleOfTheIncumbentHasItsNameHere(t *testing.T) {
	named, table := byName(t), pairs(t, "testdata/incumbent.tsv")
	var b strings.Builder
	b.WriteString("| there | here | default |\n|---|---|---|\n")
	for _, row := range table {
		r, ok := named[row[0]]
		if !ok {
			t.Errorf("no rule is named %s", row[0])
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", row[0], row[1], onOff[r.on()])
	}
	if len(table) != 48 {
		t.Errorf("%d names, want 48", len(table))
	}
	readme.Check(t, "incumbent", b.String(), *update)
}

// remark is what is said of a rule in brackets.
var remark = regexp.MustCompile(` \([^)]*\)`)

func TestEveryDetectionHasARuleOrAReasonWhyNot(t *testing.T) {
	const detections, stateful = 153, 10
	named, reasons := byName(t), 0
	covered := map[string]bool{}
	rows := pairs(t, "testdata/detections.tsv")
	for i, row := range rows {
		if row[0] != strconv.Itoa(i+1) {
			t.Fatalf("row %d is numbered %s", i+1, row[0])
		}
		if strings.HasPrefix(row[1], "- needs ") {
			reasons++
			continue
		}
		for name := range strings.SplitSeq(row[1], "; ") {
			if _, ok := named[remark.ReplaceAllString(name, "")]; !ok {
				t.Errorf("detection %s: no rule is named %s", row[0], name)
			}
			covered[name] = true
		}
	}
	if len(rows) != detections || reasons != stateful {
		t.Errorf("%d detections, %d without a rule; want %d and %d", len(rows), reasons, detections, stateful)
	}
	for name := range named {
		if !covered[name] {
			t.Errorf("%s detects nothing of the list", name)
		}
	}
}

func TestEveryFixtureSaysWhereItComesFrom(t *testing.T) {
	labels, _ := outcome(t)
	origin := map[string]string{}
	for _, row := range pairs(t, "testdata/events.tsv") {
		origin[row[0]] = row[1]
	}
	for _, label := range labels {
		if !slices.Contains([]string{"recorded", "edited"}, origin[label]) {
			t.Errorf("%s: origin %q", label, origin[label])
		}
	}
	if len(origin) != len(labels) {
		t.Errorf("%d origins for %d fixtures", len(origin), len(labels))
	}
}
