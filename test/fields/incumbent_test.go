//go:build incumbent

package fields_test

import (
	"os"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/fields"
	"github.com/k8saudit/k8saudit/test/engine"
)

// The test needs the incumbent's library, named by INCUMBENT, and Falco.
func TestTheIncumbentGivesWhatIsSaidOfIt(t *testing.T) {
	library := os.Getenv("INCUMBENT")
	if library == "" {
		t.Fatal("set INCUMBENT to the path of the incumbent's libk8saudit.so")
	}
	e, err := engine.Find("../../build")
	if err != nil {
		t.Fatal(err)
	}
	table := fields.NewTable()
	for _, row := range differences {
		for _, d := range row.expand() {
			var output []string
			want := make([]string, len(d.fields))
			for i, name := range d.fields {
				output = append(output, "%"+name)
				id, _ := question(t, table, name)
				want[i] = printed(d.theirs, table.Fields[id].List)
			}
			run := engine.Run{Library: library, InitConfig: `{"useAsync": false}`, OpenParams: log(t, d.wholeEvent())}
			got, err := e.Print(t.Context(), run, "evt.num > 0", strings.Join(output, " ; "))
			if err != nil {
				t.Errorf("%s: %v", d.fields, err)
				continue
			}
			if len(got) != 1 || got[0] != strings.Join(want, " ; ") {
				t.Errorf("%s is %q, the table says %q", d.fields, got, want)
			}
		}
	}
}

// printed is a value as the engine prints it.
func printed(values []string, list bool) string {
	switch {
	case values == nil:
		return "<NA>"
	case list:
		return "(" + strings.Join(values, ",") + ")"
	}
	return values[0]
}
