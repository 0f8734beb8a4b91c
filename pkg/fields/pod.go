package fields

// spec is where the fields of the object's specification are.
const spec = "request.object.spec."

// podRows are the pod specification, wherever it is in the object.
var podRows = []row{
	{name: spec + "hostNetwork", ka: "ka.req.pod.host_network ka.req.container.host_network", typ: Flag, get: flagAt(podRoot, "hostNetwork"),
		desc: "The pod uses the node's network."},
	{name: spec + "hostPID", ka: "ka.req.pod.host_pid", typ: Flag, get: flagAt(podRoot, "hostPID"),
		desc: "The pod sees the node's processes."},
	{name: spec + "hostIPC", ka: "ka.req.pod.host_ipc", typ: Flag, get: flagAt(podRoot, "hostIPC"),
		desc: "The pod shares the node's inter-process communication."},
	{name: spec + "hostUsers", typ: Flag, get: flagAt(podRoot, "hostUsers"),
		desc: "The pod uses the node's user IDs; false puts it into a user namespace."},
	{name: spec + "shareProcessNamespace", typ: Flag, get: flagAt(podRoot, "shareProcessNamespace"),
		desc: "The containers of the pod see each other's processes."},
	{name: spec + "automountServiceAccountToken", typ: Flag, get: flagAt(podRoot, "automountServiceAccountToken"),
		desc: "The service account's token is mounted, as far as the pod says."},
	{name: spec + "serviceAccountName", typ: Text, get: serviceAccountName,
		desc: "The service account of the pod."},
	{name: spec + "nodeName", typ: Text, get: textAt(podRoot, "nodeName"),
		desc: "The node that the pod is pinned to, past the scheduler."},
	{name: spec + "priorityClassName", typ: Text, get: textAt(podRoot, "priorityClassName"),
		desc: "The priority class of the pod."},
	{name: spec + "runtimeClassName", typ: Text, get: textAt(podRoot, "runtimeClassName"),
		desc: "The runtime class of the pod."},
	{name: spec + "tolerations", typ: Text, list: true, get: tolerations,
		desc: "The taints that the pod tolerates, as key=value:effect; * stands for any key, and what is left out for any value or effect."},
	{name: spec + "securityContext.privileged", ka: "ka.req.container.privileged", typ: Flag, get: anyContainer(privileged),
		desc: "True when any container is privileged, init and ephemeral containers included; false when none is."},
	{name: spec + "securityContext.allowPrivilegeEscalation", typ: Flag, get: anyContainer(mayEscalate),
		desc: "True when any container may gain privileges beyond its parent's: unless it is set to false, and always for a privileged container or one with SYS_ADMIN."},
	{name: spec + "securityContext.runsAsRoot", typ: Flag, get: anyContainer(runsAsRoot),
		desc: "True when any container runs as user 0, false when none can; no value when the image decides."},
	{name: spec + "securityContext.runAsUser", ka: "ka.req.pod.run_as_user", typ: Number, get: numberAt(podRoot, "securityContext", "runAsUser"),
		desc: "The user ID that the pod sets for its containers."},
	{name: spec + "securityContext.runAsGroup", ka: "ka.req.pod.run_as_group", typ: Number, get: numberAt(podRoot, "securityContext", "runAsGroup"),
		desc: "The group ID that the pod sets for its containers."},
	{name: spec + "securityContext.fsGroup", ka: "ka.req.pod.fs_group", typ: Number, get: numberAt(podRoot, "securityContext", "fsGroup"),
		desc: "The group ID that owns the pod's volumes."},
	{name: spec + "securityContext.supplementalGroups", ka: "ka.req.pod.supplemental_groups", typ: Text, list: true, get: supplementalGroups,
		desc: "The further group IDs of the pod's processes."},
	{name: spec + "securityContext.seccomp", typ: Text, get: podSeccomp,
		desc: "The seccomp profile of the pod: RuntimeDefault, Unconfined, or Localhost/ and the profile's path."},
	{name: spec + "securityContext.appArmor", typ: Text, get: podAppArmor,
		desc: "The AppArmor profile of the pod, as seccomp."},
	{name: spec + "securityContext.sysctls", typ: Text, list: true, get: sysctls,
		desc: "The kernel parameters that the pod sets, as name=value."},
}

