// Package readme compares the generated parts of the README, which stand
// between markers, with what they are generated from.
package readme

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/test/engine"
)

// Check fails unless the part of the README between <!-- name:begin --> and
// <!-- name:end --> is content; with update it writes it there.
func Check(t testing.TB, name, content string, update bool) {
	t.Helper()
	root, err := engine.Root()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, ok := replaced(string(text), name, content)
	switch {
	case !ok:
		t.Fatalf("the README has no part between the markers %s:begin and %s:end", name, name)
	case want == string(text):
	case !update:
		t.Errorf("the part %s of the README is not what it is made from; look at it, then run the test with -update", name)
	default:
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// replaced is the document with other content between the markers.
func replaced(document, name, content string) (changed string, ok bool) {
	begin, end := "<!-- "+name+":begin -->\n", "<!-- "+name+":end -->"
	before, rest, ok := strings.Cut(document, begin)
	if !ok {
		return "", false
	}
	_, after, ok := strings.Cut(rest, end)
	return before + begin + content + end + after, ok
}
