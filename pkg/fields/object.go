package fields

import (
	"strings"

	"github.com/valyala/fastjson"
)

// objectRows are what every object has.
var objectRows = []row{
	{name: "request.object", typ: Text, arg: KeyArg, get: pathAt((*Event).body),
		desc: "Anything in the object, by dotted path: request.object[spec.containers.0.image]. Without an index every element of an array is taken, joined by a space; objects are shown as JSON."},
	{name: "request.object.kind", typ: Text, get: textAt((*Event).body, "kind"),
		desc: "The kind of the object."},
	{name: "request.object.metadata.name", typ: Text, get: objectText("name"),
		desc: "The name of the object, else the one in the URI, else the one in the response, where a generated name stands."},
	{name: "request.object.metadata.namespace", typ: Text, get: objectText("namespace"),
		desc: "The namespace of the object, else the one in the URI."},
	{name: "request.object.metadata.generateName", typ: Text, get: textAt((*Event).body, "metadata", "generateName"),
		desc: "The prefix from which the API server makes the name."},
	{name: "request.object.metadata.labels", typ: Text, arg: KeyArg, get: keyAt((*Event).body, "metadata", "labels"),
		desc: "The label of that key."},
	{name: "request.object.metadata.annotations", typ: Text, arg: KeyArg, get: keyAt((*Event).body, "metadata", "annotations"),
		desc: "The object's annotation of that key."},
	{name: "request.object.metadata.ownerKinds", typ: Text, list: true, get: ownerKinds,
		desc: "The kinds of the object's owners: ReplicaSet, DaemonSet, Node. Whoever creates an object can claim any."},
}

// body is the object that the request is about: that of the request, or for a
// patch the one that it led to, where the event has it, for the patch itself
// shows a part only. Of a patch without an answer it is that part: a merge
// patch is one itself, and a JSON patch says where it writes which values. Nil
// when there is none; what a patch calls itself does not matter, for the API
// server ignores it.
func (e *Event) body() node {
	if !e.known.object {
		e.known.object = true
		e.object = e.findBody()
	}
	return e.object
}

func (e *Event) findBody() node {
	switch string(e.string(verb)) {
	case "delete", "deletecollection":
		return nil // what they send are options
	case "patch":
		if v := e.answer(); v != nil {
			return v
		}
		e.partial = true
		if v := e.at(requestObject); v != nil && v.Type() == fastjson.TypeArray {
			return e.patchObject()
		}
	}
	return object(e.at(requestObject))
}

// answer is the object in the response, nil when the response is none of the
// resource: a Status, a table, a list.
func (e *Event) answer() node {
	v := object(e.at(responseObject))
	if v == nil || isList(v) {
		return nil
	}
	kind, _ := text(child(v, "kind"))
	version, _ := text(child(v, "apiVersion"))
	for _, other := range notOfTheResource {
		if string(kind) == other.kind && strings.HasPrefix(string(version), other.apiVersion) {
			return nil
		}
	}
	return v
}

// notOfTheResource are what the API server answers in place of an object
// (k8s.io/apimachinery, meta/v1). Other groups may have kinds of these names.
var notOfTheResource = [...]struct{ kind, apiVersion string }{
	{"Status", "v1"}, {"Table", "meta.k8s.io/"}, {"PartialObjectMetadata", "meta.k8s.io/"},
}

// isList reports whether an object is a list of objects. The kind does not tell:
// there are resources of kinds such as IPAllowList.
func isList(v node) bool {
	items := child(v, "items")
	return items != nil && items.Type() == fastjson.TypeArray && at(v, "metadata", "name") == nil
}

// object is v if it is an object.
func object(v node) node {
	if v == nil || v.Type() != fastjson.TypeObject {
		return nil
	}
	return v
}

// objectText is the object's name or namespace, else that of the reference,
// else that of the object in the answer: a name that the API server generated
// stands nowhere else.
func objectText(key string) getter {
	return func(e *Event, _ Arg, out *Values) {
		_ = addNonEmpty(at(e.body(), "metadata", key), out) ||
			addNonEmpty(child(e.at(objectRef), key), out) ||
			addNonEmpty(at(e.answer(), "metadata", key), out)
	}
}

func ownerKinds(e *Event, _ Arg, out *Values) {
	for _, owner := range elements(at(e.body(), "metadata", "ownerReferences")) {
		addText(child(owner, "kind"), out)
	}
}
