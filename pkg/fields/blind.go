package fields

import (
	"bytes"
	"strings"
)

// readObjects are the resources in whose objects fields look for what is
// dangerous, besides those with a pod specification. Secrets and tokens are
// not among them: their bodies do not belong into a log.
var readObjects = map[string]bool{
	"services": true, "ingresses": true, "persistentvolumes": true, "certificatesigningrequests": true,
	"roles": true, "clusterroles": true, "rolebindings": true, "clusterrolebindings": true,
	"mutatingwebhookconfigurations": true, "validatingwebhookconfigurations": true,
}

// writes are the verbs of requests that have an object.
var writes = map[string]bool{"create": true, "update": true, "patch": true}

// Blind names the resource that the request changed while the audit policy
// kept its object from the log (level Metadata), so that rules on the object
// cannot fire; it is empty for any other event. What the cluster's own
// components write is passed over: a good policy records less of it.
func (e *Event) Blind() string {
	if string(e.text[level]) != `"Metadata"` || string(e.text[stage]) != `"ResponseComplete"` || !writes[string(e.string(verb))] {
		return ""
	}
	ref := e.at(objectRef)
	resource, _ := text(child(ref, "resource"))
	if child(ref, "subresource") != nil || podSpecs[string(resource)] == nil && !readObjects[string(resource)] {
		return ""
	}
	code, _ := number(child(e.at(responseStatus), "code"))
	name, _ := text(child(e.at(user), "username"))
	if is(child(e.at(annotations), "audit.k8s.io/truncated"), "true") {
		return "" // it was recorded, and lost its object for its size
	}
	if code/100 != 2 || strings.HasPrefix(string(name), "system:") || bytes.Contains(e.string(requestURI), []byte("dryRun=All")) {
		return ""
	}
	return string(resource)
}

// MarkBlind makes k8s.audit.blind true for this event.
func (e *Event) MarkBlind() { e.blind = true }

func isBlind(e *Event, _ Arg, out *Values) { out.addFlag(e.blind) }
