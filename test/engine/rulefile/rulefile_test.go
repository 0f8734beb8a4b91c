package rulefile

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// load loads each text as a rule file of its own.
func load(t *testing.T, texts ...string) ([]Rule, error) {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i, text := range texts {
		path := filepath.Join(dir, fmt.Sprintf("%d.yaml", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return Load(paths...)
}

// aRule is a rule file with one rule and more lines for it.
func aRule(condition string, more ...string) string {
	return "- {macro: m, condition: a.m exists}\n" +
		"- rule: r\n  desc: d\n  output: o\n  priority: ERROR\n" +
		"  condition: >\n    " + condition + "\n" + strings.Join(more, "\n") + "\n"
}

// squeeze makes conditions comparable: blanks mean nothing to an engine.
func squeeze(condition string) string {
	condition = strings.Join(strings.Fields(condition), " ")
	return strings.NewReplacer("( ", "(", " )", ")", " ,", ",").Replace(condition)
}

func TestRuleHasAllItsProperties(t *testing.T) {
	rules, err := load(t, `
- required_engine_version: 0.26.0
- required_plugin_versions: [{name: k8saudit, version: 0.20.0}]
- rule: Full
  desc: what it is
  condition: a.b = 1
  output: >
    user=%a.u
    verb=%a.v
  priority: critical
  source: k8s_audit
  enabled: false
  tags: [k8s, T1610]
- rule: Short
  desc: d
  condition: a.b = 2
  output: o
  priority: info
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Rule{
		{Name: "Full", Desc: "what it is", Condition: "a.b = 1", Output: "user=%a.u verb=%a.v", Priority: "Critical", Source: "k8s_audit", Tags: []string{"k8s", "T1610"}},
		{Name: "Short", Desc: "d", Condition: "a.b = 2", Output: "o", Priority: "Informational", Source: "syscall", Enabled: true},
	}
	if !reflect.DeepEqual(rules, want) {
		t.Errorf("got  %+v\nwant %+v", rules, want)
	}
}

func TestConditionIsExpanded(t *testing.T) {
	f := func(name, file, want string) {
		t.Run(name, func(t *testing.T) {
			rules, err := load(t, file)
			if err != nil {
				t.Fatal(err)
			}
			if got := squeeze(rules[0].Condition); got != want {
				t.Errorf("\ngot  %s\nwant %s", got, want)
			}
		})
	}
	lists := "- {list: verbs, items: [get, list]}\n- {list: all, items: [verbs, watch]}\n" +
		"- {list: odd, items: [two words, \"it's\", '\"a b\"', 7]}\n- {list: none, items: []}\n"

	f("a list stands for its items", lists+aRule("a.v in (verbs)"), "a.v in (get, list)")
	f("a list among items", lists+aRule("a.v in (x, verbs, y)"), "a.v in (x, get, list, y)")
	f("a list without parentheses", lists+aRule("a.v in verbs"), "a.v in get, list")
	f("a list of lists", lists+aRule("a.v in (all)"), "a.v in (get, list, watch)")
	f("an item with a blank is quoted, one with quotes is left alone", lists+aRule("a.v in (odd)"), `a.v in ("two words", it's, "a b", 7)`)
	f("an empty list takes its comma along", lists+aRule("a.v in (none, x) or a.v in (x, none) or a.v in (none)"), "a.v in (x) or a.v in (x) or a.v in ()")
	f("a list's name inside a word is no list", lists+aRule("a.verbs = my-verbs and verbs.a = verbs_x"), "a.verbs = my-verbs and verbs.a = verbs_x")
	f("a list's name in quotes is a text", lists+aRule(`a.v = "verbs"`), `a.v = "verbs"`)
	f("a list twice", lists+aRule("a.v in (verbs) or a.w in (verbs)"), "a.v in (get, list) or a.w in (get, list)")

	f("a macro stands in parentheses", aRule("m and not m or (m)"), "(a.m exists) and not (a.m exists) or ((a.m exists))")
	f("a macro after not and a parenthesis", aRule("not(m)"), "not((a.m exists))")
	f("a macro in a macro", "- {macro: x, condition: a.x = 1 or a.y = 2}\n- {macro: y, condition: x and a.z = 3}\n"+aRule("y and m"),
		"((a.x = 1 or a.y = 2) and a.z = 3) and (a.m exists)")
	f("a list in a macro", lists+"- {macro: x, condition: a.v in (verbs)}\n"+aRule("x"), "(a.v in (get, list))")
	f("a macro's name as a value", aRule("a.v = m and a.w in (m, n) and a.x contains m"), "a.v = m and a.w in (m, n) and a.x contains m")
	f("a macro's name in quotes", aRule(`a.v = "m and m" and a.w = 'm'`), `a.v = "m and m" and a.w = 'm'`)
	f("a macro's name in an argument", aRule(`a.l[m] = 1 and a.l["m and m"] = 2 and a.l['m'] exists`), `a.l[m] = 1 and a.l["m and m"] = 2 and a.l['m'] exists`)
	f("a macro beside transformers", aRule("tolower(a.v) = x and m and a.w = val(a.v)"), "tolower(a.v) = x and (a.m exists) and a.w = val(a.v)")
	f("a macro beside a compound operator", aRule("a.v startswith oneof (m, n) and m"), "a.v startswith oneof (m, n) and (a.m exists)")
	f("operators without blanks", aRule("a.v=x and a.c>=400 and m"), "a.v=x and a.c>=400 and (a.m exists)")
	f("a macro redefined", "- {macro: m, condition: old}\n"+aRule("m"), "(a.m exists)")
	f("a macro appended to", "- {macro: m, condition: a.x = 1}\n- {macro: m, condition: or a.y = 1, append: true}\n- {macro: m, condition: or a.z = 1, override: {condition: append}}\n- {rule: r, desc: d, condition: m, output: o, priority: DEBUG}\n",
		"(a.x = 1 or a.y = 1 or a.z = 1)")
	f("a list appended to and replaced", "- {list: l, items: [a]}\n- {list: l, items: [b], append: true}\n- {list: l, items: [c], override: {items: append}}\n- {list: k, items: [x]}\n- {list: k, items: [y], override: {items: replace}}\n"+aRule("a.v in (l) or a.v in (k)"),
		"a.v in (a, b, c) or a.v in (y)")
}

func TestExceptionsAreLeftOut(t *testing.T) {
	f := func(name, exceptions, want string) {
		t.Run(name, func(t *testing.T) {
			rules, err := load(t, "- {list: l, items: [x, two words]}\n"+aRule("a.b = 1 or m", "  exceptions: "+exceptions))
			if err != nil {
				t.Fatal(err)
			}
			if got := squeeze(rules[0].Condition); got != "(a.b = 1 or (a.m exists))"+want {
				t.Errorf("\ngot  %s\nwant (a.b = 1 or (a.m exists))%s", got, want)
			}
		})
	}
	f("one field", "[{name: e, fields: a.u, values: [x, two words, 7]}]", ` and not (a.u in (x, "two words", 7))`)
	f("one field with a comparison", "[{name: e, fields: a.u, comps: pmatch, values: [x]}]", " and not (a.u pmatch (x))")
	f("a list in one field", "[{name: e, fields: a.u, values: [l, y]}]", ` and not (a.u in (x, "two words", y))`)
	f("several fields are equal", "[{name: e, fields: [a.u, a.n], values: [[x, y], [v, w w]]}]", ` and not ((a.u = x and a.n = y) or (a.u = v and a.n = "w w"))`)
	f("several fields with comparisons", "[{name: e, fields: [a.u, a.n], comps: [startswith, in], values: [['x:', [y, z z]], [v, l]]}]",
		` and not ((a.u startswith x: and a.n in (y, "z z")) or (a.u startswith v and a.n in (x, "two words")))`)
	f("one field in a list", "[{name: e, fields: [a.u], comps: [intersects], values: [[(x)]]}]", " and not ((a.u intersects (x)))")
	f("no values leave nothing out", "[{name: e, fields: a.u}, {name: f, fields: [a.u, a.n], comps: [=, =]}]", "")
	f("two exceptions", "[{name: e, fields: a.u, values: [x]}, {name: f, fields: a.n, values: [y]}]", " and not (a.u in (x)) and not (a.n in (y))")
}

func TestLaterItemsChangeARule(t *testing.T) {
	f := func(name, later string, want func(*Rule)) {
		t.Run(name, func(t *testing.T) {
			rules, err := load(t, aRule("a.v = 1", "  tags: [t]"), later)
			if err != nil {
				t.Fatal(err)
			}
			r := Rule{Name: "r", Desc: "d", Condition: "a.v = 1", Output: "o", Priority: "Error", Source: "syscall", Enabled: true, Tags: []string{"t"}}
			want(&r)
			rules[0].Condition = squeeze(rules[0].Condition)
			if len(rules) != 1 || !reflect.DeepEqual(rules[0], r) {
				t.Errorf("\ngot  %+v\nwant %+v", rules, r)
			}
		})
	}
	f("disabled in short", "- {rule: r, enabled: false}", func(r *Rule) { r.Enabled = false })
	f("disabled", "- {rule: r, enabled: false, override: {enabled: replace}}", func(r *Rule) { r.Enabled = false })
	f("condition appended", "- {rule: r, condition: and m, override: {condition: append}}", func(r *Rule) { r.Condition = "a.v = 1 and (a.m exists)" })
	f("condition appended in the old form", "- {rule: r, condition: and m, append: true}", func(r *Rule) { r.Condition = "a.v = 1 and (a.m exists)" })
	f("condition replaced", "- {rule: r, condition: m, override: {condition: replace}}", func(r *Rule) { r.Condition = "(a.m exists)" })
	f("output and desc", "- {rule: r, output: p, desc: e, override: {output: append, desc: replace}}", func(r *Rule) { r.Output, r.Desc = "o p", "e" })
	f("tags appended", "- {rule: r, tags: [u], override: {tags: append}}", func(r *Rule) { r.Tags = []string{"t", "u"} })
	f("tags replaced", "- {rule: r, tags: [u], override: {tags: replace}}", func(r *Rule) { r.Tags = []string{"u"} })
	f("priority", "- {rule: r, priority: debug, override: {priority: replace}}", func(r *Rule) { r.Priority = "Debug" })
	f("exceptions replaced", "- {rule: r, exceptions: [{name: e, fields: a.u, values: [x]}], override: {exceptions: replace}}", func(r *Rule) {
		r.Condition = "(a.v = 1) and not (a.u in (x))"
	})
	f("a new exception, then values for it", "- {rule: r, exceptions: [{name: e, fields: a.u, values: [x]}], override: {exceptions: append}}\n- {rule: r, exceptions: [{name: e, values: [y]}], append: true}", func(r *Rule) {
		r.Condition = "(a.v = 1) and not (a.u in (x, y))"
	})
	f("defined anew", "- {rule: r, desc: e, condition: a.w = 2, output: p, priority: ALERT}", func(r *Rule) {
		*r = Rule{Name: "r", Desc: "e", Condition: "a.w = 2", Output: "p", Priority: "Alert", Source: "syscall", Enabled: true}
	})
}

func TestSeveralDocumentsAndEmptyFilesAreRead(t *testing.T) {
	rules, err := load(t, "", aRule("m")+"---\n- {rule: s, desc: d, condition: m, output: o, priority: DEBUG}\n")
	if err != nil || len(rules) != 2 {
		t.Errorf("got %d rules and %v, want 2", len(rules), err)
	}
}
