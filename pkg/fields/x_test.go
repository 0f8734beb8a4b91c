package fields

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/audit"
)

// These are the event cases of the project's list of faults: X1 to X9. X5 is
// tested with a real engine (test/fields) and X6 where events share memory
// (pkg/k8saudit), too.

func TestX1NestingCostsNoFieldInReach(t *testing.T) {
	for _, depth := range []int{298, 299, 300, 301, 2000, 100000} {
		for _, deep := range []string{strings.Repeat("[", depth) + strings.Repeat("]", depth), strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth)} {
			f := newAsked(t).wants(about("patch", `"user":{"username":"alice"},"requestObject":{"junk":`+deep+`,"spec":{"hostNetwork":true}}`))
			f("ka.verb", "patch")
			f("ka.user.name", "alice")
			f("ka.target.resource", "pods")
			f(hostNetwork, "true")
		}
	}
}

func TestX1AnObjectThatIsBrokenInsideCostsItsOwnFieldsOnly(t *testing.T) {
	for _, object := range []string{`{"spec":{"hostNetwork":tru}}`, `{"spec" {"hostNetwork":true}}`, `{"spec":{"hostNetwork":true},}`, `{"spec":{"hostNetwork":true`[:10] + `:::"}`, `{]}`} {
		a := newAsked(t)
		f := a.wants(about("create", `"user":{"username":"alice"},"requestObject":`+object))
		f("ka.verb", "create")
		f("ka.user.name", "alice")
		f(hostNetwork)
		f("ka.req.pod.host_pid")
		if a.broken != 1 {
			t.Errorf("%s: %d objects are said to be broken, want 1", object, a.broken)
		}
	}
}

// The API server takes the last of duplicate keys; a reader that took the first
// would be shown another object than the one that is created.
func TestX2TheLastOfDuplicateKeysCounts(t *testing.T) {
	f := newAsked(t).wants(`{"verb":"get","verb":"create","user":{"username":"a"},"user":{"username":"b","username":"c"},"objectRef":{"resource":"pods"},"annotations":{"k":"1","k":"2"},
		"requestObject":{"spec":{}},"requestObject":{"spec":{"hostNetwork":false},"spec":{"hostNetwork":true,"hostPID":true,"hostPID":null,
		"containers":[],"containers":[{"name":"x","name":"y","securityContext":{"privileged":false,"privileged":true}}]}}}`)
	f("ka.verb", "create")
	f("ka.user.name", "c")
	f(hostNetwork, "true")
	f("ka.req.pod.host_pid")
	f("ka.req.pod.containers.name", "y")
	f("ka.req.container.privileged", "true")
	f(prefix+"annotation[k]", "2")
	f(prefix+"annotations", "k=2")
	newAsked(t).wants(inPod(`{"volumes":[{"name":"a","emptyDir":true,"emptyDir":true},{"name":"b",`+repeated(20, `"k":%[1]d`)+`}]}`))(prefix+spec+"volumes.types", "emptyDir", "k")
	f(prefix+"request.object[spec.hostNetwork]", "true")
	f(prefix+"value[/requestObject/spec/hostNetwork]", "true")
}

func TestX2AKeyIsTheSameHoweverItIsEscaped(t *testing.T) {
	f := newAsked(t).wants(`{"verb":"get","v\u0065rb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"hostNetwork":false,"host\u004eetwork":true}}}`)
	f("ka.verb", "create")
	f(hostNetwork, "true")
}

func TestX2KeysInOtherLettersAreOtherKeys(t *testing.T) {
	f := newAsked(t).wants(`{"verb":"create","Verb":"get","objectRef":{"resource":"pods"},"requestObject":{"spec":{"hostNetwork":true,"HostNetwork":false},"Spec":{}}}`)
	f("ka.verb", "create")
	f(hostNetwork, "true")
}

func TestX3ANulCutsNoValue(t *testing.T) {
	f := newAsked(t).wants(`{"verb":"create","userAgent":"a\u0000b","user":{"groups":["\u0000","x\u0000"],"extra":{"k":["a\u0000","b"]}},"objectRef":{"resource":"pods"},"annotations":{"k\u0000":"v\u0000w"},
		"requestObject":{"metadata":{"name":"n\u0000m"},"spec":{"containers":[{"name":"c\u0000","command":["sh\u0000","-c"],"env":[{"name":"e\u0000","value":"\u0000"}]}],"volumes":[{"hostPath":{"path":"/etc\u0000/x"}}]}}}`)
	f("ka.useragent", `a\u0000b`)
	f("ka.user.groups", `\u0000`, `x\u0000`)
	f(prefix+"user.extra[k]", `a\u0000 b`)
	f(prefix+"annotations", `k\u0000=v\u0000w`)
	f(objectName, `n\u0000m`)
	f("ka.req.pod.containers.name", `c\u0000`)
	f("ka.req.pod.containers.command", `sh\u0000 -c`)
	f(prefix+spec+"containers.env", `e\u0000=\u0000`)
	f(prefix+spec+"volumes.hostPath", `/etc\u0000/x`)
	f(prefix+"value[/requestObject/metadata]", `{"name":"n\u0000m"}`)
	a := newAsked(t).read(`{"verb":"create","objectRef":{"resource":"\u0000"},"requestObject":{"\u0000":"\u0000"}}`)
	for id := range a.table.Fields {
		for _, value := range a.values(id, Arg{Key: "\x00"}) {
			if strings.Contains(value, "\x00") {
				t.Errorf("%s holds a NUL: %q", a.table.Fields[id].Name, value)
			}
		}
	}
}

