package rulefile

import (
	"fmt"
	"strings"
)

const (
	blanks     = " \t\n\r"
	delimiters = blanks + "(),="
)

// flatten returns the lists with the names of lists among their items replaced
// by those lists' items. Falco looks one level deep and leaves a name that
// comes in that way as a text, which then matches nothing: an error here.
func (c *collection) flatten() ([]list, error) {
	flat := make([]list, 0, len(c.lists))
	for _, l := range c.lists {
		items, err := c.flattenItems(l)
		if err != nil {
			return nil, err
		}
		flat = append(flat, list{l.defined, items})
	}
	return flat, nil
}

func (c *collection) flattenItems(l list) ([]string, error) {
	var items []string
	for _, item := range l.items {
		inner := c.list(item)
		if inner == nil || inner.index >= l.visibility {
			items = append(items, item)
			continue
		}
		for _, name := range inner.items {
			if deeper := c.list(name); deeper != nil && deeper.index < inner.visibility {
				return nil, fmt.Errorf("list %q names %q, which names %q: Falco expands one level only, so name %q in %q too", l.name, inner.name, name, name, l.name)
			}
		}
		items = append(items, inner.items...)
	}
	return items, nil
}

// expandLists replaces the names of lists by their items wherever they stand
// between delimiters, list after list. Like Falco it looks at the bare text, so
// a name between delimiters inside a quoted text is replaced too.
func expandLists(condition string, lists []list) string {
	for _, l := range lists {
		items := make([]string, 0, len(l.items))
		for _, item := range l.items {
			items = append(items, quote(item))
		}
		condition = replaceName(condition, l.name, strings.Join(items, ", "))
	}
	return condition
}

func replaceName(condition, name, items string) string {
	var done strings.Builder
	rest := condition
	for from := 0; ; {
		i := strings.Index(rest[from:], name)
		if i < 0 || name == "" {
			return done.String() + rest
		}
		start, end := from+i, from+i+len(name)
		if !delimited(rest[:start], rest[end:]) {
			from = start + 1
			continue
		}
		before, after := strings.TrimRight(rest[:start], blanks), strings.TrimLeft(rest[end:], blanks)
		if items == "" {
			before, after = dropComma(before, after)
		}
		done.WriteString(before + " " + items + " ")
		rest, from = after, 0
	}
}

func delimited(before, after string) bool {
	return (before == "" || strings.ContainsRune(delimiters, rune(before[len(before)-1]))) &&
		(after == "" || strings.ContainsRune(delimiters, rune(after[0])))
}

// dropComma takes away the comma that an empty list leaves over.
func dropComma(before, after string) (string, string) {
	if strings.HasSuffix(before, ",") {
		return strings.TrimSuffix(before, ","), after
	}
	return before, strings.TrimPrefix(after, ",")
}
