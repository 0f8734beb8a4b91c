package rulefile

import (
	"fmt"
	"slices"
	"strings"
)

// defined is what lists, macros and rules have in common: a name, and when it
// was defined. Falco lets a definition use only what was first defined (index)
// before it was itself last touched (visibility).
type defined struct {
	name       string
	index      int
	visibility int
}

type list struct {
	defined
	items []string
}

type macro struct {
	defined
	condition string
}

type rule struct {
	defined
	Rule
	exceptions []exception
}

// collection is what the rule files read so far define, unexpanded.
type collection struct {
	touched int // definitions and changes so far
	lists   []list
	macros  []macro
	rules   []rule
}

func find[T any](all []T, name func(*T) string, wanted string) *T {
	for i := range all {
		if name(&all[i]) == wanted {
			return &all[i]
		}
	}
	return nil
}

func (c *collection) list(name string) *list {
	return find(c.lists, func(l *list) string { return l.name }, name)
}

func (c *collection) macro(name string) *macro {
	return find(c.macros, func(m *macro) string { return m.name }, name)
}

func (c *collection) rule(name string) *rule {
	return find(c.rules, func(r *rule) string { return r.name }, name)
}

// place gives a definition its place: that of an earlier one of the same name,
// which it replaces, or the next.
func (c *collection) place(name string, earlier *defined) defined {
	d := defined{name, c.touched, c.touched}
	if earlier != nil {
		d.index = earlier.index
	}
	c.touched++
	return d
}

func (c *collection) touch(d *defined) {
	d.visibility = c.touched
	c.touched++
}

func (c *collection) addList(it item) error {
	earlier := c.list(it.List)
	appends, err := it.appends("items")
	if err != nil {
		return fmt.Errorf("list %q: %w", it.List, err)
	}
	if it.Items == nil {
		return fmt.Errorf("list %q has no items; an empty list is items: []", it.List)
	}
	if appends {
		if earlier == nil {
			return fmt.Errorf("list %q is appended to before it is defined", it.List)
		}
		earlier.items = append(earlier.items, it.Items...)
		c.touch(&earlier.defined)
		return nil
	}
	if earlier != nil {
		*earlier = list{c.place(it.List, &earlier.defined), it.Items}
		return nil
	}
	c.lists = append(c.lists, list{c.place(it.List, nil), it.Items})
	return nil
}

func (c *collection) addMacro(it item) error {
	earlier := c.macro(it.Macro)
	appends, err := it.appends("condition")
	if err != nil {
		return fmt.Errorf("macro %q: %w", it.Macro, err)
	}
	if it.Condition == nil || strings.TrimSpace(*it.Condition) == "" {
		return fmt.Errorf("macro %q has no condition", it.Macro)
	}
	if appends {
		if earlier == nil {
			return fmt.Errorf("macro %q is appended to before it is defined", it.Macro)
		}
		earlier.condition += " " + *it.Condition
		c.touch(&earlier.defined)
		return nil
	}
	if earlier != nil {
		*earlier = macro{c.place(it.Macro, &earlier.defined), *it.Condition}
		return nil
	}
	c.macros = append(c.macros, macro{c.place(it.Macro, nil), *it.Condition})
	return nil
}

// appends tells whether a list or macro, which has only one key to override,
// adds to an earlier one. Replacing it is the same as defining it anew.
func (it item) appends(only string) (bool, error) {
	for key, operation := range it.Override {
		if key != only || !slices.Contains([]string{"append", "replace"}, operation) {
			return false, fmt.Errorf("override of %s: %s is not possible, only %s: append or replace", key, operation, only)
		}
	}
	if it.Append && it.Override != nil {
		return false, errAppendAndOverride
	}
	return it.Append || it.Override[only] == "append", nil
}
