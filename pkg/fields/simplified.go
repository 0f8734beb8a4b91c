package fields

import (
	"encoding/json"
	"net"
)

// objectReference is the API server's object reference (audit/v1 ObjectReference).
type objectReference struct {
	Resource    string `json:"resource,omitempty"`
	Namespace   string `json:"namespace,omitempty"`
	Name        string `json:"name,omitempty"`
	UID         string `json:"uid,omitempty"`
	APIGroup    string `json:"apiGroup,omitempty"`
	APIVersion  string `json:"apiVersion,omitempty"`
	Subresource string `json:"subresource,omitempty"`
}

// simplified reads the simplified form of an audit event, in which manuals
// show it: requestInfo in place of verb, requestURI, userAgent and sourceIPs,
// requestBody in place of requestObject. It fills in the members that the
// event lacks with what these stand for, so that nothing else in this package
// knows of the form.
func (e *Event) simplified() {
	var info struct{ Method, URI, UserAgent, RemoteAddr string }
	if json.Unmarshal(e.text[requestInfo], &info) != nil {
		return
	}
	t := targetOf(info.Method, info.URI)
	e.supply(verb, t.verb)
	e.supply(requestURI, info.URI)
	if info.UserAgent != "" {
		e.supply(userAgent, info.UserAgent)
	}
	if host, _, err := net.SplitHostPort(info.RemoteAddr); err == nil {
		e.supply(sourceIPs, []string{host})
	}
	if e.lacks(requestObject) {
		e.text[requestObject] = e.text[requestBody]
	}
	e.complete(t)
}

// complete fills the object reference in with what the URI says.
func (e *Event) complete(t target) {
	if !t.resourceRequest {
		return
	}
	r := objectReference{
		Resource: t.resource, Subresource: t.subresource, Namespace: t.namespace,
		Name: t.name, APIGroup: t.group, APIVersion: t.version,
	}
	if !e.lacks(objectRef) && json.Unmarshal(e.text[objectRef], &r) != nil {
		return
	}
	e.text[objectRef] = nil
	e.supply(objectRef, r)
}

// supply gives the event a member that it lacks.
func (e *Event) supply(m member, value any) {
	if e.lacks(m) {
		e.text[m], _ = json.Marshal(value)
	}
}

func (e *Event) lacks(m member) bool {
	return e.text[m] == nil || string(e.text[m]) == "null"
}
