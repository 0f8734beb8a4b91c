package fields_test

import (
	"flag"
	"strconv"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/fields"
	"github.com/k8saudit/k8saudit/test/readme"
)

var update = flag.Bool("update", false, "write the documentation anew")

func TestTheReferenceIsMadeFromTheTable(t *testing.T) {
	readme.Check(t, "fields", reference(fields.NewTable()), *update)
}

func TestTheCompatibilityTableIsMadeFromTheDifferences(t *testing.T) {
	readme.Check(t, "compatibility", compatibility(), *update)
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
