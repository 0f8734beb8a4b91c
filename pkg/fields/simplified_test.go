package fields

import "testing"

func simple(info, more string) string {
	return `{"auditID":"a","requestInfo":` + info + more + `}`
}

func TestTheSimplifiedFormIsReadAsWhatItStandsFor(t *testing.T) {
	f := newAsked(t).wants(simple(`{"method":"POST","uri":"/api/v1/namespaces/dev/pods?dryRun=All","userAgent":"curl","remoteAddr":"192.0.2.7:1234"}`,
		`,"requestBody":{"kind":"Pod","metadata":{"name":"web"},"spec":{"hostNetwork":true}},"objectRef":{"name":"named"}`))
	f(prefix+"request.verb", "create")
	f(prefix+"request.uri", "/api/v1/namespaces/dev/pods?dryRun=All")
	f(prefix+"request.useragent", "curl")
	f(prefix+"request.sourceip", "192.0.2.7")
	f(prefix+"request.resource.type", "pods")
	f(prefix+"request.resource.namespace", "dev")
	f(prefix+"request.resource.name", "named")
	f(hostNetwork, "true")
}

func TestWhatTheEventSaysItselfOutweighsTheSimplifiedForm(t *testing.T) {
	f := newAsked(t).wants(simple(`{"method":"POST","uri":"/api/v1/pods","userAgent":"curl","remoteAddr":"192.0.2.7:1"}`,
		`,"verb":"list","requestURI":"/x","userAgent":"kubectl","sourceIPs":["192.0.2.8"],"objectRef":{"resource":"secrets"},"requestObject":{"kind":"A"},"requestBody":{"kind":"B"}`))
	f("ka.verb", "list")
	f("ka.uri", "/x")
	f("ka.useragent", "kubectl")
	f("ka.sourceips", "192.0.2.8")
	f("ka.target.resource", "secrets")
	f(objectKind, "A")
}

func TestWrongTypesInTheSimplifiedFormCostOnlyThemselves(t *testing.T) {
	f := newAsked(t).wants(simple(`{"method":"GET","uri":"/api/v1/namespaces/dev/pods/web","userAgent":7,"remoteAddr":{}}`, `,"objectRef":{"name":7,"namespace":null}`))
	f("ka.verb", "get")
	f("ka.target.resource", "pods")
	f("ka.target.name", "web")
	f("ka.target.namespace", "dev")
	f("ka.useragent")
	f("ka.sourceips")
	for _, info := range []string{`7`, `"x"`, `[]`, `null`, `{}`} {
		newAsked(t).wants(simple(info, `,"stage":"Panic"`))("ka.stage", "Panic")
	}
}

// encoding/json would take a key in other letters for the same; the API server
// does not.
func TestKeysOfTheSimplifiedFormAreReadToTheLetterAndTheLastOneCounts(t *testing.T) {
	f := newAsked(t).wants(simple(`{"method":"GET","method":"DELETE","Method":"PUT","uri":"/api/v1/namespaces/dev/pods/web"}`, ``))
	f("ka.verb", "delete")
}

func TestTheClientOfTheSimplifiedFormMayHaveNoPort(t *testing.T) {
	for remote, want := range map[string]string{"192.0.2.7:80": "192.0.2.7", "192.0.2.7": "192.0.2.7", "[2001:db8::1]:80": "2001:db8::1", "2001:db8::1": "2001:db8::1"} {
		newAsked(t).wants(simple(`{"remoteAddr":"`+remote+`"}`, ``))(prefix+"request.sourceip", want)
	}
	newAsked(t).wants(simple(`{"remoteAddr":"nobody"}`, ``))(prefix + "request.sourceip")
}

func TestAURIIsReadAsTheAPIServerDoes(t *testing.T) {
	f := func(method, uri string, want target) {
		t.Helper()
		if got := targetOf(method, uri); got != want {
			t.Errorf("%s %s is %+v, want %+v", method, uri, got, want)
		}
	}
	resource := func(t target) target { t.resourceRequest = true; return t }
	f("GET", "/healthz", target{verb: "get"})
	f("POST", "/apis/apps", target{verb: "post"})
	f("GET", "/api/v1", target{verb: "get", version: "v1"})
	f("GET", "/api/v1/pods", resource(target{verb: "list", version: "v1", resource: "pods", collection: true}))
	f("GET", "/api/v1/pods?watch=true", resource(target{verb: "watch", version: "v1", resource: "pods", collection: true}))
	f("GET", "/api/v1/pods?watch=False", resource(target{verb: "list", version: "v1", resource: "pods", collection: true}))
	f("HEAD", "/api/v1/nodes/a", resource(target{verb: "get", version: "v1", resource: "nodes", name: "a"}))
	f("DELETE", "/api/v1/namespaces/dev/pods", resource(target{verb: "deletecollection", version: "v1", namespace: "dev", resource: "pods", collection: true}))
	f("PATCH", "/apis/apps/v1/namespaces/dev/deployments/web/scale", resource(target{verb: "patch", group: "apps", version: "v1", namespace: "dev", resource: "deployments", name: "web", subresource: "scale"}))
	f("DELETE", "/api/v1/namespaces/dev", resource(target{verb: "delete", version: "v1", namespace: "dev", resource: "namespaces", name: "dev"}))
	f("PUT", "/api/v1/namespaces/dev/finalize", resource(target{verb: "update", version: "v1", namespace: "dev", resource: "namespaces", name: "dev", subresource: "finalize"}))
	f("GET", "/api/v1/namespaces", resource(target{verb: "list", version: "v1", resource: "namespaces", collection: true}))
	f("GET", "//api//v1/namespaces/dev/services/http:web:80/proxy/a/b", resource(target{verb: "get", version: "v1", namespace: "dev", resource: "services", name: "http:web:80", subresource: "proxy"}))
	f("GET", "/api/v1/namespaces/de%76/pods/a%20b", resource(target{verb: "get", version: "v1", namespace: "dev", resource: "pods", name: "a b"}))
	f("GET", "/api/v1/pods/%zz", resource(target{verb: "get", version: "v1", resource: "pods", name: "%zz"}))
	f("", "", target{})
}
