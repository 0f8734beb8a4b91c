package fields

// resourceRows are the object that the request is about, as its URI names it.
var resourceRows = []row{
	{name: "request.resource.type", ka: "ka.target.resource", typ: Text, get: textAt(root(objectRef), "resource"),
		desc: "The resource, in the plural: pods, deployments, secrets."},
	{name: "request.resource.subresource", ka: "ka.target.subresource", typ: Text, get: textAt(root(objectRef), "subresource"),
		desc: "The sub-resource: exec, log, status, token, ephemeralcontainers and others."},
	{name: "request.resource.name", ka: "ka.target.name", typ: Text, get: targetName,
		desc: "The name of the object: from the URI, else from the object in the request, else from the one in the response, which has the name that the API server generated."},
	{name: "request.resource.namespace", ka: "ka.target.namespace", typ: Text, get: targetNamespace,
		desc: "The namespace of the object: from the URI, else from the object."},
	{name: "request.resource.group", typ: Text, get: textAt(root(objectRef), "apiGroup"),
		desc: "The API group of the resource: apps, rbac.authorization.k8s.io; none for the core group."},
	{name: "request.resource.version", typ: Text, get: textAt(root(objectRef), "apiVersion"),
		desc: "The API version of the resource."},
	{name: "request.resource.uid", typ: Text, get: textAt(root(objectRef), "uid"),
		desc: "The UID of the object, where the request names it."},
	{ka: "ka.target.pod.name", typ: Text, get: targetPodName,
		desc: "The name of the pod, when the request is about a pod itself, not a sub-resource of it."},
}

// targetName is the first name that is known of the object.
func targetName(e *Event, _ Arg, out *Values) { e.targetText("name", out) }

func targetNamespace(e *Event, _ Arg, out *Values) { e.targetText("namespace", out) }

// targetText is what the URI, else the object in the request, else the one in
// the answer says about the object: its name or namespace.
func (e *Event) targetText(key string, out *Values) {
	_ = addNonEmpty(child(e.at(objectRef), key), out) ||
		addNonEmpty(at(e.body(), "metadata", key), out) ||
		addNonEmpty(at(e.answer(), "metadata", key), out)
}

func targetPodName(e *Event, arg Arg, out *Values) {
	ref := e.at(objectRef)
	if sub, _ := text(child(ref, "subresource")); is(child(ref, "resource"), "pods") && len(sub) == 0 {
		targetName(e, arg, out)
	}
}

// addNonEmpty adds a string that is not empty, and reports whether it did.
func addNonEmpty(v node, out *Values) bool {
	s, ok := text(v)
	if !ok || len(s) == 0 {
		return false
	}
	out.add(s)
	return true
}
