// Package rules tests the rules that are shipped: what fires on what, on a real
// engine; what they are called, need and say; and that the audit policy beside
// them lets them fire.
package rules

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/fields"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	shipped  = "../../rules/k8s_audit_rules.yaml"
	founding = "Kubernetes Privileged Pod Creation"
)

// item is one entry of the rule file: a rule, a macro, a list or a requirement.
type item struct {
	Rule, Macro, List       string
	Desc, Condition, Output string
	Priority, Source        string
	Enabled                 *bool
	Tags                    []string
	Items                   []string
	Exceptions              []exception
	Engine                  string    `yaml:"required_engine_version"`
	Plugins                 yaml.Node `yaml:"required_plugin_versions"`
}

type exception struct {
	Name   string
	Fields []string
	Comps  []string
	Values []yaml.Node
}

func (i item) on() bool { return i.Enabled == nil || *i.Enabled }

// level is the audit level that the rule's tag names.
func (i item) level() string {
	for _, tag := range i.Tags {
		if level, ok := strings.CutPrefix(tag, "level_"); ok {
			return level
		}
	}
	return ""
}

// file is the whole rule file.
func file(t *testing.T) []item {
	t.Helper()
	text, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	var all []item
	if err := yaml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// load is the rules of the file.
func load(t *testing.T) []item {
	t.Helper()
	return slices.DeleteFunc(file(t), func(i item) bool { return i.Rule == "" })
}

// slug is a rule's name as part of a file's or fixture's name.
func slug(name string) string {
	return strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-"), "-")
}

// golden compares with a golden file, or writes it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the rules give; look at the difference, then run the test with -update:\n%s", path, difference(string(want), got))
	}
}

// difference is the lines that only one of the texts has.
func difference(want, got string) string {
	wanted, given := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	var b strings.Builder
	for _, line := range wanted {
		if !slices.Contains(given, line) {
			b.WriteString("- " + line)
		}
	}
	for _, line := range given {
		if !slices.Contains(wanted, line) {
			b.WriteString("+ " + line)
		}
	}
	return b.String()
}

var (
	tactic    = regexp.MustCompile(`^mitre_[a-z_]+$`)
	technique = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
)

// tactics are those of MITRE ATT&CK for enterprises, as tags.
var tactics = []string{
	"mitre_initial_access", "mitre_execution", "mitre_persistence", "mitre_privilege_escalation", "mitre_defense_evasion",
	"mitre_credential_access", "mitre_discovery", "mitre_lateral_movement", "mitre_collection", "mitre_command_and_control",
	"mitre_exfiltration", "mitre_impact",
}

func TestEveryRuleIsTaggedWithTacticTechniqueAndLevel(t *testing.T) {
	for _, r := range load(t) {
		levels, techniques, known := 0, 0, 0
		for _, tag := range r.Tags {
			switch {
			case strings.HasPrefix(tag, "level_"):
				levels++
			case technique.MatchString(tag):
				techniques++
			case tactic.MatchString(tag) && slices.Contains(tactics, tag):
				known++
			case tag != "k8s":
				t.Errorf("%s: unknown tag %s", r.Rule, tag)
			}
		}
		if !slices.Contains(r.Tags, "k8s") || levels != 1 || techniques == 0 || known == 0 {
			t.Errorf("%s: tags %v, want k8s, a tactic, a technique and one level", r.Rule, r.Tags)
		}
		if !slices.Contains([]string{"metadata", "request", "request_response"}, r.level()) {
			t.Errorf("%s: unknown level %q", r.Rule, r.level())
		}
	}
}

func TestEveryRuleSaysWhoWhatAndWhere(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range load(t) {
		if seen[r.Rule] {
			t.Errorf("two rules are named %s", r.Rule)
		}
		seen[r.Rule] = true
		who := strings.Contains(r.Output, "%k8s.audit.user.username") || strings.Contains(r.Condition, "= 401")
		where := strings.Contains(r.Output, "%k8s.audit.request.") || strings.Contains(r.Output, ".metadata.name")
		if !who || !where {
			t.Errorf("%s: its output does not say who did what where: %s", r.Rule, r.Output)
		}
		if !strings.HasSuffix(strings.TrimSpace(r.Desc), ".") && !strings.HasSuffix(strings.TrimSpace(r.Desc), ".)") {
			t.Errorf("%s: its description is no sentence", r.Rule)
		}
		if r.Source != "k8s_audit" {
			t.Errorf("%s: source %q", r.Rule, r.Source)
		}
	}
}

// secret is what no output may show.
var secret = []string{"spec.environment", "request.object.data}", "k8s.audit.value[", "request.object[data"}

func TestNoOutputShowsCredentials(t *testing.T) {
	for _, r := range load(t) {
		for _, s := range secret {
			if strings.Contains(r.Output, s) || strings.HasSuffix(strings.TrimRight(r.Output, ")\n "), "request.object.data") {
				t.Errorf("%s: its output shows %s", r.Rule, s)
			}
		}
	}
}

var fieldName = regexp.MustCompile(`\b(?:k8s\.audit|ka|jevt)\.[A-Za-z.]*[A-Za-z]`)

func TestRulesUseNativeFieldsOfTheTableOnly(t *testing.T) {
	table, used := fields.NewTable(), 0
	for _, i := range file(t) {
		text := i.Condition + " " + i.Output
		for _, e := range i.Exceptions {
			text += " " + strings.Join(e.Fields, " ")
		}
		for _, name := range fieldName.FindAllString(text, -1) {
			used++
			if _, ok := table.ID(name); !ok || !strings.HasPrefix(name, "k8s.audit.") {
				t.Errorf("%s%s: %s is no native field", i.Rule, i.Macro, name)
			}
		}
	}
	if used < 1000 {
		t.Errorf("%d fields found, which cannot be all", used)
	}
}

func TestEveryListAndMacroIsUsed(t *testing.T) {
	text, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range file(t) {
		name := i.List + i.Macro
		if name != "" && len(regexp.MustCompile(`\b`+name+`\b`).FindAll(text, -1)) < 2 {
			t.Errorf("%s is used nowhere", name)
		}
	}
}

// An image name can be given to anything: what is trusted for its image is so
// in a namespace, for an identity.
func TestNoExceptionTrustsAnImageAlone(t *testing.T) {
	for _, r := range load(t) {
		for _, e := range r.Exceptions {
			all := strings.Join(e.Fields, " ")
			if len(e.Values) > 0 && strings.Contains(all, "image") && (!strings.Contains(all, "username") || !strings.Contains(all, "namespace")) {
				t.Errorf("%s: exception %s trusts an image alone", r.Rule, e.Name)
			}
		}
	}
}

func TestEveryRuleCanBeTunedByAnException(t *testing.T) {
	for _, r := range load(t) {
		if len(r.Exceptions) == 0 && r.Rule != "All K8s Audit Events" {
			t.Errorf("%s has no exceptions", r.Rule)
		}
	}
}
