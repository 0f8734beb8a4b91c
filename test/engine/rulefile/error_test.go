package rulefile

import (
	"strings"
	"testing"
)

func TestErrorNamesWhatIsWrong(t *testing.T) {
	f := func(name, file string, want ...string) {
		t.Run(name, func(t *testing.T) {
			rules, err := load(t, file)
			if err == nil {
				t.Fatalf("no error, but %+v", rules)
			}
			for _, w := range append(want, "0.yaml") {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not in the error: %v", w, err)
				}
			}
		})
	}
	rule := aRule("a.v = 1")
	change := func(text string) string { return rule + "- {rule: r, " + text + "}" }
	except := func(text string) string { return aRule("m", "  exceptions: [{"+text+"}]") }

	f("no list of items", "rule: x", "YAML list")
	f("broken YAML", "- rule: [", "YAML")
	f("an item that is no map", "- x", "line 1", "map was expected")
	f("an item of no kind", "- {rulez: x}", "rulez", "neither a rule")
	f("an unknown key of a rule", aRule("m", "  prioritty: x"), `unknown key "prioritty"`, "line 2")
	f("an unknown key of a list", "- {list: l, item: [a]}", `unknown key "item"`)
	f("an unknown key of an exception", except("name: e, field: a.b"), `unknown key "field"`)
	f("a wrong type", "- {list: l, items: x}", "line 1", "unmarshal")

	f("a list without items", "- {list: l}", `list "l" has no items`)
	f("a list appended to nothing", "- {list: l, items: [a], append: true}", `list "l" is appended to before`)
	f("a list overridden in something else", "- {list: l, items: [a], override: {name: append}}", `list "l"`, "override of name")
	f("a list with append and override", "- {list: l, items: [a], append: true, override: {items: append}}", "both append and override")
	f("a list nested too deep", "- {list: a, items: [x]}\n- {list: b, items: [a]}\n- {list: c, items: [b]}", `list "c" names "b", which names "a"`, "one level")

	f("a macro without a condition", "- {macro: m}", `macro "m" has no condition`)
	f("a macro appended to nothing", "- {macro: m, condition: x, append: true}", `macro "m" is appended to before`)
	f("a macro with a wrong override", "- {macro: m, condition: x, override: {condition: prepend}}", `macro "m"`, "prepend")
	f("a macro that is not there", aRule("a.v = 1 and nope"), `rule "r": macro "nope"`)
	f("a macro that is defined after", "- {macro: a, condition: b}\n- {macro: b, condition: a.v exists}", `macro "a": macro "b" is used but not defined before`)
	f("a macro that contains itself", "- {macro: a, condition: a.v exists}\n- {macro: b, condition: a}\n- {macro: a, condition: or b, append: true}", "contains itself")

	f("a rule without a condition", "- {rule: r, desc: d, output: o, priority: DEBUG}", `rule "r": has no condition`)
	f("a rule without an output", "- {rule: r, desc: d, condition: m, priority: DEBUG}", "has no output")
	f("a rule without a desc", "- {rule: r, condition: m, output: o, priority: DEBUG}", "has no desc")
	f("a rule with an unknown priority", "- {rule: r, desc: d, condition: m, output: o, priority: HIGH}", `priority "HIGH"`)
	f("a rule for another source", rule+strings.ReplaceAll(rule, "desc: d", "desc: d\n  source: other"), "another source")
	f("a rule with nothing", "- {rule: r}", "before it is defined")
	f("a rule with nothing, defined before", rule+"- {rule: r}", "neither a condition")

	f("a change of no rule", "- {rule: x, condition: m, append: true}", `rule "x": is changed before`)
	f("a change both ways", change("condition: m, append: true, override: {condition: append}"), "both append and override")
	f("a key without an override", change("condition: m, desc: e, override: {condition: append}"), `"desc" has no entry under override`)
	f("an override without its key", change("override: {condition: append}"), `names "condition", which is not there`)
	f("a priority appended", change("priority: INFO, override: {priority: append}"), `override of "priority": "append"`)
	f("a priority replaced by none", change("priority: HIGH, override: {priority: replace}"), `priority "HIGH"`)
	f("an override of the source", change("source: x, override: {source: replace}"), `"source" cannot be overridden`)

	f("an exception without a name", except("fields: a.b"), "no name")
	f("an exception without fields", except("name: e"), `exception "e" has no fields`)
	f("an exception with too few comps", except("name: e, fields: [a.b, a.c], comps: [=]"), "as many comps")
	f("an exception with one comparison for two", except("name: e, fields: [a.b, a.c], comps: in"), "as many comps")
	f("an exception with too few values", except("name: e, fields: [a.b, a.c], values: [[x]]"), "2 fields")
	f("an exception with tuples for one field", except("name: e, fields: a.b, values: [[x]]"), "must be texts")
	f("an exception with a comparison of no list", except("name: e, fields: a.b, comps: startswith"), "takes a list")
	f("an exception with an empty value", except("name: e, fields: a.b, values: ['']"), "text or a list of texts")
	f("fields appended to an exception", aRule("m", "  exceptions: [{name: e, fields: a.b}]")+"- {rule: r, exceptions: [{name: e, fields: a.c, values: [x]}], append: true}", "only values")
	f("a bad exception appended", change("exceptions: [{name: e, values: [x]}], append: true"), "no fields")
	f("a bad exception replaced", change("exceptions: [{name: e, values: [x]}], override: {exceptions: replace}"), "no fields")
}

func TestMissingFileIsAnError(t *testing.T) {
	if _, err := Load("nowhere.yaml"); err == nil || !strings.Contains(err.Error(), "nowhere.yaml") {
		t.Errorf("the error does not name the file: %v", err)
	}
}
