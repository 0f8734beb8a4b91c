package fields

import (
	"strings"
	"testing"
)

func operations(all ...string) string {
	return about("patch", `"requestObject":[`+strings.Join(all, ",")+`]`)
}

func TestAJSONPatchIsReadAsWhatItWrites(t *testing.T) {
	f := func(want string, all ...string) {
		t.Helper()
		a := newAsked(t).read(operations(all...))
		var b strings.Builder
		if v := a.event.body(); v != nil {
			b.Write(appendJSON(nil, v))
		}
		if b.String() != want {
			t.Errorf("%s is read as %s, want %s", all, b.String(), want)
		}
	}
	f(`{"spec":{"hostPID":true}}`, `{"op":"add","path":"/spec/hostPID","value":true}`)
	f(`{"spec":{"hostPID":true}}`, `{"op":"replace","path":"/spec","value":{"hostPID":true}}`)
	f(`{"spec":{"a":1,"b":2}}`, `{"op":"add","path":"/spec","value":{"a":1}}`, `{"op":"add","path":"/spec/b","value":2}`)
	f(`{"a~b/c":1}`, `{"op":"add","path":"/a~0b~1c","value":1}`)
	f(`{"a":[{"x":1,"y":2},{"x":3}]}`, `{"op":"add","path":"/a/5/x","value":1}`, `{"op":"add","path":"/a/5/y","value":2}`, `{"op":"add","path":"/a/7/x","value":3}`)
	f(`{"a":[{"x":1},{"x":2}]}`, `{"op":"add","path":"/a/-","value":{"x":1}}`, `{"op":"add","path":"/a/-","value":{"x":2}}`)
	f(`{"a":[{"x":1,"y":2}]}`, `{"op":"add","path":"/a","value":[{"x":1}]}`, `{"op":"add","path":"/a/0/y","value":2}`)
	f(`{"a":[{"y":2}]}`, `{"op":"add","path":"/a/0/x","value":1}`, `{"op":"replace","path":"/a","value":[]}`, `{"op":"add","path":"/a/0/y","value":2}`)
	f(`{"b":1}`, `{"op":"add","path":"/a","value":1}`, `{"op":"replace","path":"","value":{"b":1}}`)
	f(`{}`, `{"op":"test","path":"/a","value":1}`, `{"op":"remove","path":"/a"}`, `{"op":"copy","from":"/a","path":"/b"}`, `{"op":"add","path":"/a","value":null}`)
	f(`{"a":1}`, `{"op":"add","path":"/a","value":1}`, `{"op":"add","path":"/a/b","value":1}`, `{"op":"add","path":"a","value":2}`, `{"op":"add","path":7,"value":2}`, `7`, `null`)
	f(``, `{"op":"add","path":"","value":7}`, `{"op":"add","path":"/a/b","value":1}`)
	f(``)
	f(`{}`, `{"op":"add","path":"`+strings.Repeat("/a", 1000000)+`","value":1}`)
}

func TestAJSONPatchThatMakesAPodPrivilegedIsSeen(t *testing.T) {
	f := newAsked(t).wants(`{"verb":"patch","objectRef":{"resource":"deployments","name":"web"},"requestObject":[{"op":"add","path":"/spec/template/spec/containers/1/securityContext","value":{"privileged":true}},{"op":"add","path":"/spec/template/spec/hostPID","value":true}]}`)
	f(prefix+spec+"securityContext.privileged", "true")
	f("ka.req.pod.host_pid", "true")
	f("ka.target.name", "web")
	f(prefix+"value[/requestObject/0/op]", "add")
	f(prefix+"value[/requestObject/0/value]", `{"privileged":true}`)
}

// The patch itself stays as it was sent, whatever was asked before.
func TestReadingAJSONPatchDoesNotChangeIt(t *testing.T) {
	a := newAsked(t).read(operations(`{"op":"add","path":"/spec","value":{}}`, `{"op":"add","path":"/spec/hostPID","value":true}`))
	for range 2 {
		if got := a.field(prefix + "value[/requestObject/0/value]"); len(got) != 1 || got[0] != "{}" {
			t.Errorf("the value is %q", got)
		}
		a.field("ka.req.pod.host_pid")
	}
}

func TestAJSONPatchOfMoreOperationsThanTheAPIServerTakesIsNotRead(t *testing.T) {
	many := repeated(mostOperations+1, `{"op":"add","path":"/spec/k%[1]d","value":true}`)
	newAsked(t).wants(operations(many, `{"op":"add","path":"/spec/hostPID","value":true}`))("ka.req.pod.host_pid")
	most := repeated(mostOperations-1, `{"op":"add","path":"/spec/k%[1]d","value":true}`)
	newAsked(t).wants(operations(most, `{"op":"add","path":"/spec/hostPID","value":true}`))("ka.req.pod.host_pid", "true")
}

func TestAJSONPatchThatWouldTakeMinutesIsReadAsFarAsItGoes(t *testing.T) {
	wide := `{"op":"add","path":"/spec","value":{` + repeated(200000, `"k%[1]d":1`) + `}}`
	a := newAsked(t)
	f := a.wants(operations(wide, `{"op":"add","path":"/spec/hostPID","value":true}`, repeated(mostOperations-2, `{"op":"add","path":"/spec/n%[1]d","value":true}`)))
	f("ka.req.pod.host_pid", "true")
	if a.broken != 1 || a.event.body() == nil {
		t.Errorf("%d objects are said to be broken, want 1", a.broken)
	}
}
