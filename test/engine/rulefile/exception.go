package rulefile

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// exception is what a rule leaves out. Its fields are one name, with values
// that are compared with it as one list, or several, with a tuple of values
// each.
type exception struct {
	Name   string `yaml:"name"`
	Fields term   `yaml:"fields"`
	Comps  term   `yaml:"comps"`
	Values []term `yaml:"values"`
}

// UnmarshalYAML refuses unknown keys, as an exception without its values would
// silently leave out nothing.
func (e *exception) UnmarshalYAML(node *yaml.Node) error {
	keys, err := mappingKeys(node)
	if err == nil {
		err = refuseUnknown(keys, []string{"name", "fields", "comps", "values"})
	}
	if err != nil {
		return fmt.Errorf("an exception: %w", err)
	}
	type plain exception
	return node.Decode((*plain)(e))
}

// term is a text or a list of terms.
type term struct {
	text  string
	items []term
	list  bool
}

// UnmarshalYAML takes a scalar as it is written, a number too, or a sequence.
func (t *term) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.SequenceNode {
		t.list = true
		return node.Decode(&t.items)
	}
	if node.Kind != yaml.ScalarNode || node.Tag == "!!null" || node.Value == "" {
		return fmt.Errorf("line %d: an exception's entry must be a text or a list of texts", node.Line)
	}
	t.text = node.Value
	return nil
}

func (t term) given() bool { return t.list || t.text != "" }

// listOperators take a list in parentheses on their right.
var listOperators = []string{"in", "intersects", "pmatch"}

func takesList(operator string) bool {
	for _, known := range listOperators {
		if operator == known {
			return true
		}
	}
	// Compound operators: "startswith oneof", "contains allof".
	return strings.HasSuffix(operator, "oneof") || strings.HasSuffix(operator, "anyof") || strings.HasSuffix(operator, "allof")
}

// complete fills in the comparisons that are not given, and checks that they
// fit the fields.
func (e *exception) complete() error {
	if e.Name == "" {
		return errors.New("an exception has no name")
	}
	if !e.Fields.given() {
		return fmt.Errorf("exception %q has no fields", e.Name)
	}
	if !e.Fields.list {
		return e.completeSingle()
	}
	if !e.Comps.given() {
		e.Comps.list = true
		for range e.Fields.items {
			e.Comps.items = append(e.Comps.items, term{text: "="})
		}
	}
	if !e.Comps.list || len(e.Comps.items) != len(e.Fields.items) {
		return fmt.Errorf("exception %q must have as many comps as fields", e.Name)
	}
	for i := range e.Comps.items {
		e.Comps.items[i].text = strings.TrimSpace(e.Comps.items[i].text)
	}
	return nil
}

func (e *exception) completeSingle() error {
	if !e.Comps.given() {
		e.Comps.text = "in"
	}
	e.Comps.text = strings.TrimSpace(e.Comps.text)
	if e.Comps.list || !takesList(e.Comps.text) {
		return fmt.Errorf("exception %q has one field, so its comps must be one that takes a list: %s", e.Name, strings.Join(listOperators, ", "))
	}
	return nil
}

// filter is the exception as a filter, empty when it has no values.
func (e *exception) filter() (string, error) {
	if len(e.Values) == 0 {
		return "", nil
	}
	if !e.Fields.list {
		return e.single()
	}
	var tuples []string
	for _, v := range e.Values {
		tuple, err := e.tuple(v)
		if err != nil {
			return "", err
		}
		tuples = append(tuples, "("+tuple+")")
	}
	return "(" + strings.Join(tuples, " or ") + ")", nil
}

func (e *exception) single() (string, error) {
	var values []string
	for _, v := range e.Values {
		if v.list {
			return "", fmt.Errorf("exception %q has one field, so its values must be texts, not lists", e.Name)
		}
		values = append(values, quote(v.text))
	}
	return fmt.Sprintf("(%s %s (%s))", e.Fields.text, e.Comps.text, strings.Join(values, ", ")), nil
}

func (e *exception) tuple(values term) (string, error) {
	if len(values.items) != len(e.Fields.items) {
		return "", fmt.Errorf("exception %q has %d fields, so each of its values must be a list of as many", e.Name, len(e.Fields.items))
	}
	var checks []string
	for i, v := range values.items {
		operator := e.Comps.items[i].text
		checks = append(checks, e.Fields.items[i].text+" "+operator+" "+v.operand(operator))
	}
	return strings.Join(checks, " and "), nil
}

// operand is the term on the right of an operator. Falco quotes no text that
// it puts in parentheses itself.
func (t term) operand(operator string) string {
	if t.list {
		var items []string
		for _, item := range t.items {
			items = append(items, quote(item.text))
		}
		return "(" + strings.Join(items, ", ") + ")"
	}
	if !takesList(operator) {
		return quote(t.text)
	}
	if strings.HasPrefix(t.text, "(") {
		return t.text
	}
	return "(" + t.text + ")"
}

// quote puts a text with blanks into quotes, unless it begins with one. Other
// characters that a filter cannot hold bare are the author's to quote, as with
// Falco.
func quote(text string) string {
	if strings.Contains(text, " ") && text[0] != '"' && text[0] != '\'' {
		return `"` + text + `"`
	}
	return text
}
