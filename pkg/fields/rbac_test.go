package fields

import (
	"strings"
	"testing"
)

func role(rules string) string {
	return `{"verb":"create","objectRef":{"resource":"clusterroles"},"requestObject":{"rules":` + rules + `}}`
}

const grantsField = prefix + "request.object.rules.grants"

func TestGrantsAreEveryCombinationOfEachRule(t *testing.T) {
	f := func(rules string, want ...string) {
		t.Helper()
		newAsked(t).wants(role(rules))(grantsField, want...)
	}
	f(`[{"verbs":["get","list"],"apiGroups":["","apps"],"resources":["pods"]}]`, "get:/pods", "get:apps/pods", "list:/pods", "list:apps/pods")
	f(`[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]},{"verbs":["get"],"nonResourceURLs":["/metrics"]}]`, "*:*/*", "get:/metrics")
	f(`[{"verbs":["get"],"apiGroups":[""],"resources":["secrets"],"resourceNames":["a","b"]}]`, "get:/secrets=a", "get:/secrets=b")
	f(`[{"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":[]}]`, "get:/pods")
	f(`[{"verbs":["get"],"resources":["pods"]},{"verbs":[],"apiGroups":[""],"resources":["pods"]},{},null,7]`)
	f(`[{"verbs":["get",7,null],"apiGroups":["",{}],"resources":["pods",true]}]`, "get:/pods")
	f(`{}`)
}

// A role of 3,000 bytes can grant a billion combinations; it is not to cost
// their time, nor to hide what it grants.
func TestARoleThatGrantsTooMuchToListGrantsEverything(t *testing.T) {
	many := `["` + strings.Repeat(`a","`, 1000) + `a"]`
	newAsked(t).wants(role(`[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]},{"verbs":`+many+`,"apiGroups":`+many+`,"resources":`+many+`,"resourceNames":`+many+`}]`))(grantsField, "get:/pods", "*:*/*")
}

// Megabytes of a verb, once for each of thousands of resources, would be more
// memory than there is.
func TestARoleOfLongWordsIsNotMultiplied(t *testing.T) {
	long, many := strings.Repeat("a", 1<<20), `["`+strings.Repeat(`a","`, 5000)+`a"]`
	for _, rule := range []string{
		`{"verbs":["` + long + `"],"apiGroups":[""],"resources":` + many + `}`,
		`{"verbs":["get"],"apiGroups":[""],"resources":["` + long + `"],"resourceNames":` + many + `}`,
		`{"verbs":["` + long + `"],"nonResourceURLs":` + many + `}`,
	} {
		got := newAsked(t).read(role(`[` + rule + `]`)).field(grantsField)
		if n := len(strings.Join(got, "")); got[len(got)-1] != "*:*/*" || n > mostGrantBytes+2<<20 {
			t.Errorf("%d bytes of grants, the last %.20q", n, got[len(got)-1])
		}
	}
}

func TestRulesAreListedOneBehindTheOther(t *testing.T) {
	f := newAsked(t).wants(role(`[{"verbs":["get","list"],"apiGroups":[""],"resources":["pods"]},{"verbs":["get"],"nonResourceURLs":["/metrics"]}]`))
	f("ka.req.role.rules.verbs", "get", "list", "get")
	f("ka.req.role.rules.verbs[0]", "get", "list")
	f("ka.req.role.rules.verbs[1]", "get")
	f("ka.req.role.rules.verbs[2]")
	f("ka.req.role.rules.apiGroups", "")
	f("ka.req.role.rules.resources", "pods")
	f("ka.req.role.rules.nonResourceURLs", "/metrics")
	f("ka.req.role.rules", `{"verbs":["get","list"],"apiGroups":[""],"resources":["pods"]}`, `{"verbs":["get"],"nonResourceURLs":["/metrics"]}`)
	f(prefix+"request.object.aggregated", "false")
	newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"clusterroles"},"requestObject":{"aggregationRule":{}}}`)(prefix+"request.object.aggregated", "true")
	newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"roles"},"requestObject":{"aggregationRule":{}}}`)(prefix + "request.object.aggregated")
}

func TestSubjectsAreListedByKind(t *testing.T) {
	f := newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"rolebindings"},"requestObject":{"roleRef":{"kind":"ClusterRole","name":"admin"},"subjects":[{"kind":"User","name":"alice"},{"kind":"Group","name":"ops"},{"kind":"ServiceAccount","name":"sa","namespace":"ns"},{"kind":"ServiceAccount","name":"lost"},{"kind":"User"},{"name":"x"},null]}}`)
	f(prefix+"request.object.subjects.users", "alice")
	f(prefix+"request.object.subjects.groups", "ops")
	f(prefix+"request.object.subjects.serviceaccounts", "ns:sa", ":lost")
	f("ka.req.binding.subjects.serviceaccount_names", "sa", "lost")
	f(prefix+"request.object.roleRef.kind", "ClusterRole")
	f("ka.req.binding.role", "admin")
	f("ka.req.binding.subject.has_name[ops]", "true")
	f("ka.req.binding.subject.has_name[nobody]", "false")
	f("ka.req.binding.subjects", `{"kind":"User","name":"alice"}`, `{"kind":"Group","name":"ops"}`, `{"kind":"ServiceAccount","name":"sa","namespace":"ns"}`, `{"kind":"ServiceAccount","name":"lost"}`, `{"kind":"User"}`, `{"name":"x"}`)
	newAsked(t).wants(inPod(`{}`))("ka.req.binding.subject.has_name[ops]")
}

func TestWebhooksAreAligned(t *testing.T) {
	f := newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"mutatingwebhookconfigurations"},"requestObject":{"webhooks":[{"name":"a","clientConfig":{"url":"https://x"},"failurePolicy":"Ignore"},{"name":"b","clientConfig":{"service":{"namespace":"n","name":"s","port":8443}}},{"clientConfig":{"service":{"name":"s"}}}]}}`)
	f(prefix+"request.object.webhooks.names", "a", "b", "")
	f(prefix+"request.object.webhooks.urls", "https://x", "", "")
	f(prefix+"request.object.webhooks.services", "", "n/s:8443", "/s:443")
	f(prefix+"request.object.webhooks.services[1]", "n/s:8443")
	f(prefix + "request.object.webhooks.services[0]")
	f(prefix+"request.object.webhooks.failurePolicies", "Ignore", "", "")
}
