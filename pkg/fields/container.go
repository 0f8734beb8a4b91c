package fields

import "github.com/valyala/fastjson"

// containerList is one of the lists of containers of a pod.
type containerList int

const (
	containers containerList = iota
	initContainers
	ephemeralContainers
	allContainers // the three, one behind the other
)

// containerLists are their names, and where the incumbent has its fields.
var containerLists = [...]struct{ name, ka, desc string }{
	containers:          {"containers", "ka.req.pod.containers.", "container"},
	initContainers:      {"initContainers", "ka.req.pod.initContainers.", "init container"},
	ephemeralContainers: {"ephemeralContainers", "ka.req.pod.ephemeralContainers.", "ephemeral container"},
	allContainers:       {"allContainers", "", "container of any kind (containers, init containers, ephemeral containers)"},
}

// container is one container of the pod.
type container struct {
	node
	list containerList
}

// listContainers finds the containers of the pod.
func (p *podSpec) listContainers() {
	for list := containers; list < allContainers; list++ {
		for _, c := range elements(child(p.root, containerLists[list].name)) {
			if !isDirective(c) {
				p.containers = append(p.containers, container{c, list})
			}
		}
	}
}

// isDirective reports whether an element of a strategic merge patch is no
// element of the result: it says only that the list is replaced, or which
// element is deleted, by its name. One that says more counts, for another kind
// of patch may hold the same key as an unknown one
// (k8s.io/apimachinery, strategicpatch).
func isDirective(v node) bool {
	if child(v, "$patch") == nil {
		return false
	}
	only := true
	v.GetObject().Visit(func(key []byte, _ *fastjson.Value) {
		only = only && (string(key) == "$patch" || string(key) == "name")
	})
	return only
}

// attribute writes what a field says of one container: one text, empty where
// the container does not say, so that all lists are aligned; of a flat one,
// any number.
type attribute func(e *Event, c node, out *Values)

// perContainer is a getter for that attribute of every container of the list,
// or of the one at the index.
func perContainer(list containerList, get attribute) getter {
	return func(e *Event, arg Arg, out *Values) {
		i := uint64(0)
		for _, c := range e.podSpec().containers {
			if list != allContainers && c.list != list {
				continue
			}
			if !arg.Present || arg.Index == i {
				get(e, c.node, out)
			}
			i++
		}
		if arg.Present && out.Len() == 1 && len(out.Text(0)) == 0 {
			out.reset(out.typ) // a single value that is absent
		}
	}
}

// verdict is what is known about one container: whether something holds, and
// whether that can be told.
type verdict func(e *Event, c node) (holds, known bool)

// anyContainer is a getter for true when it holds for any container, false
// when it holds for none, and nothing when that cannot be told.
func anyContainer(judge verdict) getter {
	return func(e *Event, _ Arg, out *Values) {
		all := e.podSpec().containers
		certain := len(all) > 0
		for _, c := range all {
			holds, known := judge(e, c.node)
			if holds {
				out.addFlag(true)
				return
			}
			certain = certain && known
		}
		if certain {
			out.addFlag(false)
		}
	}
}

func privileged(_ *Event, c node) (holds, known bool) {
	holds, _ = flag(at(c, "securityContext", "privileged"))
	return holds, true
}

// mayEscalate is what the kubelet makes of allowPrivilegeEscalation: the
// kernel's no_new_privs is set only for an explicit false (k8s.io/api,
// core/v1, SecurityContext). A patch that does not say leaves it as it was.
func mayEscalate(e *Event, c node) (holds, known bool) {
	f, ok := flag(at(c, "securityContext", "allowPrivilegeEscalation"))
	if f || !ok && !e.partial {
		return true, true
	}
	if p, _ := privileged(e, c); p {
		return true, true
	}
	for _, capability := range elements(at(c, "securityContext", "capabilities", "add")) {
		if s, ok := text(capability); ok && string(capabilityName(s)) == "SYS_ADMIN" {
			return true, true
		}
	}
	return false, ok
}

// runsAsRoot is what the container's or else the pod's security context says
// about the user.
func runsAsRoot(e *Event, c node) (holds, known bool) {
	if uid, ok := effectiveID(e, c, "runAsUser"); ok {
		return uid == 0, true
	}
	for _, from := range [...]node{c, podRoot(e)} {
		if nonRoot, ok := flag(at(from, "securityContext", "runAsNonRoot")); ok {
			return false, nonRoot
		}
	}
	return false, false
}

// effectiveID is the ID that the container sets, else the pod.
func effectiveID(e *Event, c node, key string) (id uint64, ok bool) {
	if id, ok = number(at(c, "securityContext", key)); ok {
		return id, true
	}
	return number(at(podRoot(e), "securityContext", key))
}
