package readme

import "testing"

func TestOnlyWhatStandsBetweenTheMarkersIsReplaced(t *testing.T) {
	const document = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n<!-- y:begin -->\nkept\n<!-- y:end -->\n"
	const want = "a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb\n<!-- y:begin -->\nkept\n<!-- y:end -->\n"
	if got, ok := replaced(document, "x", "new\n"); !ok || got != want {
		t.Errorf("got %q", got)
	}
	for _, missing := range []string{"", "<!-- x:begin -->\n", "<!-- x:end -->"} {
		if _, ok := replaced(missing, "x", "new\n"); ok {
			t.Errorf("%q has no part x", missing)
		}
	}
}
