// Package fields_test makes the documentation of the fields from the table,
// and tests the fields in a real engine.
package fields_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/k8saudit/k8saudit/pkg/fields"
)

// lists are the names of the lists of containers, whose fields are documented
// once; list is what stands for them.
const list = "<list>"

var lists = regexp.MustCompile(`\.(containers|initContainers|ephemeralContainers|allContainers)\.`)

// reference is the documentation of all fields as Markdown.
func reference(table *fields.Table) string {
	var b strings.Builder
	for _, family := range table.Families {
		fmt.Fprintf(&b, "### %s\n\n", family.Title)
		if family.Title == "Containers" {
			b.WriteString("`<list>` is `containers`, `initContainers`, `ephemeralContainers` or `allContainers`, which is the three one behind\n" +
				"the other. Element i is that of container i, and empty where it says nothing; the flat lists have the values of all.\n\n")
		}
		b.WriteString("| field | type | what | `ka.*` |\n|---|---|---|---|\n")
		seen := map[string]bool{}
		for _, row := range family.Rows {
			if line := referenceLine(row); !seen[line] {
				b.WriteString(line)
				seen[line] = true
			}
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String()) + "\n"
}

func referenceLine(row fields.Row) string {
	f := row.Native
	if f == nil {
		f = row.Ka[0]
	}
	name := signature(f)
	var aliases []string
	for _, alias := range row.Ka {
		if alias != f {
			aliases = append(aliases, code(signature(alias)))
		}
	}
	if !lists.MatchString(name) || row.Native == nil {
		return fmt.Sprintf("| %s | %s | %s | %s |\n", code(name), typeName(f), cell(f.Desc), strings.Join(aliases, ", "))
	}
	name = lists.ReplaceAllString(name, "."+list+".")
	return fmt.Sprintf("| %s | %s | %s | %s |\n", code(name), typeName(f), cell(listed(f.Desc)), incumbentList(name))
}

// listed is the description of a field of one list for all of them.
func listed(desc string) string {
	for _, kind := range []string{"container of any kind (containers, init containers, ephemeral containers)", "ephemeral container", "init container"} {
		desc = strings.Replace(desc, kind, "container", 1)
	}
	return desc
}

// incumbentList are the incumbent's names for a field of all lists. It has
// none for all containers together, and not every field for every list.
func incumbentList(native string) string {
	var all []string
	table := fields.NewTable()
	for _, family := range table.Families {
		for _, row := range family.Rows {
			if row.Native == nil || lists.ReplaceAllString(signature(row.Native), "."+list+".") != native {
				continue
			}
			for _, alias := range row.Ka {
				all = append(all, code(signature(alias)))
			}
		}
	}
	return strings.Join(compactLists(all), ", ")
}

// compactLists writes names that are there for all three lists as one.
func compactLists(names []string) []string {
	if len(names) != 3 {
		return names
	}
	short := slices.Clone(names)
	for i := range short {
		short[i] = lists.ReplaceAllString(short[i], "."+list+".")
	}
	return slices.Compact(short)
}

// signature is a field's name with its argument.
func signature(f *fields.Field) string {
	return f.Name + map[fields.ArgKind]string{fields.KeyArg: "[key]"}[f.Arg]
}

func typeName(f *fields.Field) string {
	if f.List {
		return "list"
	}
	return f.Type.String()
}

func code(s string) string { return "`" + s + "`" }

// cell is a text inside a Markdown table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "<list>", "`<list>`", "*", `\*`).Replace(s)
}

// compatibility is the table of what the incumbent's fields give otherwise.
func compatibility() string {
	var b strings.Builder
	b.WriteString("| field | in the event | upstream gives | here | why |\n|---|---|---|---|---|\n")
	for _, d := range differences {
		names := make([]string, len(d.fields))
		for i, name := range d.fields {
			names[i] = code(name)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", strings.Join(names, ", "), codeCell(d.event), values(d.theirs), values(d.ours), cell(d.why))
	}
	return b.String()
}

// codeCell is code inside a Markdown table.
func codeCell(s string) string { return code(strings.ReplaceAll(s, "|", `\|`)) }

// values are what a field gives, as the table shows it.
func values(v []string) string {
	switch len(v) {
	case 0:
		return "nothing"
	case 1:
		return codeCell(v[0])
	}
	text, _ := json.Marshal(v) // texts can be encoded
	return codeCell(string(text))
}
