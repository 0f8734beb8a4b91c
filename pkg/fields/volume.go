package fields

import "path"

// volumeRows are the volumes of the pod.
var volumeRows = []row{
	{name: spec + "volumes.types", ka: "ka.req.pod.volumes.volume_type", typ: Text, list: true, get: volumeTypes,
		desc: "The kind of each volume: hostPath, secret, projected, persistentVolumeClaim and so on."},
	{name: spec + "volumes.hostPath", ka: "ka.req.pod.volumes.hostpath", typ: Text, list: true, get: hostPaths,
		desc: "The paths of the node that are mounted, cleaned: /proc for /etc/../proc/."},
	{name: spec + "volumes.hostPath.writable", typ: Text, list: true, get: writableHostPaths,
		desc: "Of the paths of the node those that some container mounts writable."},
	{name: spec + "volumes.hostPath.within", typ: Text, list: true, get: hostPathsWithin,
		desc: "The paths of the node that are mounted and the directories that they are in: /etc/kubernetes/pki, /etc/kubernetes, /etc. The root is among them only when it is mounted itself."},
	{name: spec + "volumes.secrets", typ: Text, list: true, get: volumeSecrets,
		desc: "The secrets that volumes show, projected ones included."},
	{name: spec + "volumes.configMaps", typ: Text, list: true, get: volumeConfigMaps,
		desc: "The ConfigMaps that volumes show, projected ones included."},
	{name: spec + "volumes.csi", typ: Text, list: true, get: volumeTexts("csi", "driver"),
		desc: "The CSI drivers of inline volumes."},
	{name: spec + "volumes.tokenAudiences", typ: Text, list: true, get: tokenAudiences,
		desc: "The audiences of projected service account tokens."},
	{ka: "ka.req.pod.volumes.flexvolume_driver", typ: Text, list: true, get: volumeTexts("flexVolume", "driver"),
		desc: "The drivers of flex volumes."},
	{ka: "ka.req.volume.hostpath", typ: Text, arg: KeyArg, get: mountsHostPath,
		desc: "true when a volume shows that path of the node, false when none does; with * at its end the path is a prefix."},
}

func volumes(e *Event) []node { return elements(child(podRoot(e), "volumes")) }

func volumeTypes(e *Event, _ Arg, out *Values) {
	for _, volume := range volumes(e) {
		n := out.Len()
		eachMember(volume, func(key []byte, _ node) {
			if string(key) != "name" && out.Len() == n {
				out.add(key)
			}
		})
		if out.Len() == n {
			out.end()
		}
	}
}

// volumeTexts are the strings at a path in the volumes that have it.
func volumeTexts(keys ...string) getter {
	return func(e *Event, _ Arg, out *Values) {
		for _, volume := range volumes(e) {
			addText(at(volume, keys...), out)
		}
	}
}

// hostPath is the cleaned path of the node that a volume shows.
func hostPath(volume node) (cleaned string, ok bool) {
	s, ok := text(at(volume, "hostPath", "path"))
	if !ok {
		return "", false
	}
	return path.Clean(string(s)), true
}

func hostPaths(e *Event, _ Arg, out *Values) {
	for _, volume := range volumes(e) {
		if p, ok := hostPath(volume); ok {
			out.add([]byte(p))
		}
	}
}

// hostPathsWithin lets a rule compare with a directory and all that is in it:
// of a list Falco compares whole elements only.
func hostPathsWithin(e *Event, _ Arg, out *Values) {
	for _, volume := range volumes(e) {
		p, ok := hostPath(volume)
		for ok && p != "." {
			out.add([]byte(p))
			if p = path.Dir(p); p == "/" {
				break
			}
		}
	}
}

func writableHostPaths(e *Event, _ Arg, out *Values) {
	for _, volume := range volumes(e) {
		p, ok := hostPath(volume)
		name, _ := text(child(volume, "name"))
		if ok && e.writable(string(name)) {
			out.add([]byte(p))
		}
	}
}

// writable reports whether some container mounts the volume writable.
func (e *Event) writable(volume string) bool {
	for _, c := range e.podSpec().containers {
		for _, mount := range elements(child(c.node, "volumeMounts")) {
			if readOnly, _ := flag(child(mount, "readOnly")); !readOnly && is(child(mount, "name"), volume) {
				return true
			}
		}
	}
	return false
}

func volumeSecrets(e *Event, _ Arg, out *Values) {
	for _, volume := range volumes(e) {
		addText(at(volume, "secret", "secretName"), out)
		eachProjected(volume, func(source node) { addText(at(source, "secret", "name"), out) })
	}
}

func volumeConfigMaps(e *Event, _ Arg, out *Values) {
	for _, volume := range volumes(e) {
		addText(at(volume, "configMap", "name"), out)
		eachProjected(volume, func(source node) { addText(at(source, "configMap", "name"), out) })
	}
}

func tokenAudiences(e *Event, _ Arg, out *Values) {
	for _, volume := range volumes(e) {
		eachProjected(volume, func(source node) { addText(at(source, "serviceAccountToken", "audience"), out) })
	}
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
