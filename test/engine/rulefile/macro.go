package rulefile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A word of a condition, a quoted text, a parenthesis, blanks, or any other
// character. A field's argument belongs to its word.
var token = regexp.MustCompile(`"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^()"'\s=,<>!\[]+(?:\["[^"]*"\]|\['[^']*'\]|\[[^\]]*\])?|[()]|\s+|.`)

var identifier = regexp.MustCompile(`^[a-zA-Z]+[a-zA-Z0-9_]*$`)

// macros expands macros that are visible at one point of the rule files.
type macros struct {
	collection *collection
	lists      []list // flat
	visibility int    // macros first defined from here on are not seen
}

// expand replaces each macro in a condition, whose lists are expanded, by its
// condition in parentheses. path holds the macros it is in.
func (m macros) expand(condition string, path []string) (string, error) {
	var out strings.Builder
	tokens := token.FindAllString(condition, -1)
	// A macro stands where a comparison could begin; anywhere else a bare word
	// is a field, an operator or a value.
	begins, list := true, 0
	for i, t := range tokens {
		switch {
		case strings.TrimSpace(t) == "":
		case list > 0 || (t == "(" && !begins):
			list += map[string]int{"(": 1, ")": -1}[t]
		case t == "and" || t == "or":
			begins = true
		case t == "(" || (t == "not" && begins):
		case begins && identifier.MatchString(t) && !opens(tokens[i+1:]):
			inner, err := m.condition(t, path)
			if err != nil {
				return "", err
			}
			t, begins = "("+inner+")", false
		default:
			begins = false
		}
		out.WriteString(t)
	}
	return out.String(), nil
}

// opens tells whether a parenthesis follows at once: then the word before it
// is a transformer, as in tolower(ka.verb).
func opens(rest []string) bool { return len(rest) > 0 && rest[0] == "(" }

// condition is that of a macro, expanded.
func (m macros) condition(name string, path []string) (string, error) {
	if slices.Contains(path, name) {
		return "", fmt.Errorf("macro %q contains itself", name)
	}
	found := m.collection.macro(name)
	if found == nil || found.index >= m.visibility {
		return "", fmt.Errorf("macro %q is used but not defined before", name)
	}
	return m.expand(expandLists(found.condition, m.lists), append(path, name))
}
