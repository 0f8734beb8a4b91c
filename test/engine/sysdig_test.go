package engine

import (
	"bufio"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/test/engine/rulefile"
)

// pieces reads what sysdig is said to have printed.
func pieces(t *testing.T, r records, printed string) (texts, others []string, err error) {
	t.Helper()
	s := bufio.NewScanner(strings.NewReader(printed))
	s.Split(r.split)
	for s.Scan() {
		a, ok, alertErr := r.alert(s.Bytes())
		if alertErr != nil {
			err = alertErr
		} else if ok {
			texts = append(texts, a.Rule+": "+a.Text)
		} else {
			others = append(others, s.Text())
		}
	}
	return texts, others, err
}

func TestRecordsAreToldApart(t *testing.T) {
	r := records{mark: "MARK", rules: []rulefile.Rule{{Name: "a"}, {Name: "b"}}}
	f := func(name, printed string, want ...string) {
		t.Run(name, func(t *testing.T) {
			texts, _, err := pieces(t, r, printed)
			if err != nil || strings.Join(texts, "|") != strings.Join(want, "|") {
				t.Errorf("got %q, %v, want %q", texts, err, want)
			}
		})
	}
	f("one after the other", "MARK 0 1 2 x y MARK\nMARK 1 1 2 z MARK\n", "a: x y", "b: z")
	f("with line breaks and blanks in a value", "MARK 0 1 2 x\ny\n\n  z  MARK\n", "a: x\ny\n\n  z ")
	f("with an empty text", "MARK 0 1 2  MARK\n", "a: ")
	f("after something else", "a line of the library\nMARK 1 1 2 x MARK\n", "b: x")
	f("not when it is cut", "MARK 0 1 2 x MARK\nMARK 0 1", "a: x")
}

func TestBrokenRecordIsAnError(t *testing.T) {
	r := records{mark: "MARK", rules: []rulefile.Rule{{Name: "a"}}}
	for _, printed := range []string{"MARK 0 1 MARK\n", "MARK 0 1 x y MARK\n"} {
		if _, _, err := pieces(t, r, printed); err == nil {
			t.Errorf("%q gives no error", printed)
		}
	}
}

func TestOutputBesidesRecordsIsKept(t *testing.T) {
	_, others, err := pieces(t, records{mark: "MARK"}, "said\nmore\n")
	if err != nil || strings.Join(others, "|") != "said\nmore" {
		t.Errorf("got %q, %v", others, err)
	}
}

func TestLuaStringKeepsEveryByte(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := luaString(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	f("plain [text]", `"plain [text]"`)
	f(`"a" \d`, `"\034a\034 \092d"`)
	f("a\nb\x00", `"a\010b\000"`)
	f("é", `"\195\169"`)
}
