package fields

import (
	"bytes"
	"strings"
)

// attributes are the fields of each list of containers.
var attributes = []struct {
	name string
	ka   string // behind the list's name; empty when the incumbent has none
	get  attribute
	desc string // %s is the kind of container
}{
	{"name", "name", aligned("name"), "The name of each %s."},
	{"image", "image", aligned("image"), "The image of each %s, as it is written."},
	{"image.registry", "", imagePart(func(i image) string { return i.registry }), "The registry of each %s's image; docker.io where none is written."},
	{"image.repository", "", imagePart(func(i image) string { return i.repository }), "The full repository of each %s's image, with its registry: docker.io/library/alpine for alpine."},
	{"image.tag", "", imagePart(func(i image) string { return i.tag }), "The tag of each %s's image; latest where neither tag nor digest is written."},
	{"image.digest", "", imagePart(func(i image) string { return i.digest }), "The digest of each %s's image."},
	{"command", "command", joined("command"), "The command of each %s, joined by a space."},
	{"args", "args", joined("args"), "The arguments of each %s, joined by a space."},
	{"env", "", env, "The environment of every %s that is written as values, as name=value; a flat list."},
	{"privileged", "privileged", contextFlag("privileged"), "Whether each %s is privileged, as far as it says."},
	{"allowPrivilegeEscalation", "allow_privilege_escalation", contextFlag("allowPrivilegeEscalation"), "allowPrivilegeEscalation of each %s, as far as it says."},
	{"readOnlyRootFilesystem", "read_only_fs", contextFlag("readOnlyRootFilesystem"), "Whether the root file system of each %s is read-only, as far as it says."},
	{"runAsUser", "run_as_user", contextNumber("runAsUser"), "The user ID of each %s, as far as it says."},
	{"effRunAsUser", "eff_run_as_user", effective("runAsUser"), "The user ID of each %s: its own, else the pod's, else 0."},
	{"runAsGroup", "run_as_group", contextNumber("runAsGroup"), "The group ID of each %s, as far as it says."},
	{"effRunAsGroup", "eff_run_as_group", effective("runAsGroup"), "The group ID of each %s: its own, else the pod's, else 0."},
	{"capabilities.add", "add_capabilities", capabilities("add"), "The capabilities that any %s adds, in capitals and without CAP_, as the container runtime reads them; a flat list."},
	{"capabilities.drop", "", capabilities("drop"), "The capabilities that any %s drops; a flat list."},
	{"procMount", "proc_mount", aligned("securityContext", "procMount"), "The kind of proc mount of each %s: Default or Unmasked."},
	{"seccomp", "", seccomp, "The seccomp profile of each %s, as far as it says."},
	{"hostPorts", "host_port", hostPorts, "The ports of the node that any %s takes: its host ports, with hostNetwork also its container ports; a flat list."},
	{"mounts", "", mounts, "The mounts of every %s, as path:rw or path:ro; a flat list."},
}

// containerRows makes the rows of all lists from the attributes.
func containerRows() []row {
	var rows []row
	for list, l := range containerLists {
		for _, a := range attributes {
			r := row{
				name: spec + l.name + "." + a.name, typ: Text, list: true, byElement: true,
				get: perContainer(containerList(list), a.get), desc: strings.Replace(a.desc, "%s", l.desc, 1),
			}
			if a.ka != "" && l.ka != "" && !noIncumbent[l.ka+a.ka] {
				r.ka = l.ka + a.ka
			}
			rows = append(rows, r)
		}
	}
	return rows
}

// noIncumbent are the combinations that the incumbent does not have.
var noIncumbent = map[string]bool{"ka.req.pod.ephemeralContainers.host_port": true}

func aligned(path ...string) attribute {
	return func(_ *Event, c node, out *Values) { addAligned(at(c, path...), out) }
}

// joined is an array of strings as one text.
func joined(key string) attribute {
	return func(_ *Event, c node, out *Values) {
		n := out.Len()
		addJoined(elements(child(c, key)), out)
		if out.Len() == n {
			out.end()
		}
	}
}

func contextFlag(key string) attribute {
	return func(_ *Event, c node, out *Values) {
		if f, ok := flag(at(c, "securityContext", key)); ok {
			out.addFlag(f)
			return
		}
		out.end()
	}
}

func contextNumber(key string) attribute {
	return func(_ *Event, c node, out *Values) {
		if n, ok := number(at(c, "securityContext", key)); ok {
			out.addNumber(n)
			return
		}
		out.end()
	}
}

func effective(key string) attribute {
	return func(e *Event, c node, out *Values) {
		id, _ := effectiveID(e, c, key)
		out.addNumber(id)
	}
}

func env(_ *Event, c node, out *Values) {
	for _, variable := range elements(child(c, "env")) {
		name, _ := text(child(variable, "name"))
		if value, ok := text(child(variable, "value")); ok {
			addPair(name, value, out)
		}
	}
}

func capabilities(key string) attribute {
	return func(_ *Event, c node, out *Values) {
		for _, capability := range elements(at(c, "securityContext", "capabilities", key)) {
			if s, ok := text(capability); ok {
				out.add(capabilityName(s))
			}
		}
	}
}

// capabilityName is a capability as the container runtimes read it: in
// capitals, with or without CAP_ before it.
func capabilityName(s []byte) []byte {
	return bytes.TrimPrefix(bytes.ToUpper(s), []byte("CAP_"))
}

func seccomp(_ *Event, c node, out *Values) {
	n := out.Len()
	addProfile(at(c, "securityContext", "seccompProfile"), out)
	if out.Len() == n {
		out.end()
	}
}

func hostPorts(e *Event, c node, out *Values) {
	hostNetwork, _ := flag(child(podRoot(e), "hostNetwork"))
	for _, port := range elements(child(c, "ports")) {
		n, _ := number(child(port, "hostPort"))
		if n == 0 && hostNetwork {
			n, _ = number(child(port, "containerPort"))
		}
		if n > 0 {
			out.addNumber(n)
		}
	}
}

func mounts(_ *Event, c node, out *Values) {
	for _, mount := range elements(child(c, "volumeMounts")) {
		path, ok := text(child(mount, "mountPath"))
		if !ok {
			continue
		}
		out.append(path)
		if readOnly, _ := flag(child(mount, "readOnly")); readOnly {
			out.appendString(":ro")
		} else {
			out.appendString(":rw")
		}
		out.end()
	}
}
