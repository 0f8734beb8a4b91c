package fields

import "testing"

// about is an event about a pod: its verb, and further members.
func about(verb, members string) string {
	return `{"kind":"Event","auditID":"a","verb":"` + verb + `","objectRef":{"resource":"pods","namespace":"here","name":"web"},` + members + `}`
}

const (
	hostNetwork = prefix + spec + "hostNetwork"
	objectKind  = prefix + "request.object.kind"
	objectName  = prefix + "request.object.metadata.name"
	targetField = prefix + "request.resource.name"
)

func TestTheObjectOfACreateIsThatOfTheRequest(t *testing.T) {
	f := newAsked(t).wants(about("create", `"requestObject":{"kind":"Pod","spec":{"hostNetwork":true}},"responseObject":{"kind":"Pod","spec":{"hostNetwork":false}}`))
	f(hostNetwork, "true")
	f(objectKind, "Pod")
}

func TestTheObjectOfAPatchIsWhatItLedTo(t *testing.T) {
	result := `,"responseObject":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web"},"spec":{"hostNetwork":true}}`
	for _, patch := range []string{`{"metadata":{"labels":{"a":"b"}}}`, `[{"op":"add","path":"/a","value":1}]`, `null`, `"text"`, `{"kind":"Pod","apiVersion":"v1","spec":{"hostNetwork":false}}`} {
		f := newAsked(t).wants(about("patch", `"requestObject":`+patch+result))
		f(hostNetwork, "true")
		f(objectKind, "Pod")
	}
}

func TestAPatchWithoutItsResultIsReadAsFarAsItIsAnObject(t *testing.T) {
	a := newAsked(t)
	a.wants(about("patch", `"requestObject":{"spec":{"hostNetwork":true}}`))(hostNetwork, "true")
	a.wants(about("patch", `"requestObject":{"spec":null}`))(hostNetwork)
	for _, patch := range []string{`null`, `"text"`, `7`, `true`} {
		a.wants(about("patch", `"requestObject":`+patch))(hostNetwork)
	}
}

// An answer that is no object of the resource does not stand for the result:
// whoever patches can ask for one.
func TestAPatchIsNotHiddenByItsAnswer(t *testing.T) {
	for _, answer := range []string{
		`{"kind":"Status","apiVersion":"v1","status":"Failure"}`,
		`{"kind":"Table","apiVersion":"meta.k8s.io/v1","rows":[]}`,
		`{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"web"}}`,
		`{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}`,
		`null`, `"text"`, `[]`,
	} {
		newAsked(t).wants(about("patch", `"requestObject":{"spec":{"hostNetwork":true}},"responseObject":`+answer))(hostNetwork, "true")
	}
}

// The API server ignores the kind in a strategic merge patch.
func TestAPatchIsNotHiddenByTheKindThatItClaims(t *testing.T) {
	newAsked(t).wants(about("patch", `"requestObject":{"kind":"Status","apiVersion":"v1","spec":{"hostNetwork":true}}`))(hostNetwork, "true")
}

func TestResourcesMayBeOfKindsThatLookLikeAnswers(t *testing.T) {
	for _, kind := range []string{"IPAllowList", "Status", "Table"} {
		f := newAsked(t).wants(`{"verb":"patch","objectRef":{"resource":"things"},"requestObject":[],"responseObject":{"kind":"` + kind + `","apiVersion":"example.com/v1","metadata":{"name":"mine"},"spec":{"replicas":3}}}`)
		f(prefix+spec+"replicas", "3")
		f(objectName, "mine")
	}
}

func TestDeleteOptionsAreNotTheObject(t *testing.T) {
	for _, verb := range []string{"delete", "deletecollection"} {
		f := newAsked(t).wants(about(verb, `"requestObject":{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background"}`))
		f(objectKind)
		f(objectName, "web")
		f(prefix + "request.object[propagationPolicy]")
		f(prefix+"value[/requestObject/propagationPolicy]", "Background")
	}
}

func TestNameAndNamespaceFallBack(t *testing.T) {
	f := newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"pods","namespace":"here"},"requestObject":{"metadata":{"generateName":"web-"}},"responseObject":{"kind":"Pod","metadata":{"name":"web-1","namespace":"here"}}}`)
	f(objectName, "web-1")
	f(targetField, "web-1")
	f(prefix+"request.object.metadata.namespace", "here")
	f(prefix+"request.object.metadata.generateName", "web-")
	f = newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"pods","name":""},"requestObject":{"metadata":{"name":"web","namespace":"there"}}}`)
	f(targetField, "web")
	f(prefix+"request.resource.namespace", "there")
	f = newAsked(t).wants(`{"verb":"list","objectRef":{"resource":"pods","namespace":"here"},"responseObject":{"kind":"PodList","metadata":{"name":"no"},"items":[]}}`)
	f(prefix+"request.object.metadata.namespace", "here")
}

func TestAnAnswerOfStatusNamesNothing(t *testing.T) {
	f := newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"pods"},"responseObject":{"kind":"Status","apiVersion":"v1","metadata":{"name":"no"},"details":{"name":"no"}}}`)
	f(objectName)
	f(targetField)
	f(prefix+"response.object.kind", "Status")
}

func TestThePodIsNamedForRequestsAboutItself(t *testing.T) {
	f := func(subresource string, want ...string) {
		t.Helper()
		newAsked(t).wants(`{"verb":"get","objectRef":{"resource":"pods","name":"web"`+subresource+`}}`)("ka.target.pod.name", want...)
	}
	f(``, "web")
	f(`,"subresource":""`, "web")
	f(`,"subresource":"exec"`)
}

func TestLabelsAnnotationsAndOwnersOfTheObject(t *testing.T) {
	f := newAsked(t).wants(about("create", `"requestObject":{"metadata":{"labels":{"app.kubernetes.io/name":"x","n":7},"annotations":{"a":"","b":null},"ownerReferences":[{"kind":"ReplicaSet"},{"name":"x"},7,{"kind":"Node"}]}}`))
	f(prefix+"request.object.metadata.labels[app.kubernetes.io/name]", "x")
	f(prefix + "request.object.metadata.labels[n]")
	f(prefix + "request.object.metadata.labels[none]")
	f(prefix+"request.object.metadata.annotations[a]", "")
	f(prefix + "request.object.metadata.annotations[b]")
	f(prefix+"request.object.metadata.ownerKinds", "ReplicaSet", "Node")
}

func TestConfigMapsShowTheirDataAndSecretsDoNot(t *testing.T) {
	const data = `"requestObject":{"data":{"b":"2","a":"1"},"binaryData":{"c":"AA=="}}`
	f := newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"configmaps","name":"settings"},` + data + `}`)
	f(prefix+"request.object.data", `{"b":"2","a":"1"}`)
	f(prefix+"request.object.data.keys", "b", "a", "c")
	f("ka.req.configmap.name", "settings")
	f = newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"secrets","name":"db"},` + data + `}`)
	f(prefix + "request.object.data")
	f(prefix + "request.object.data.keys")
	f("ka.req.configmap.obj")
	f("ka.req.configmap.name")
}
