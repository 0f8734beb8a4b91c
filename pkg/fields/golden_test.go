package fields

import (
	"bytes"
	"encoding/json"
	flags "flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flags.Bool("update", false, "write the golden files anew")

// golden compares a text with a file of testdata, or writes that.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what comes out now; read the difference, then run the test with -update:\n%s", path, difference(string(want), got))
	}
}

// difference are the lines that only one of two texts has.
func difference(want, got string) string {
	var b strings.Builder
	only := func(sign, in, not string) {
		lines := strings.Split(not, "\n")
		for line := range strings.SplitSeq(in, "\n") {
			if !slices.Contains(lines, line) {
				fmt.Fprintf(&b, "%s %s\n", sign, line)
			}
		}
	}
	only("-", want, got)
	only("+", got, want)
	return b.String()
}

// recorded are the events of testdata/events by the names of their files.
func recorded(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/events/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no events: %v", err)
	}
	all := map[string][]byte{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(path), ".json")] = bytes.TrimSpace(raw)
	}
	return all
}

// arguments are what the fields that need one are asked for: what is in the
// event, as encoding/json reads it, and a few paths.
func arguments(t testing.TB, raw []byte) map[string][]string {
	t.Helper()
	var e struct {
		RequestURI             string
		Annotations            map[string]any
		User, ImpersonatedUser struct{ Extra map[string]any }
		RequestObject          any
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	_, query, _ := strings.Cut(e.RequestURI, "?")
	params, _ := url.ParseQuery(query)
	object, _ := e.RequestObject.(map[string]any)
	metadata, _ := object["metadata"].(map[string]any)
	labels, _ := metadata["labels"].(map[string]any)
	noted, _ := metadata["annotations"].(map[string]any)
	keys := func(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
	subjects := []string{"nobody"}
	bound, _ := object["subjects"].([]any)
	for _, subject := range bound {
		name, _ := subject.(map[string]any)["name"].(string)
		subjects = append(subjects, name)
	}
	return map[string][]string{
		"k8s.audit.annotation":                          keys(e.Annotations),
		"k8s.audit.user.extra":                          keys(e.User.Extra),
		"k8s.audit.impersonated.extra":                  keys(e.ImpersonatedUser.Extra),
		"k8s.audit.request.param":                       slices.Sorted(maps.Keys(params)),
		"ka.uri.param":                                  slices.Sorted(maps.Keys(params)),
		"k8s.audit.request.object.metadata.labels":      keys(labels),
		"k8s.audit.request.object.metadata.annotations": keys(noted),
		"k8s.audit.value":                               {"/kind", "/objectRef", "/requestObject/spec/containers/0/name"},
		"k8s.audit.request.object":                      {"spec.containers.0.name", "spec.containers.image", "spec.template.spec.containers.image", "metadata.labels"},
		"k8s.audit.response.object":                     {"metadata.uid", "spec.nodeName", "status.phase"},
		"ka.req.volume.hostpath":                        {"/etc", "/var/*"},
		"ka.req.binding.subject.has_name":               subjects,
	}
}

// rowValues writes the values of all fields of an event, a row of the table
// after the other. ka.* names that say the same stand behind the native one.
func (a *asked) rowValues(b *strings.Builder, args map[string][]string) {
	for _, family := range a.table.Families {
		for _, row := range family.Rows {
			all := row.Ka
			if row.Native != nil {
				all = append([]*Field{row.Native}, all...)
			}
			arguments := []string{""}
			if all[0].Arg == KeyArg {
				arguments = args[all[0].Name]
			}
			for _, argument := range arguments {
				a.rowValue(b, all, argument)
			}
		}
	}
}

func (a *asked) rowValue(b *strings.Builder, all []*Field, argument string) {
	values := map[string][]string{} // the names that have a value, by the value
	var order []string
	for _, f := range all {
		name := f.Name
		if f.Arg == KeyArg {
			name += "[" + argument + "]"
		}
		got := a.field(name)
		if got == nil {
			continue
		}
		shown := display(got, f.List)
		if values[shown] == nil {
			order = append(order, shown)
		}
		values[shown] = append(values[shown], name)
	}
	for _, shown := range order {
		fmt.Fprintf(b, "%s: %s\n", strings.Join(values[shown], " "), shown)
	}
}

// display is a value as JSON, so that every byte of it can be seen.
func display(values []string, list bool) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	var v any = values
	if !list {
		v = values[0]
	}
	_ = encoder.Encode(v) // texts can be encoded
	return strings.TrimSpace(b.String())
}

func TestEveryRecordedEventHasTheValuesOfItsGoldenFile(t *testing.T) {
	a := newAsked(t)
	for name, raw := range recorded(t) {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			a.read(string(raw)).rowValues(&b, arguments(t, raw))
			golden(t, filepath.Join("testdata", "events", name+".golden"), b.String())
		})
	}
}

// A field is exercised by a value that is neither empty nor false: such a value
// could as well come from a getter that looks in the wrong place.
func TestEveryFieldHasAValueInSomeRecordedEvent(t *testing.T) {
	a := newAsked(t)
	seen := map[string]bool{}
	for _, raw := range recorded(t) {
		a.read(string(raw))
		args := arguments(t, raw)
		for id, f := range a.table.Fields {
			keys := []string{""}
			if f.Arg == KeyArg {
				keys = args[f.Name]
			}
			for _, key := range keys {
				for _, value := range a.values(id, Arg{Key: key}) {
					seen[f.Name] = seen[f.Name] || value != "" && value != "false"
				}
			}
		}
	}
	for _, f := range a.table.Fields {
		if !seen[f.Name] {
			t.Errorf("no event of testdata/events has a value of %s: add one", f.Name)
		}
	}
}
