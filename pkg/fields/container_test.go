package fields

import (
	"fmt"
	"strings"
	"testing"
)

func TestListsOfContainersAreAligned(t *testing.T) {
	f := newAsked(t).wants(inPod(`{"containers":[{"name":"a","command":["sh","-c"],"securityContext":{"privileged":true}},{"image":"x","args":["1","2"]},null,7],
		"initContainers":[{"name":"b","image":"y","securityContext":{"runAsUser":5,"readOnlyRootFilesystem":false}}],"ephemeralContainers":[{"name":"c"}]}`))
	const c = prefix + spec + "containers."
	f(c+"name", "a", "", "", "")
	f(c+"image", "", "x", "", "")
	f(c+"command", "sh -c", "", "", "")
	f(c+"args", "", "1 2", "", "")
	f(c+"privileged", "true", "", "", "")
	const all = prefix + spec + "allContainers."
	f(all+"name", "a", "", "", "", "b", "c")
	f(all+"runAsUser", "", "", "", "", "5", "")
	f(all+"readOnlyRootFilesystem", "", "", "", "", "false", "")
	f(prefix+spec+"ephemeralContainers.name", "c")
}

func TestAnIndexChoosesAContainer(t *testing.T) {
	f := newAsked(t).wants(inPod(`{"containers":[{"name":"a","env":[{"name":"x","value":"1"},{"name":"y","value":"2"}]},{"name":"b"}],"initContainers":[{"name":"c"}]}`))
	f("ka.req.pod.containers.name[0]", "a")
	f("ka.req.pod.containers.name[1]", "b")
	f("ka.req.pod.containers.name[2]")
	f("ka.req.pod.containers.image[0]")
	f(prefix+spec+"containers.env[0]", "x=1", "y=2")
	f(prefix + spec + "containers.env[1]")
	f(prefix+spec+"allContainers.name[2]", "c")
	f(prefix + spec + "allContainers.name[18446744073709551615]")
}

func TestEffectiveIDsAreTheContainersElseThePodsElseZero(t *testing.T) {
	const containers = `"containers":[{"name":"a","securityContext":{"runAsUser":7,"runAsGroup":8}},{"name":"b"}]}`
	f := newAsked(t).wants(inPod(`{"securityContext":{"runAsUser":1,"runAsGroup":2},` + containers))
	f("ka.req.pod.containers.eff_run_as_user", "7", "1")
	f("ka.req.pod.containers.eff_run_as_group", "8", "2")
	newAsked(t).wants(inPod(`{`+containers))("ka.req.pod.containers.eff_run_as_user", "7", "0")
}

func TestCapabilitiesAreOneFlatListInOneSpelling(t *testing.T) {
	f := newAsked(t).wants(inPod(`{"containers":[{"securityContext":{"capabilities":{"add":["CAP_SYS_ADMIN","net_raw",7,null],"drop":["all"]}}},{},{"securityContext":{"capabilities":{"add":["cap_bpf"]}}}]}`))
	f(prefix+spec+"containers.capabilities.add", "SYS_ADMIN", "NET_RAW", "BPF")
	f(prefix+spec+"containers.capabilities.drop", "ALL")
	f("ka.req.pod.containers.add_capabilities[2]", "BPF")
	f("ka.req.pod.containers.add_capabilities[1]")
}

func TestHostPortsAreThoseOfTheNode(t *testing.T) {
	const ports = `"containers":[{"ports":[{"containerPort":80},{"containerPort":81,"hostPort":8081},{"hostPort":0},{"hostPort":"x"}]}]}`
	newAsked(t).wants(inPod(`{`+ports))("ka.req.pod.containers.host_port", "8081")
	newAsked(t).wants(inPod(`{"hostNetwork":true,`+ports))("ka.req.pod.containers.host_port", "80", "8081")
}

func TestTheEnvironmentHoldsWhatIsWrittenAsValues(t *testing.T) {
	newAsked(t).wants(inPod(`{"containers":[{"env":[{"name":"A","value":"1"},{"name":"B","valueFrom":{}},{"name":"C"},{"value":"x"},{"name":"D","value":""}]}]}`))(
		prefix+spec+"containers.env", "A=1", "=x", "D=")
}

func TestMountsSayWhetherTheyAreWritable(t *testing.T) {
	newAsked(t).wants(inPod(`{"containers":[{"volumeMounts":[{"mountPath":"/a"},{"mountPath":"/b","readOnly":true},{"mountPath":"/c","readOnly":"true"},{"name":"x"}]}]}`))(
		prefix+spec+"containers.mounts", "/a:rw", "/b:ro", "/c:rw")
}

// The directives of a strategic merge patch, as kubectl and the controllers
// write them, are no containers; anything that says more may be one.
func TestDirectivesOfAPatchAreNoContainers(t *testing.T) {
	f := newAsked(t).wants(about("patch", `"requestObject":{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[
		{"$patch":"replace"},{"name":"gone","$patch":"delete"},{"name":"a","image":"x","$patch":"delete","securityContext":{"privileged":true}}]}}`))
	f(prefix+spec+"containers.name", "a")
	f(prefix+spec+"securityContext.privileged", "true")
}

func TestImagesAreReadAsContainerRuntimesDo(t *testing.T) {
	const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	f := func(image, registry, repository, tag, digest, written string) {
		t.Helper()
		g := newAsked(t).wants(inPod(`{"containers":[{"image":"` + image + `"}]}`))
		const c = prefix + spec + "containers.image."
		g(c+"registry", registry)
		g(c+"repository", repository)
		g(c+"tag", tag)
		g(c+"digest", digest)
		g("ka.req.pod.containers.image.repository", written)
	}
	f("alpine", "docker.io", "docker.io/library/alpine", "latest", "", "alpine")
	f("me/app:1", "docker.io", "docker.io/me/app", "1", "", "me/app")
	f("docker.io/alpine", "docker.io", "docker.io/library/alpine", "latest", "", "docker.io/alpine")
	f("localhost/app", "localhost", "localhost/app", "latest", "", "localhost/app")
	f("localhost:5000/a/b:1", "localhost:5000", "localhost:5000/a/b", "1", "", "localhost:5000/a/b")
	f("localhost:5000/a/b", "localhost:5000", "localhost:5000/a/b", "latest", "", "localhost:5000/a/b")
	f("[2001:db8::1]:5000/a:1", "[2001:db8::1]:5000", "[2001:db8::1]:5000/a", "1", "", "[2001:db8::1]:5000/a")
	f("quay.io/a@"+digest, "quay.io", "quay.io/a", "", digest, "quay.io/a")
	f("quay.io/a:2@"+digest, "quay.io", "quay.io/a", "2", digest, "quay.io/a")
	f("quay.io/UPPER", "", "", "", "", "quay.io/UPPER")
	f("", "", "", "", "", "")
	f("a b", "", "", "", "", "a b")
	f(strings.Repeat("a/", 200)+"x", "", "", "", "", strings.Repeat("a/", 200)+"x")
}

// More images than are remembered are all read right, and no more are kept.
func TestManyImagesAreReadWithoutBeingKept(t *testing.T) {
	a := newAsked(t)
	for i := range 3 * mostImages {
		name := fmt.Sprintf("registry.example.com/app-%d", i)
		a.wants(inPod(`{"containers":[{"image":"`+name+`:1"},{"image":"`+name+`:1"}]}`))(prefix+spec+"containers.image.repository", name, name)
	}
	if len(a.event.images) > mostImages {
		t.Errorf("%d images are kept", len(a.event.images))
	}
}