// others are values of every type, to stand where another is expected.
var others = []any{map[string]any{"k": "v"}, map[string]any{}, []any{"x", nil}, []any{}, json.Number("-1.5"), true, nil, "text"}

// replaced calls with for every copy of v in which one value is another, or is
// not there, and says where.
func replaced(v any, path string, with func(path string, v any)) {
	for _, other := range others {
		with(path, other)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			without := maps.Clone(v)
			delete(without, key)
			with(path+"/"+key, without)
			replaced(v[key], path+"/"+key, func(path string, inner any) {
				outer := maps.Clone(v)
				outer[key] = inner
				with(path, outer)
			})
		}
	case []any:
		for i := range v {
			replaced(v[i], fmt.Sprintf("%s/%d", path, i), func(path string, inner any) {
				outer := slices.Clone(v)
				outer[i] = inner
				with(path, outer)
			})
		}
	}
}

func decoded(t testing.TB, raw []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// varied are the recorded events that X4 changes: one of each shape of object.
var varied = []string{
	"made-pod-with-everything", "made-service-load-balancer", "made-ingress-with-class", "made-deployment-patch-strategic", "made-token-annotations",
	"clusterrole-create", "rolebinding-create", "mutatingwebhook-create", "csr-approval", "serviceaccount-token-bound", "configmap-create",
	"persistentvolume-create", "simplified-complete", "pod-exec-spdy", "made-deployment-patch-json",
}

func TestX4AnyValueMayBeOfAnyType(t *testing.T) {
	a := newAsked(t)
	all := recorded(t)
	for _, name := range varied {
		event := decoded(t, all[name])
		a.read(string(all[name]))
		verb, user := a.field("ka.verb"), a.field("ka.user.name")
		replaced(event, "", func(path string, changed any) {
			raw, err := json.Marshal(changed)
			if err != nil {
				t.Fatal(err)
			}
			a.read(string(raw))
			for id := range a.table.Fields {
				a.table.Extract(a.event, id, Arg{Key: "spec.containers"}, &a.out)
			}
			if strings.HasPrefix(path, "/request") || strings.HasPrefix(path, "/response") {
				if got := a.field("ka.user.name"); !slices.Equal(got, user) {
					t.Fatalf("%s: %s costs the user: %q", name, path, got)
				}
			}
			if strings.HasPrefix(path, "/requestObject") && !slices.Equal(a.field("ka.verb"), verb) {
				t.Fatalf("%s: %s costs the verb", name, path)
			}
		})
	}
}

func TestX4LoneSurrogatesAreReplaced(t *testing.T) {
	f := newAsked(t).wants(`{"verb":"create","userAgent":"a\ud800b","objectRef":{"resource":"pods"},"requestObject":{"metadata":{"name":"\udc00x"},"spec":{"hostNetwork":true,"\ud800":1}}}`)
	f("ka.useragent", "a\ufffdb")
	f(objectName, "\ufffdx")
	f(hostNetwork, "true")
}

func TestX6AnEventThatIsReadAgainGivesTheSameValues(t *testing.T) {
	a := newAsked(t)
	all := recorded(t)
	values := func(raw []byte) string {
		a.read(string(raw))
		var b strings.Builder
		a.rowValues(&b, arguments(t, raw))
		return b.String()
	}
	first := map[string]string{}
	for name, raw := range all {
		first[name] = values(raw)
	}
	for name, raw := range all {
		a.read(`{"verb":"broken`)
		for id := range a.table.Fields {
			a.values(id, Arg{})
		}
		if got := values(raw); got != first[name] {
			t.Errorf("%s gives other values when it is read again:\n%s", name, difference(first[name], got))
		}
	}
}

func TestX7ListsOfNoneOneAndManyElements(t *testing.T) {
	for _, n := range []int{0, 1, 600} {
		groups, addresses := make([]string, n), make([]string, n)
		for i := range n {
			groups[i], addresses[i] = fmt.Sprintf("group-%d", i), fmt.Sprintf("10.0.%d.%d", i/256, i%256)
		}
		quoted := func(s []string) string { text, _ := json.Marshal(s); return string(text) }
		f := newAsked(t).wants(`{"user":{"groups":` + quoted(groups) + `},"sourceIPs":` + quoted(addresses) + `}`)
		f("ka.user.groups", groups...)
		f("ka.sourceips", addresses...)
		f(prefix+"request.sourceip", addresses[:min(n, 1)]...)
		if n == 600 {
			f("ka.sourceips[599]", "10.0.2.87")
			f("ka.sourceips[600]")
		}
	}
}

func TestX8AnEventThatWasCutSaysSoAndKeepsWhoAndWhat(t *testing.T) {
	raw := recorded(t)["made-pod-with-everything"]
	cut, ok := audit.Cut(raw, 1500)
	if !ok {
		t.Fatal("the event cannot be cut")
	}
	f := newAsked(t).wants(string(cut))
	f(prefix+"truncated", "true")
	f("ka.verb", "create")
	f("ka.user.name", "alice@example.com")
	f("ka.target.name", "evil-pod")
	f("ka.response.code", "201")
	f(hostNetwork)
}
