package fields_test

import (
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/fields"
)

var update = flag.Bool("update", false, "write the documentation anew")

const readme = "../../README.md"

// section replaces what stands between two markers; found is false when they
// are not there.
func section(document, name, content string) (replaced string, found bool) {
	begin, end := "<!-- "+name+":begin -->\n", "<!-- "+name+":end -->"
	before, rest, found1 := strings.Cut(document, begin)
	_, after, found2 := strings.Cut(rest, end)
	return before + begin + content + end + after, found1 && found2
}

// documented compares a part of the documentation with what the table makes of
// it: in the README, between markers, or in a file of testdata while the README
// has none.
func documented(t *testing.T, name, content string) {
	t.Helper()
	path := readme
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, found := section(string(text), name, content)
	if !found {
		path, want = "testdata/"+name+".md", content
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s in %s is not what the table says: run go test ./test/fields -update", name, path)
	}
}

func TestTheReferenceIsMadeFromTheTable(t *testing.T) {
	documented(t, "fields", reference(fields.NewTable()))
}

func TestTheCompatibilityTableIsMadeFromTheDifferences(t *testing.T) {
	documented(t, "compatibility", compatibility())
}

func TestTheReferenceNamesEveryField(t *testing.T) {
	table := fields.NewTable()
	text := reference(table)
	for i := range table.Fields {
		name := signature(&table.Fields[i])
		if !strings.Contains(text, code(name)) && !strings.Contains(text, code(lists.ReplaceAllString(name, "."+list+"."))) {
			t.Errorf("the reference does not name %s", name)
		}
	}
}

// expand writes a row that stands for all lists of containers out. The event's
// lists have to be there.
func (d difference) expand() []difference {
	if !strings.Contains(d.event, list) {
		return []difference{d}
	}
	var all []difference
	for _, name := range []string{"containers", "initContainers", "ephemeralContainers"} {
		each := d
		each.event = strings.ReplaceAll(d.event, list, name)
		each.fields = nil
		for _, field := range d.fields {
			each.fields = append(each.fields, strings.ReplaceAll(field, list, name))
		}
		all = append(all, each)
	}
	return all
}

// wholeEvent is a difference's event as the API server would write it.
func (d difference) wholeEvent() string {
	return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"ResponseComplete","requestReceivedTimestamp":"2024-05-01T10:00:00.000000Z","stageTimestamp":"2024-05-01T10:00:00.000000Z",` +
		d.event + `}`
}

func TestTheFieldsGiveWhatTheCompatibilityTableSays(t *testing.T) {
	table, e := fields.NewTable(), fields.NewEvent(func() string { return "" }, func() {})
	var out fields.Values
	for _, row := range differences {
		for _, d := range row.expand() {
			e.Reset([]byte(d.wholeEvent()))
			for _, name := range d.fields {
				id, arg := question(t, table, name)
				table.Extract(e, id, arg, &out)
				var got []string
				for i := range out.Len() {
					got = append(got, string(out.Text(i)))
				}
				if strings.Join(got, "\n") != strings.Join(d.ours, "\n") || len(got) != len(d.ours) {
					t.Errorf("%s gives %q, the table says %q for\n%s", name, got, d.ours, d.event)
				}
			}
		}
	}
}

// question finds the field of a name with an argument in brackets.
func question(t *testing.T, table *fields.Table, name string) (id int, arg fields.Arg) {
	t.Helper()
	base, argument, present := strings.Cut(strings.TrimSuffix(name, "]"), "[")
	id, ok := table.ID(base)
	if !ok {
		t.Fatalf("there is no field %s", base)
	}
	arg = fields.Arg{Key: argument, Present: present}
	if index, err := strconv.ParseUint(argument, 10, 64); err == nil {
		arg.Index = index
	}
	return id, arg
}
