package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// ruleWriter writes rule files at random, of everything that is expanded.
type ruleWriter struct {
	*rand.Rand
	file strings.Builder
	// lists and macros that are defined so far
	lists, macros []string
}

// Values in all the ways of writing them; each is that of an event or near it.
var (
	writtenValues = []string{"create", "list", `"delete"`, "'get'", "pods", `"secrets"`, "'system:node:node-1'", "alice@example.com", `"dev team"`}
	yamlValues    = []string{"create", "list", `'"delete"'`, "pods", "dev team", "l0", "l1", "alice@example.com", "db"}
	texts         = []string{"ka.verb", "ka.user.name", "ka.target.resource", "ka.target.name"}
)

func pick(r *ruleWriter, from []string) string { return from[r.IntN(len(from))] }

func (r *ruleWriter) values(from []string, most int) string {
	var all []string
	for range r.IntN(most + 1) {
		all = append(all, pick(r, from))
	}
	return strings.Join(all, ", ")
}

func (r *ruleWriter) check() string {
	return []func() string{
		func() string { return pick(r, texts) + " exists" },
		func() string { return pick(r, texts) + pick(r, []string{" = ", "=", " != "}) + pick(r, writtenValues) },
		func() string { return pick(r, texts) + " startswith " + pick(r, []string{"system:", "c", "'db'"}) },
		func() string { return fmt.Sprintf("%s in (%s)", pick(r, texts), r.inList()) },
		func() string { return fmt.Sprintf("ka.user.groups intersects (%s)", r.inList()) },
		func() string { return pick(r, append(r.macros, "evt.num > 1")) },
	}[r.IntN(6)]()
}

func (r *ruleWriter) inList() string {
	return pick(r, append(r.lists, "pods , "+pick(r, writtenValues), "create, "+pick(r, r.lists)+" ,db"))
}

func (r *ruleWriter) condition(depth int) string {
	if depth == 0 {
		return r.check()
	}
	a, b := r.condition(depth-1), r.condition(depth-1)
	return []string{"(" + a + ") and (" + b + ")", "not (" + a + " and " + b + ")", a + " or " + b, "(" + a + ")and not(" + b + ")", a}[r.IntN(5)]
}

func (r *ruleWriter) exceptions() string {
	return []string{
		"[]",
		fmt.Sprintf("[{name: e, fields: %s, values: [%s]}]", pick(r, texts), r.values(yamlValues, 3)),
		fmt.Sprintf("[{name: e, fields: [%s, %s], comps: [=, in], values: [[create, [%s, x]], [get, l0]]}, {name: f, fields: ka.user.groups, comps: intersects, values: [%s]}]",
			pick(r, texts), pick(r, texts), pick(r, yamlValues), pick(r, yamlValues)),
	}[r.IntN(3)]
}

func (r *ruleWriter) write() string {
	r.lists = []string{"none"}
	r.file.WriteString("- list: none\n  items: []\n")
	for i := range 3 {
		name := fmt.Sprintf("l%d", i)
		fmt.Fprintf(&r.file, "- list: %s\n  items: [%s]\n", name, r.values(yamlValues[:5], 3))
		r.lists = append(r.lists, name)
	}
	fmt.Fprintf(&r.file, "- list: l3\n  items: [%s]\n", r.values(append(yamlValues, r.lists...), 4))
	r.lists = append(r.lists, "l3")
	for i := range 4 {
		name := fmt.Sprintf("m%d", i)
		fmt.Fprintf(&r.file, "- macro: %s\n  condition: >\n    %s\n", name, r.condition(1))
		r.macros = append(r.macros, name)
	}
	for i := range 40 {
		fmt.Fprintf(&r.file, "- rule: r%d\n  desc: d\n  condition: >\n    %s\n  output: \"%%%s\"\n  priority: ERROR\n  source: k8s_audit\n  exceptions: %s\n",
			i, r.condition(r.IntN(3)), pick(r, texts), r.exceptions())
		if i%5 == 0 {
			fmt.Fprintf(&r.file, "- rule: r%d\n  condition: >\n    %s %s\n  override: {condition: append}\n", i, pick(r, []string{"and", "or"}), r.check())
		}
	}
	return r.file.String()
}

// The expansion is ours and the meaning Falco's, so Falco is asked about rules
// that nobody thought of.
func TestEnginesAgreeOnRandomRules(t *testing.T) {
	const files = 10
	for seed := range uint64(files) {
		r := ruleWriter{Rand: rand.New(rand.NewPCG(seed, 0))}
		path := ruleFile(t, r.write())
		given := map[string][]Alert{}
		eachEngine(t, func(t *testing.T, e *Engine, run Run) {
			run.Rules = []string{path}
			alerts, err := e.Alerts(context.Background(), run)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			given[e.Name()] = alerts
			for other, want := range given {
				if !reflect.DeepEqual(alerts, want) {
					t.Errorf("seed %d: %d alerts, but %d by %s; the rules:\n%s", seed, len(alerts), len(want), other, r.file.String())
				}
			}
		})
		if len(given) < 2 {
			t.Skip("SKIPPED: this machine has only one engine, and two are compared")
		}
	}
}