// podSpecs is where the pod specification is in the object of each resource
// (k8s.io/api, core/v1, apps/v1, batch/v1).
var podSpecs = map[string][]string{
	"pods":                   {"spec"},
	"deployments":            {"spec", "template", "spec"},
	"daemonsets":             {"spec", "template", "spec"},
	"statefulsets":           {"spec", "template", "spec"},
	"replicasets":            {"spec", "template", "spec"},
	"replicationcontrollers": {"spec", "template", "spec"},
	"jobs":                   {"spec", "template", "spec"},
	"cronjobs":               {"spec", "jobTemplate", "spec", "template", "spec"},
	"podtemplates":           {"template", "spec"},
}

// podKinds are the resources of kinds, for an event without a reference.
var podKinds = map[string]string{
	"Pod": "pods", "Deployment": "deployments", "DaemonSet": "daemonsets", "StatefulSet": "statefulsets", "ReplicaSet": "replicasets",
	"ReplicationController": "replicationcontrollers", "Job": "jobs", "CronJob": "cronjobs", "PodTemplate": "podtemplates",
}

// podSpec is the pod specification of an event.
type podSpec struct {
	root       node
	containers []container
	volumes    []node
}

// mostKept is how many containers or volumes there is room for after an event.
const mostKept = 64

func (p *podSpec) reset() {
	p.root, p.containers, p.volumes = nil, emptied(p.containers), emptied(p.volumes)
}

// emptied is the slice without elements, for use again. Nothing in it holds on
// to what they pointed to.
func emptied[T any](s []T) []T {
	if cap(s) > mostKept {
		return nil
	}
	clear(s)
	return s[:0]
}

// podRoot is the pod specification, nil when the object has none.
func podRoot(e *Event) node { return e.podSpec().root }

func (e *Event) podSpec() *podSpec {
	if !e.known.pod {
		e.known.pod = true
		e.pod.root = at(e.body(), e.podSpecPath()...)
		e.pod.listContainers()
		e.pod.listVolumes()
	}
	return &e.pod
}

// podSubresources are the sub-resources whose requests set what runs in a pod.
// The others either have another object or, as status, leave the specification
// as it was, whatever their object says.
var podSubresources = map[string]bool{"": true, "ephemeralcontainers": true, "resize": true}

// podSpecPath is where the specification is: by the resource of the request,
// for a patch need not say its kind; by the kind where there is no resource.
// A path to nowhere ends in nothing.
func (e *Event) podSpecPath() []string {
	if sub, _ := text(child(e.at(objectRef), "subresource")); !podSubresources[string(sub)] {
		return nowhere
	}
	resource, ok := text(child(e.at(objectRef), "resource"))
	if !ok {
		kind, _ := text(child(e.body(), "kind"))
		resource = []byte(podKinds[string(kind)])
	}
	if path := podSpecs[string(resource)]; path != nil {
		return path
	}
	return nowhere
}

var nowhere = []string{"", ""}

func serviceAccountName(e *Event, _ Arg, out *Values) {
	_ = addNonEmpty(child(podRoot(e), "serviceAccountName"), out) || addNonEmpty(child(podRoot(e), "serviceAccount"), out)
}

func supplementalGroups(e *Event, _ Arg, out *Values) {
	for _, group := range elements(at(podRoot(e), "securityContext", "supplementalGroups")) {
		if n, ok := number(group); ok {
			out.addNumber(n)
		}
	}
}

func tolerations(e *Event, _ Arg, out *Values) {
	for _, t := range elements(child(podRoot(e), "tolerations")) {
		if key, _ := text(child(t, "key")); len(key) > 0 {
			out.append(key)
		} else {
			out.appendString("*")
		}
		if value, _ := text(child(t, "value")); len(value) > 0 {
			out.appendString("=")
			out.append(value)
		}
		if effect, _ := text(child(t, "effect")); len(effect) > 0 {
			out.appendString(":")
			out.append(effect)
		}
		out.end()
	}
}

func sysctls(e *Event, _ Arg, out *Values) {
	for _, s := range elements(at(podRoot(e), "securityContext", "sysctls")) {
		name, _ := text(child(s, "name"))
		value, _ := text(child(s, "value"))
		addPair(name, value, out)
	}
}

func podSeccomp(e *Event, _ Arg, out *Values) {
	addProfile(at(podRoot(e), "securityContext", "seccompProfile"), out)
}

func podAppArmor(e *Event, _ Arg, out *Values) {
	addProfile(at(podRoot(e), "securityContext", "appArmorProfile"), out)
}

// addProfile adds a security profile: its type, and the path of one that is on
// the node.
func addProfile(v node, out *Values) {
	kind, ok := text(child(v, "type"))
	if !ok {
		return
	}
	out.append(kind)
	if path, ok := text(child(v, "localhostProfile")); ok {
		out.appendString("/")
		out.append(path)
	}
	out.end()
}
