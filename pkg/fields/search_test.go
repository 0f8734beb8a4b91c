package fields

import (
	"strings"
	"testing"
)

// extract returns the texts that a field of the event gives.
func extract(t *testing.T, event, field string) []string {
	t.Helper()
	table, e := NewTable(), NewEvent(func() string { return "" }, func() {})
	e.Reset([]byte(event))
	id, ok := table.ID(field)
	if !ok {
		t.Fatalf("no field %s", field)
	}
	var out Values
	table.Extract(e, id, Arg{}, &out)
	var all []string
	for i := range out.Len() {
		if out.Type() == Network {
			all = append(all, out.Address(i).String())
			continue
		}
		all = append(all, string(out.Text(i)))
	}
	return all
}

const searched = `{"kind":"Event","verb":"create","sourceIPs":["203.0.113.9","10.0.0.1"],"objectRef":{"resource":"pods"},"requestObject":{"kind":"Pod","spec":{
	"containers":[{"name":"a","image":"busybox","command":["sh","-c"],"args":["id"],"env":[{"name":"A","value":"1"},{"name":"B","valueFrom":{}}],
		"livenessProbe":{"exec":{"command":["cat","/tmp/x"]}},"lifecycle":{"preStop":{"exec":{"command":["rm","-r","/tmp"]}}}}],
	"initContainers":[{"name":"b","image":"evil.example/x:1","args":["--go"],"env":[{"name":"C","value":"2"}]}],
	"volumes":[{"hostPath":{"path":"/etc/../etc/kubernetes//pki/"}},{"hostPath":{"path":"/data"}},{"hostPath":{"path":"relative/path"}},{"emptyDir":{}}]}}}`

func TestWhatContainersSayCanBeSearchedAsOneText(t *testing.T) {
	f := func(field string, want ...string) {
		t.Helper()
		if got := extract(t, searched, prefix+spec+field); strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	f("images", "busybox; evil.example/x:1")
	f("commands", "sh -c id; cat /tmp/x; rm -r /tmp; --go")
	f("environment", "A=1; C=2")
	f("volumes.hostPath.within", "/etc/kubernetes/pki", "/etc/kubernetes", "/etc", "/data", "relative/path", "relative")
}

func TestRootIsWithinOnlyWhenItIsMounted(t *testing.T) {
	const root = `{"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"volumes":[{"hostPath":{"path":"/proc/.."}}]}}}`
	if got := extract(t, root, prefix+spec+"volumes.hostPath.within"); len(got) != 1 || got[0] != "/" {
		t.Errorf("got %q, want the root alone", got)
	}
}

func TestTextsOfAPodWithoutThemAreAbsent(t *testing.T) {
	const bare = `{"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"containers":[{"name":"a"}]}}}`
	for _, field := range []string{"images", "commands", "environment"} {
		if got := extract(t, bare, prefix+spec+field); len(got) != 0 {
			t.Errorf("%s is %q, want nothing", field, got)
		}
	}
}

func TestSourceNetworkIsTheAddressOfTheClient(t *testing.T) {
	if got := extract(t, searched, prefix+"request.sourcenet"); len(got) != 1 || got[0] != "203.0.113.9" {
		t.Errorf("got %q", got)
	}
}

func TestNamesOfServiceAccountsInABindingAreWithoutNamespace(t *testing.T) {
	const binding = `{"verb":"create","objectRef":{"resource":"rolebindings"},"requestObject":{"subjects":[{"kind":"ServiceAccount","namespace":"dev","name":"default"},{"kind":"User","name":"u"}]}}`
	if got := extract(t, binding, prefix+"request.object.subjects.serviceaccountNames"); len(got) != 1 || got[0] != "default" {
		t.Errorf("got %q", got)
	}
}
