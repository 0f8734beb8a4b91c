package fields

import (
	"net/url"
	"strings"
)

// target is what a request's URI says about its verb and object, read as the
// API server reads it (k8s.io/apiserver, pkg/endpoints/request,
// RequestInfoFactory).
type target struct {
	verb                        string
	group, version              string
	namespace, resource         string
	name, subresource           string
	resourceRequest, collection bool
}

// verbs are the API verbs of HTTP methods on one object and on a collection.
var verbs = map[string]struct{ one, all string }{
	"POST":   {"create", "create"},
	"GET":    {"get", "list"},
	"HEAD":   {"get", "list"},
	"PUT":    {"update", "update"},
	"PATCH":  {"patch", "patch"},
	"DELETE": {"delete", "deletecollection"},
}

// namespaced are the sub-resources of namespaces; any other element behind
// /namespaces/name/ is a resource in it.
var namespaceSubresources = map[string]bool{"status": true, "finalize": true}

// targetOf reads an HTTP method and request URI.
func targetOf(method, uri string) target {
	path, query, _ := strings.Cut(uri, "?")
	t := target{verb: strings.ToLower(method)}
	parts := strings.FieldsFunc(unescaped(path), func(r rune) bool { return r == '/' })
	rest, ok := t.groupVersion(parts)
	if !ok || len(rest) == 0 {
		return t
	}
	t.resourceRequest = true
	t.object(rest)
	if v, ok := verbs[method]; ok {
		t.verb = v.one
		if t.collection = t.name == ""; t.collection {
			t.verb = v.all
		}
	}
	if t.verb == "list" && watches(query) {
		t.verb = "watch"
	}
	return t
}

// groupVersion reads /api/v1 or /apis/group/version.
func (t *target) groupVersion(parts []string) (rest []string, ok bool) {
	switch {
	case len(parts) >= 2 && parts[0] == "api":
		t.version = parts[1]
		return parts[2:], true
	case len(parts) >= 3 && parts[0] == "apis":
		t.group, t.version = parts[1], parts[2]
		return parts[3:], true
	}
	return nil, false
}

// object reads [namespaces/ns/]resource[/name[/subresource…]].
func (t *target) object(parts []string) {
	if parts[0] == "namespaces" && len(parts) > 1 {
		t.namespace = parts[1]
		if len(parts) > 2 && !namespaceSubresources[parts[2]] {
			parts = parts[2:]
		}
	}
	t.resource = parts[0]
	if len(parts) > 1 {
		t.name = parts[1]
	}
	if len(parts) > 2 {
		t.subresource = parts[2]
	}
}

func watches(query string) bool {
	values, _ := url.ParseQuery(query)
	watch := values.Get("watch")
	return values.Has("watch") && watch != "0" && !strings.EqualFold(watch, "false")
}

func unescaped(path string) string {
	if s, err := url.PathUnescape(path); err == nil {
		return s
	}
	return path
}
