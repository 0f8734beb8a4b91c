package rulefile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// syscallSource is the event source of a rule that names none.
const syscallSource = "syscall"

var errAppendAndOverride = errors.New("has both append and override: use override")

// The priorities in Falco's spelling; it also takes "info", and any case.
var priorities = []string{
	"Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug",
}

func priority(text string) (string, error) {
	if strings.EqualFold(text, "info") {
		return "Informational", nil
	}
	i := slices.IndexFunc(priorities, func(p string) bool { return strings.EqualFold(p, text) })
	if i < 0 {
		return "", fmt.Errorf("unknown priority %q: known are %s", text, strings.Join(priorities, ", "))
	}
	return priorities[i], nil
}

func (c *collection) addRule(it item) error {
	add := c.defineRule
	if it.Append || it.Override != nil {
		add = c.changeRule
	} else if it.Condition == nil && it.Output == nil && it.Desc == nil && it.Priority == nil {
		add = c.enableRule
	}
	if err := add(it); err != nil {
		return fmt.Errorf("rule %q: %w", it.Rule, err)
	}
	return nil
}

func (c *collection) defineRule(it item) error {
	for _, key := range []struct {
		name  string
		value *string
	}{{"condition", it.Condition}, {"output", it.Output}, {"desc", it.Desc}, {"priority", it.Priority}} {
		if key.value == nil || *key.value == "" {
			return fmt.Errorf("has no %s", key.name)
		}
	}
	p, err := priority(*it.Priority)
	if err != nil {
		return err
	}
	r := rule{exceptions: it.Exceptions, Rule: Rule{
		Name:      it.Rule,
		Desc:      *it.Desc,
		Condition: *it.Condition,
		Output:    strings.TrimSpace(*it.Output),
		Priority:  p,
		Source:    syscallSource,
		Enabled:   it.Enabled == nil || *it.Enabled,
		Tags:      it.Tags,
	}}
	if it.Source != nil {
		r.Source = *it.Source
	}
	for i := range r.exceptions {
		if err := r.exceptions[i].complete(); err != nil {
			return err
		}
	}
	return c.placeRule(r)
}

func (c *collection) placeRule(r rule) error {
	earlier := c.rule(r.Name)
	if earlier == nil {
		r.defined = c.place(r.Name, nil)
		c.rules = append(c.rules, r)
		return nil
	}
	if earlier.Source != r.Source {
		return fmt.Errorf("is defined again for another source: %s, before %s", r.Source, earlier.Source)
	}
	r.defined = c.place(r.Name, &earlier.defined)
	*earlier = r
	return nil
}

// enableRule is the short form: a rule with nothing but enabled.
func (c *collection) enableRule(it item) error {
	earlier := c.rule(it.Rule)
	if earlier == nil {
		return errors.New("is enabled or disabled before it is defined")
	}
	if it.Enabled == nil {
		return errors.New("has neither a condition nor the key enabled")
	}
	earlier.Enabled = *it.Enabled
	return nil
}
