package rulefile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// change is how one key of an earlier rule can be overridden; nil where Falco
// does not let it be.
type change struct {
	key     string
	given   func(item) bool
	append  func(*rule, item) error
	replace func(*rule, item) error
}

var changes = []change{
	textChange("condition", func(it item) *string { return it.Condition }, func(r *rule) *string { return &r.Condition }),
	textChange("output", func(it item) *string { return it.Output }, func(r *rule) *string { return &r.Output }),
	textChange("desc", func(it item) *string { return it.Desc }, func(r *rule) *string { return &r.Desc }),
	{"tags", func(it item) bool { return it.Tags != nil }, appendTags, replaceTags},
	{"exceptions", func(it item) bool { return it.Exceptions != nil }, appendExceptions, replaceExceptions},
	{"priority", func(it item) bool { return it.Priority != nil }, nil, replacePriority},
	{"enabled", func(it item) bool { return it.Enabled != nil }, nil, replaceEnabled},
}

// changeRule changes an earlier rule, key by key.
func (c *collection) changeRule(it item) error {
	earlier := c.rule(it.Rule)
	if earlier == nil {
		return errors.New("is changed before it is defined")
	}
	if it.Append && it.Override != nil {
		return errAppendAndOverride
	}
	operations := maps.Clone(it.Override)
	if it.Append {
		operations = appendOld(it)
	}
	for _, ch := range changes {
		if err := ch.apply(earlier, it, operations[ch.key]); err != nil {
			return err
		}
		delete(operations, ch.key)
	}
	for _, key := range slices.Sorted(maps.Keys(operations)) {
		return fmt.Errorf("the key %q cannot be overridden", key)
	}
	c.touch(&earlier.defined)
	return nil
}

// appendOld says what "append: true", Falco's older form, does to each key.
func appendOld(it item) map[string]string {
	operations := map[string]string{}
	if it.Condition != nil {
		operations["condition"] = "append"
	}
	if it.Exceptions != nil {
		operations["exceptions"] = "append"
	}
	return operations
}

func (ch change) apply(r *rule, it item, operation string) error {
	if operation == "" && !ch.given(it) {
		return nil
	}
	if operation == "" {
		return fmt.Errorf("the key %q has no entry under override", ch.key)
	}
	if !ch.given(it) {
		return fmt.Errorf("override names %q, which is not there", ch.key)
	}
	do := map[string]func(*rule, item) error{"append": ch.append, "replace": ch.replace}[operation]
	if do == nil {
		return fmt.Errorf("override of %q: %q is not possible", ch.key, operation)
	}
	return do(r, it)
}

func textChange(key string, from func(item) *string, to func(*rule) *string) change {
	return change{
		key:   key,
		given: func(it item) bool { return from(it) != nil },
		append: func(r *rule, it item) error {
			*to(r) += " " + *from(it)
			return nil
		},
		replace: func(r *rule, it item) error {
			*to(r) = *from(it)
			return nil
		},
	}
}

func appendTags(r *rule, it item) error {
	r.Tags = append(slices.Clone(r.Tags), it.Tags...)
	return nil
}

func replaceTags(r *rule, it item) error {
	r.Tags = it.Tags
	return nil
}

func replacePriority(r *rule, it item) (err error) {
	r.Priority, err = priority(*it.Priority)
	return err
}

func replaceEnabled(r *rule, it item) error {
	r.Enabled = *it.Enabled
	return nil
}

func replaceExceptions(r *rule, it item) error {
	r.exceptions = it.Exceptions
	for i := range r.exceptions {
		if err := r.exceptions[i].complete(); err != nil {
			return err
		}
	}
	return nil
}

// appendExceptions adds values to an exception that is there, which must not
// name its fields again, or a whole exception that is not.
func appendExceptions(r *rule, it item) error {
	for _, e := range it.Exceptions {
		earlier := find(r.exceptions, func(e *exception) string { return e.Name }, e.Name)
		if earlier != nil && (e.Fields.given() || e.Comps.given()) {
			return fmt.Errorf("exception %q: only values can be appended, not fields or comps", e.Name)
		}
		if earlier != nil {
			earlier.Values = append(slices.Clone(earlier.Values), e.Values...)
			continue
		}
		if err := e.complete(); err != nil {
			return err
		}
		r.exceptions = append(r.exceptions, e)
	}
	return nil
}
