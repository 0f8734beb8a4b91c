package fields

import (
	"os"
	"strings"
	"testing"
)

// testdata/incumbent.tsv has name, type, shape and argument of each field that
// the incumbent (k8saudit 0.18.0) declares.
func TestTheIncumbentsFieldsAreAllThereInTheirShape(t *testing.T) {
	text, err := os.ReadFile("testdata/incumbent.tsv")
	if err != nil {
		t.Fatal(err)
	}
	table := NewTable()
	arguments := map[string]ArgKind{"none": NoArg, "key (required)": KeyArg, "index (optional)": IndexArg}
	n := 0
	for line := range strings.Lines(string(text)) {
		columns := strings.Split(strings.TrimSpace(line), "\t")
		if columns[0] == "name" {
			continue
		}
		n++
		id, ok := table.ID(columns[0])
		if !ok {
			t.Errorf("%s is missing", columns[0])
			continue
		}
		if f := table.Fields[id]; f.Type.String() != columns[1] || f.List != (columns[2] == "list") || f.Arg != arguments[columns[3]] {
			t.Errorf("%s is %s, list %v, argument %d; the incumbent has %q", f.Name, f.Type, f.List, f.Arg, columns[1:])
		}
	}
	own := 0
	for _, f := range table.Fields {
		if strings.HasPrefix(f.Name, "ka.") {
			own++
		}
	}
	if n != 100 || own != n {
		t.Errorf("the incumbent has %d fields, the table %d of its names; want 100", n, own)
	}
}

// Falco knows a field by its name and its place.
func TestEveryFieldHasAnIDAndADescription(t *testing.T) {
	table := NewTable()
	seen := map[string]bool{}
	for id, f := range table.Fields {
		if got, ok := table.ID(f.Name); !ok || got != id || seen[f.Name] {
			t.Errorf("%s has the id %d, want %d", f.Name, got, id)
		}
		seen[f.Name] = true
		if len(f.Desc) < 10 || !strings.HasSuffix(f.Desc, ".") || strings.Contains(f.Desc, "%") {
			t.Errorf("%s is described as %q", f.Name, f.Desc)
		}
		if f.Type.String() == "" || f.get == nil || !strings.HasPrefix(f.Name, prefix) && !strings.HasPrefix(f.Name, "ka.") {
			t.Errorf("%s is incomplete", f.Name)
		}
		if f.List && f.Type != Text {
			t.Errorf("%s is a list of a type that no index can be applied to", f.Name)
		}
	}
}

func TestTheFamiliesHoldEveryFieldOnce(t *testing.T) {
	table := NewTable()
	n := 0
	for _, family := range table.Families {
		for _, row := range family.Rows {
			n += len(row.Ka)
			if row.Native != nil {
				n++
			}
			if row.Native == nil && len(row.Ka) == 0 {
				t.Errorf("a row of %s has no name", family.Title)
			}
		}
	}
	if n != len(table.Fields) {
		t.Errorf("the families hold %d fields, the table %d", n, len(table.Fields))
	}
}

func TestAFieldThatIsNotThereHasNoValues(t *testing.T) {
	a := newAsked(t).read(inPod(`{}`))
	for _, id := range []int{-1, len(a.table.Fields), 1 << 30} {
		if got := a.values(id, Arg{}); got != nil {
			t.Errorf("field %d has %q", id, got)
		}
	}
	if _, ok := a.table.ID("k8s.audit.none"); ok {
		t.Error("a field that is not there has an id")
	}
}
