package rulefile

import (
	"fmt"
	"math"
)

// expand returns the rules that the collection defines, each with one filter
// for its condition. Macros that no rule uses are checked too.
func (c *collection) expand() ([]Rule, error) {
	lists, err := c.flatten()
	if err != nil {
		return nil, err
	}
	for _, m := range c.macros {
		visible := macros{c, lists, m.visibility}
		if _, err := visible.expand(expandLists(m.condition, lists), []string{m.name}); err != nil {
			return nil, fmt.Errorf("macro %q: %w", m.name, err)
		}
	}
	all := macros{c, lists, math.MaxInt}
	var rules []Rule
	for _, r := range c.rules {
		condition, err := r.condition()
		if err == nil {
			condition, err = all.expand(expandLists(condition, lists), nil)
		}
		if err != nil {
			return nil, fmt.Errorf("rule %q: %w", r.Name, err)
		}
		r.Condition = condition
		rules = append(rules, r.Rule)
	}
	return rules, nil
}

// condition is the rule's with its exceptions.
func (r *rule) condition() (string, error) {
	if len(r.exceptions) == 0 {
		return r.Condition, nil
	}
	condition := "(" + r.Condition + ")"
	for i := range r.exceptions {
		filter, err := r.exceptions[i].filter()
		if err != nil {
			return "", err
		}
		if filter != "" {
			condition += " and not " + filter
		}
	}
	return condition, nil
}
