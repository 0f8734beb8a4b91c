package fields

import (
	"bytes"
	"path"
)

// volumeRows are the volumes of the pod.
var volumeRows = []row{
	{name: spec + "volumes.types", ka: "ka.req.pod.volumes.volume_type", typ: Text, list: true, byElement: true, get: eachVolume(addTypes),
		desc: "The kind of each volume: hostPath, secret, projected, persistentVolumeClaim and so on."},
	{name: spec + "volumes.hostPath", ka: "ka.req.pod.volumes.hostpath", typ: Text, list: true, byElement: true, get: eachVolume(addHostPath),
		desc: "The paths of the node that are mounted, cleaned: /proc for /etc/../proc/."},
	{name: spec + "volumes.hostPath.writable", typ: Text, list: true, byElement: true, get: writableHostPaths,
		desc: "Of the paths of the node those that some container mounts writable."},
	{name: spec + "volumes.hostPath.within", typ: Text, list: true, byElement: true, get: eachVolume(addHostPathWithin),
		desc: "The paths of the node that are mounted and the directories that they are in: /etc/kubernetes/pki, /etc/kubernetes, /etc. The root is among them only when it is mounted itself."},
	{name: spec + "volumes.secrets", typ: Text, list: true, byElement: true, get: eachVolume(addSecrets),
		desc: "The secrets that volumes show, projected ones included."},
	{name: spec + "volumes.configMaps", typ: Text, list: true, byElement: true, get: eachVolume(addConfigMaps),
		desc: "The ConfigMaps that volumes show, projected ones included."},
	{name: spec + "volumes.csi", typ: Text, list: true, byElement: true, get: eachVolume(addVolumeText("csi", "driver")),
		desc: "The CSI drivers of inline volumes."},
	{name: spec + "volumes.tokenAudiences", typ: Text, list: true, byElement: true, get: eachVolume(addAudiences),
		desc: "The audiences of projected service account tokens."},
	{ka: "ka.req.pod.volumes.flexvolume_driver", typ: Text, list: true, byElement: true, get: eachVolume(addVolumeText("flexVolume", "driver")),
		desc: "The drivers of flex volumes."},
	{ka: "ka.req.volume.hostpath", typ: Text, arg: KeyArg, get: mountsHostPath,
		desc: "true when a volume shows that path of the node, false when none does; with * at its end the path is a prefix."},
}

// eachVolume is a getter for what a field says of each volume of the pod, or of
// the one at the index.
func eachVolume(get func(volume node, out *Values)) getter {
	return func(e *Event, arg Arg, out *Values) {
		for i, volume := range volumes(e) {
			if !arg.Present || arg.Index == uint64(i) {
				get(volume, out)
			}
		}
		if arg.Present && out.Len() == 1 && len(out.Text(0)) == 0 {
			out.reset(out.typ) // a single value that is absent
		}
	}
}

// volumes are the volumes of the pod.
func volumes(e *Event) []node { return e.podSpec().volumes }

// listVolumes finds the volumes of the pod.
func (p *podSpec) listVolumes() {
	for _, volume := range elements(child(p.root, "volumes")) {
		if !isDirective(volume) {
			p.volumes = append(p.volumes, volume)
		}
	}
}

// addTypes adds the keys of a volume other than its name and the directives of
// a strategic merge patch. A volume that exists has one; what else a patch
// holds must not hide it.
func addTypes(volume node, out *Values) {
	n := out.Len()
	eachMember(volume, func(key []byte, _ node) {
		if string(key) != "name" && !bytes.HasPrefix(key, []byte("$")) {
			out.add(key)
		}
	})
	if out.Len() == n {
		out.end()
	}
}

// addVolumeText adds the string at a path of a volume that has it.
func addVolumeText(keys ...string) func(node, *Values) {
	return func(volume node, out *Values) { addText(at(volume, keys...), out) }
}

// hostPath is the cleaned path of the node that a volume shows.
func hostPath(volume node) (cleaned string, ok bool) {
	s, _ := text(at(volume, "hostPath", "path"))
	if len(s) == 0 {
		return "", false
	}
	return path.Clean(string(s)), true
}

func addHostPath(volume node, out *Values) {
	if p, ok := hostPath(volume); ok {
		out.add([]byte(p))
	}
}

// mostLevels is how many directories around a path are listed: what they take
// grows with the square of the path's length, and a client chooses that.
const mostLevels = 32

// addHostPathWithin lets a rule compare with a directory and all that is in it:
// of a list Falco compares whole elements only. Of a path that is deeper than
// mostLevels, the directories next to the root are listed.
func addHostPathWithin(volume node, out *Values) {
	p, ok := hostPath(volume)
	if !ok || p == "." {
		return
	}
	out.add([]byte(p))
	for p = upTo(p, mostLevels); ; {
		if p = path.Dir(p); p == "/" || p == "." {
			return
		}
		out.add([]byte(p))
	}
}

// upTo is the beginning of a path with up to that many elements.
func upTo(p string, elements int) string {
	for i := 1; i < len(p); i++ {
		if p[i] != '/' {
			continue
		}
		if elements--; elements == 0 {
			return p[:i]
		}
	}
	return p
}

func writableHostPaths(e *Event, arg Arg, out *Values) {
	var writable map[string]bool
	eachVolume(func(volume node, out *Values) {
		p, ok := hostPath(volume)
		if !ok {
			return
		}
		if writable == nil {
			writable = e.writableVolumes()
		}
		if name, _ := text(child(volume, "name")); writable[string(name)] {
			out.add([]byte(p))
		}
	})(e, arg, out)
}

// writableVolumes are the names of the volumes that some container mounts
// writable.
func (e *Event) writableVolumes() map[string]bool {
	names := map[string]bool{}
	for _, c := range e.podSpec().containers {
		for _, mount := range elements(child(c.node, "volumeMounts")) {
			if readOnly, _ := flag(child(mount, "readOnly")); !readOnly {
				name, _ := text(child(mount, "name"))
				names[string(name)] = true
			}
		}
	}
	return names
}

func addSecrets(volume node, out *Values) {
	addText(at(volume, "secret", "secretName"), out)
	eachProjected(volume, func(source node) { addText(at(source, "secret", "name"), out) })
}

func addConfigMaps(volume node, out *Values) {
	addText(at(volume, "configMap", "name"), out)
	eachProjected(volume, func(source node) { addText(at(source, "configMap", "name"), out) })
}

func addAudiences(volume node, out *Values) {
	eachProjected(volume, func(source node) { addText(at(source, "serviceAccountToken", "audience"), out) })
}

func eachProjected(volume node, each func(source node)) {
	for _, source := range elements(at(volume, "projected", "sources")) {
		each(source)
	}
}

// mountsHostPath compares the cleaned paths with the argument.
func mountsHostPath(e *Event, arg Arg, out *Values) {
	if podRoot(e) == nil {
		return
	}
	for _, volume := range volumes(e) {
		if p, ok := hostPath(volume); ok && matches(p, arg.Key) {
			out.addFlag(true)
			return
		}
	}
	out.addFlag(false)
}

// matches compares a path with a pattern that is a path, or a prefix and *.
func matches(p, pattern string) bool {
	if n := len(pattern) - 1; n >= 0 && pattern[n] == '*' {
		return len(p) >= n && p[:n] == pattern[:n]
	}
	return p == pattern || p == path.Clean(pattern)
}
