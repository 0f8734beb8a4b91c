package fields

import (
	"encoding/json"
	"net"
	"net/netip"
)

// simplified reads the simplified form of an audit event, in which manuals
// show it: requestInfo in place of verb, requestURI, userAgent and sourceIPs,
// requestBody in place of requestObject. It fills in the members that the
// event lacks with what these stand for, so that nothing else in this package
// knows of the form.
func (e *Event) simplified() {
	info := object(e.at(requestInfo))
	if info == nil {
		return
	}
	said := func(key string) string {
		s, _ := text(child(info, key))
		return string(s)
	}
	t := targetOf(said("method"), said("uri"))
	e.supply(verb, t.verb)
	e.supply(requestURI, said("uri"))
	e.supply(userAgent, said("userAgent"))
	if client := clientOf(said("remoteAddr")); client != "" {
		e.set(sourceIPs, []string{client}, e.lacks(sourceIPs))
	}
	if e.lacks(requestObject) {
		e.text[requestObject] = e.text[requestBody]
	}
	e.complete(t)
}

// clientOf is the address in address:port, or in an address alone.
func clientOf(remote string) string {
	if host, _, err := net.SplitHostPort(remote); err == nil {
		return host
	}
	if _, err := netip.ParseAddr(remote); err == nil {
		return remote
	}
	return ""
}

// complete fills the object reference in with what the URI says (audit/v1,
// ObjectReference).
func (e *Event) complete(t target) {
	if !t.resourceRequest {
		return
	}
	reference := map[string]string{
		"resource": t.resource, "subresource": t.subresource, "namespace": t.namespace, "name": t.name,
		"apiGroup": t.group, "apiVersion": t.version,
	}
	eachMember(e.at(objectRef), func(key []byte, v node) {
		if s, ok := text(v); ok {
			reference[string(key)] = string(s)
		}
	})
	for key, value := range reference {
		if value == "" {
			delete(reference, key)
		}
	}
	e.set(objectRef, reference, true)
}

// supply gives the event a text that it lacks.
func (e *Event) supply(m member, value string) {
	e.set(m, value, value != "" && e.lacks(m))
}

// set makes the value that of a member.
func (e *Event) set(m member, value any, wanted bool) {
	if wanted {
		e.text[m], _ = json.Marshal(value)
		e.docs[m].parsed = false
	}
}

func (e *Event) lacks(m member) bool {
	return e.text[m] == nil || string(e.text[m]) == "null"
}
