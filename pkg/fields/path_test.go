package fields

import "testing"

const tree = `{"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"a":{"b":1,"b.c":"dotted","b.c.d":{"e":"long"}},"list":[{"n":"x","m":[1,2]},{"n":"y"},7,null],` +
	`"metadata":{"labels":{"app":"short","app.kubernetes.io/name":"full"}},"t":true,"z":null,"empty":"","0":"key","nested":[[{"n":"p"}],[{"n":"q"}]]},"futureMember":{"x":["y"]}}`

func TestADottedPathReachesAnything(t *testing.T) {
	ask := newAsked(t).wants(tree)
	f := func(path string, want ...string) { t.Helper(); ask(prefix+"request.object["+path+"]", want...) }
	f("a.b", "1")
	f("t", "true")
	f("empty", "")
	f("list.0.n", "x")
	f("list.1.n", "y")
	f("list.n", "x y")
	f("list.0.m", "[1,2]")
	f("list.m.1", "2")
	f("list.2", "7")
	f("nested.n", "p q")
	f("nested.1.n", "q")
	f("0", "key")
	f("list.0", `{"n":"x","m":[1,2]}`)
	f("list.3")
	f("list.9")
	f("list.-1")
	f("z")
	f("a.none")
	f("a.b.none")
	f("")
	f("a..b")
}

func TestADottedPathFindsKeysThatHoldDots(t *testing.T) {
	ask := newAsked(t).wants(tree)
	f := func(path string, want ...string) { t.Helper(); ask(prefix+"request.object["+path+"]", want...) }
	f("a.b.c", "dotted")
	f("a.b.c.d.e", "long")
	f("metadata.labels.app", "short")
	f("metadata.labels.app.kubernetes.io/name", "full")
}

func TestAPointerReachesAnything(t *testing.T) {
	ask := newAsked(t).wants(`{"verb":"create","auditID":"id","objectRef":{"resource":"pods"},"a/b":{"m~n":["x",{"":"empty"}]},"futureMember":{"x":["y",null]},"requestObject":{"list":[1,2]}}`)
	f := func(pointer string, want ...string) { t.Helper(); ask(prefix+"value["+pointer+"]", want...) }
	f("/auditID", "id")
	f("auditID", "id")
	f("/objectRef", `{"resource":"pods"}`)
	f("/objectRef/resource", "pods")
	f("/futureMember/x/0", "y")
	f("/futureMember/x/1")
	f("/futureMember/x/00")
	f("/futureMember/x/-")
	f("/requestObject/list/1", "2")
	f("/requestObject/list/01")
	f("/requestObject/list/2")
	f("/requestObject/list", "[1,2]")
	f("/none")
	f("/none/deeper")
	f("")
	ask(prefix+"value[/a~1b/m~0n/0]", "x")
	ask(prefix+"value[/a~1b/m~0n/1/]", "empty")
}

// Falco compares what is printed: the same value has to be printed in the same
// way whatever was asked before.
func TestJSONIsTheSameHoweverOftenAndInWhateverOrderItIsAsked(t *testing.T) {
	event := about("create", `"requestObject":{"data":{"k\u003c":"<é \u000b \"\\ \u2028 ü\/"},"n":1e3}`)
	a := newAsked(t)
	const want = `{"data":{"k<":"<é \u000b \"\\ ` + "\u2028" + ` ü/"},"n":1e3}`
	a.read(event)
	for range 2 {
		if got := a.field(prefix + "value[/requestObject]"); len(got) != 1 || got[0] != want {
			t.Errorf("got %s, want %s", got, want)
		}
		a.field(prefix + "request.object[data.k<]")
		a.field(prefix + "request.object[none]")
	}
}
