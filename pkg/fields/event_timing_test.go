package fields

import "testing"

// common are the fields that rules ask of every event, and of those with an
// object.
var common = []string{
	"k8s.audit.stage", "k8s.audit.level", "k8s.audit.request.verb", "k8s.audit.request.uri", "k8s.audit.request.useragent", "k8s.audit.request.sourceip",
	"k8s.audit.user.username", "k8s.audit.user.groups", "k8s.audit.user.serviceaccount.namespace", "k8s.audit.impersonated.username",
	"k8s.audit.request.resource.type", "k8s.audit.request.resource.subresource", "k8s.audit.request.resource.name", "k8s.audit.request.resource.namespace",
	"k8s.audit.auth.decision", "k8s.audit.response.code", "k8s.audit.response.reason", "k8s.audit.timestamp", "ka.verb", "ka.response.code", "ka.target.pod.name",
}

var commonOfObjects = []string{
	"k8s.audit.request.object.kind", "k8s.audit.request.object.metadata.name", "k8s.audit.request.object.spec.hostNetwork", "k8s.audit.request.object.spec.hostPID",
	"k8s.audit.request.object.spec.securityContext.privileged", "k8s.audit.request.object.spec.securityContext.allowPrivilegeEscalation",
	"k8s.audit.request.object.spec.allContainers.image", "k8s.audit.request.object.spec.allContainers.image.repository", "k8s.audit.request.object.spec.containers.capabilities.add",
	"k8s.audit.request.object.spec.volumes.types", "k8s.audit.request.object.roleRef.name", "k8s.audit.request.object.rules.grants", "ka.req.pod.containers.privileged",
}

// asking reads an event and asks it for fields.
func (a *asked) asking(event string, names []string) func() {
	raw := []byte(a.rawRecorded(event))
	var ids []int
	for _, name := range names {
		id, ok := a.table.ID(name)
		if !ok {
			a.t.Fatalf("there is no field %s", name)
		}
		ids = append(ids, id)
	}
	return func() {
		a.event.Reset(raw)
		for _, id := range ids {
			a.table.Extract(a.event, id, Arg{}, &a.out)
		}
	}
}

func (a *asked) rawRecorded(event string) []byte {
	raw, ok := recorded(a.t)[event]
	if !ok {
		a.t.Fatalf("there is no event %s", event)
	}
	return raw
}

func TestTheCommonFieldsAllocateNothing(t *testing.T) {
	f := func(event string, names []string) {
		t.Helper()
		if n := testing.AllocsPerRun(100, newAsked(t).asking(event, names)); n > 0 {
			t.Errorf("%s: %v allocations an event", event, n)
		}
	}
	f("lease-update", nil)
	f("lease-update", common)
	f("pod-list-impersonated", common)
	f("unauthenticated", common)
	f("pod-create", append(common, commonOfObjects...))
	f("clusterrole-create", append(common, commonOfObjects...))
}

func BenchmarkIndexing(b *testing.B)             { benchmark(b, "pod-create", nil) }
func BenchmarkCommonFieldsOfALease(b *testing.B) { benchmark(b, "lease-update", common) }
func BenchmarkCommonFieldsOfAWatch(b *testing.B) { benchmark(b, "pod-watch", common) }
func BenchmarkFieldsOfAPod(b *testing.B) {
	benchmark(b, "pod-create", append(common, commonOfObjects...))
}
func BenchmarkFieldsOfAPatchedPod(b *testing.B) {
	benchmark(b, "pod-patch-merge", append(common, commonOfObjects...))
}
func BenchmarkFieldsOfAClusterRole(b *testing.B) {
	benchmark(b, "clusterrole-create", append(common, commonOfObjects...))
}

func benchmark(b *testing.B, event string, names []string) {
	a := newAsked(b)
	ask := a.asking(event, names)
	b.SetBytes(int64(len(a.rawRecorded(event))))
	b.ReportAllocs()
	for b.Loop() {
		ask()
	}
}
