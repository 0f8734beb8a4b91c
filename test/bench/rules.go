package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// ruleSet is a set of rules that the engine is measured with.
type ruleSet struct {
	name  string
	rules []string
}

const never = `
- rule: Never
  desc: matches no event, so that the way of the events is measured alone
  condition: k8s.audit.request.verb = "no such verb"
  output: never
  priority: DEBUG
  source: k8s_audit
`

// ruleSets are the rule sets, ours last.
func (w *workbench) ruleSets() ([]ruleSet, error) {
	none, err := w.write("never.yaml", never)
	if err != nil {
		return nil, err
	}
	shaped, err := w.write("shaped.yaml", shapedRules(50))
	if err != nil {
		return nil, err
	}
	ours, err := filepath.Glob(filepath.Join(w.root, "rules", "*rules*.yaml"))
	if err != nil {
		return nil, err
	}
	return []ruleSet{
		{"one rule that never matches", []string{none}},
		{"50 rules on ka.* fields", []string{shaped}},
		{"our rules", ours},
	}, nil
}

// resources are what the shaped rules look at.
var resources = []string{"pods", "deployments", "services", "configmaps", "namespaces", "serviceaccounts", "roles", "rolebindings", "secrets", "nodes"}

// shapedRules are n rules of the shape that rules for the incumbent have: a
// few comparisons of the same fields, of which the first that fails decides,
// and one of the object. None of them matches.
func shapedRules(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `
- rule: Shaped %d
  desc: shaped like a rule for the incumbent
  condition: >
    ka.auth.decision = "allow" and ka.stage in (ResponseComplete) and ka.verb in (create, update, patch)
    and ka.target.resource = %s and ka.user.name = "nobody-%d" and ka.req.pod.containers.image intersects (none)
  output: "%%ka.user.name"
  priority: NOTICE
  source: k8s_audit
`, i, resources[i%len(resources)], i)
	}
	return b.String()
}
