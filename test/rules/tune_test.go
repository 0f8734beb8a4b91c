package rules

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/test/engine"
)

// example is the file of a user's own that the rule file's head shows.
func example(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, line := range lines(t, shipped) {
		if text, ok := strings.CutPrefix(line, "#   "); ok {
			b.WriteString(text + "\n")
		}
	}
	return b.String()
}

func TestTheExampleOfTuningQuietsTheRuleForItsUsers(t *testing.T) {
	library, err := engine.Library()
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(own, []byte(example(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	const rule = "Attach/Exec Pod"
	fires := func(rules ...string) (n int) {
		t.Helper()
		alerts, err := find(t).Alerts(t.Context(), engine.Run{Library: library, OpenParams: fixtures, Rules: rules, Log: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range alerts {
			if a.Rule == rule && strings.Contains(a.Text, "pod: default/") && strings.Contains(a.Text, "user: alice@example.com") {
				n++
			}
		}
		return n
	}
	if n := fires(shipped); n == 0 {
		t.Errorf("%q does not fire for alice in the namespace default", rule)
	}
	if n := fires(shipped, own); n != 0 {
		t.Errorf("with the example's exception %q fires %d times for alice in the namespace default", rule, n)
	}
}
