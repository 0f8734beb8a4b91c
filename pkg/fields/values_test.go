package fields

import (
	"strings"
	"testing"
)

func TestANulInATextIsShown(t *testing.T) {
	v := Values{typ: Text}
	v.add([]byte("a\x00b\x00"))
	v.addString("")
	v.add(nil)
	if got := texts(&v); strings.Join(got, "|") != `a\u0000b\u0000||` {
		t.Errorf("got %q", got)
	}
}

func TestPickLeavesOneValue(t *testing.T) {
	f := func(i uint64, want ...string) {
		t.Helper()
		v := Values{typ: Text}
		for _, s := range []string{"a", "", "ccc"} {
			v.addString(s)
		}
		if v.pick(i); strings.Join(texts(&v), "|") != strings.Join(want, "|") {
			t.Errorf("%d leaves %q, want %q", i, texts(&v), want)
		}
	}
	f(0, "a")
	f(1)
	f(2, "ccc")
	f(3)
	f(1 << 63)
}

func TestTheMemoryOfAnUnusualValueIsGivenBack(t *testing.T) {
	v := Values{typ: Text}
	v.add(make([]byte, 2<<20))
	v.Release()
	if cap(v.text) != 0 {
		t.Errorf("%d bytes are kept", cap(v.text))
	}
	v.add([]byte("small"))
	v.Release()
	if v.Len() != 1 {
		t.Error("a small value was given back")
	}
}
