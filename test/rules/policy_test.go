package rules

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	auditapi "k8s.io/apiserver/pkg/apis/audit"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/audit/policy"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

const shippedPolicy = "../../rules/audit-policy.yaml"

// realLog is a log at level RequestResponse, to which the policy is applied.
var realLog = flag.String("log", "../testdata/audit.log", "a log at level RequestResponse to apply the audit policy to")

// evaluator is the API server's own reading of the policy.
func evaluator(t *testing.T) audit.PolicyRuleEvaluator {
	t.Helper()
	p, err := policy.LoadPolicyFromFile(shippedPolicy)
	if err != nil {
		t.Fatal(err)
	}
	return policy.NewPolicyRuleEvaluator(p)
}

// attributes are those of the request that an event records.
func attributes(e *auditv1.Event) authorizer.Attributes {
	path, _, _ := strings.Cut(e.RequestURI, "?")
	a := authorizer.AttributesRecord{
		User: &user.DefaultInfo{Name: e.User.Username, Groups: e.User.Groups}, Verb: e.Verb, Path: path,
	}
	if e.ObjectRef != nil {
		a.ResourceRequest = true
		a.Namespace, a.Name = e.ObjectRef.Namespace, e.ObjectRef.Name
		a.APIGroup, a.APIVersion = e.ObjectRef.APIGroup, e.ObjectRef.APIVersion
		a.Resource, a.Subresource = e.ObjectRef.Resource, e.ObjectRef.Subresource
	}
	return a
}

func TestPolicyKeepsWhatEveryRuleThatIsOnNeeds(t *testing.T) {
	evaluate, bySlug := evaluator(t), map[string]item{}
	for _, r := range load(t) {
		bySlug[slug(r.Rule)] = r
	}
	tested := 0
	for _, line := range lines(t, fixtures) {
		event := decode(t, line)
		name, kind, _ := strings.Cut(string(event.AuditID), "/")
		if r, ok := bySlug[name]; !ok || kind != "fires" || !r.on() {
			continue
		}
		tested++
		got := evaluate.EvaluatePolicyRule(attributes(event))
		if got.Level.Less(auditapi.Level(event.Level)) {
			t.Errorf("%s: the policy keeps level %s, the rule needs %s", event.AuditID, got.Level, event.Level)
		}
		if slices.Contains(got.OmitStages, auditapi.Stage(event.Stage)) {
			t.Errorf("%s: the policy leaves out the stage %s", event.AuditID, event.Stage)
		}
	}
	if tested < 140 {
		t.Errorf("%d rules were tested", tested)
	}
}

func TestPolicyKeepsNoBodyWithCredentials(t *testing.T) {
	evaluate := evaluator(t)
	f := func(group, resource, sub string) {
		t.Helper()
		for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"} {
			got := evaluate.EvaluatePolicyRule(authorizer.AttributesRecord{
				User: &user.DefaultInfo{Name: "alice", Groups: []string{"system:authenticated"}}, Verb: verb, Namespace: "default", Name: "x",
				APIGroup: group, APIVersion: "v1", Resource: resource, Subresource: sub, ResourceRequest: true,
			})
			if got.Level != auditapi.LevelMetadata {
				t.Errorf("%s %s/%s is kept at %s, want Metadata", verb, resource, sub, got.Level)
			}
		}
	}
	f("", "secrets", "")
	f("", "serviceaccounts", "token")
	f("authentication.k8s.io", "tokenreviews", "")
	f("authentication.k8s.io", "selfsubjectreviews", "")
	f("", "pods", "exec")
	f("", "pods", "attach")
}

func TestPolicyKeepsNoBodyOfReads(t *testing.T) {
	evaluate := evaluator(t)
	reads := 0
	for _, line := range slices.Concat(lines(t, fixtures), unzip(t, ordinary)) {
		event := decode(t, line)
		if !slices.Contains([]string{"get", "list", "watch"}, event.Verb) {
			continue
		}
		reads++
		if got := evaluate.EvaluatePolicyRule(attributes(event)); auditapi.LevelMetadata.Less(got.Level) {
			t.Errorf("%s %s is kept at %s", event.Verb, event.RequestURI, got.Level)
		}
	}
	if reads < 300 {
		t.Errorf("%d reads were looked at", reads)
	}
}

func TestPolicyIsSilentOnWhatHappensAllDay(t *testing.T) {
	evaluate := evaluator(t)
	silent := func(username, verb, group, resource, sub string) {
		t.Helper()
		got := evaluate.EvaluatePolicyRule(authorizer.AttributesRecord{
			User: &user.DefaultInfo{Name: username, Groups: []string{"system:authenticated"}}, Verb: verb, Namespace: "kube-system", Name: "x",
			APIGroup: group, APIVersion: "v1", Resource: resource, Subresource: sub, ResourceRequest: true,
		})
		if got.Level != auditapi.LevelNone {
			t.Errorf("%s %s %s/%s is kept at %s", username, verb, resource, sub, got.Level)
		}
	}
	silent("system:kube-scheduler", "update", "coordination.k8s.io", "leases", "")
	silent("system:node:node-1", "create", "", "events", "")
	silent("system:kube-controller-manager", "watch", "", "pods", "")
	silent("system:serviceaccount:kube-system:replicaset-controller", "update", "apps", "replicasets", "status")
	health := authorizer.AttributesRecord{User: &user.DefaultInfo{Name: "system:anonymous"}, Verb: "get", Path: "/livez"}
	if got := evaluate.EvaluatePolicyRule(health); got.Level != auditapi.LevelNone {
		t.Errorf("health checks are kept at %s", got.Level)
	}
}

// keep is the event as the policy keeps it, nothing when it does not.
func keep(t *testing.T, evaluate audit.PolicyRuleEvaluator, line string) []byte {
	t.Helper()
	event := decode(t, line)
	got := evaluate.EvaluatePolicyRule(attributes(event))
	if got.Level == auditapi.LevelNone || slices.Contains(got.OmitStages, auditapi.Stage(event.Stage)) {
		return nil
	}
	if got.Level.Less(auditapi.LevelRequestResponse) {
		event.ResponseObject = nil
	}
	if got.Level.Less(auditapi.LevelRequest) {
		event.RequestObject = nil
	}
	event.Level = auditv1.Level(got.Level)
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

func TestPolicyKeepsASmallShareOfARealLogAndAllOfItsAlerts(t *testing.T) {
	evaluate, before := evaluator(t), 0
	var after []byte
	for _, line := range lines(t, *realLog) {
		before += len(line) + 1
		after = append(after, keep(t, evaluate, line)...)
	}
	t.Logf("%s: %d bytes at RequestResponse, %d kept: %.1f %%", *realLog, before, len(after), 100*float64(len(after))/float64(before))
	if len(after) == 0 || len(after) > before/2 {
		t.Errorf("%d of %d bytes are kept, want some, and at most half", len(after), before)
	}
	log := filepath.Join(t.TempDir(), "kept.log")
	if err := os.WriteFile(log, after, 0o600); err != nil {
		t.Fatal(err)
	}
	all, kept := count(t, *realLog), count(t, log)
	for rule, n := range all {
		if kept[rule] != n {
			t.Errorf("%q fires %d times on the whole log, %d times on what the policy keeps", rule, n, kept[rule])
		}
	}
	if len(all) < 10 {
		t.Errorf("%d rules fire on the log, want 10 or more", len(all))
	}
}

// count is how often each rule that is on fires on a log.
func count(t *testing.T, log string) map[string]int {
	t.Helper()
	fired := map[string]int{}
	for _, rules := range matches(t, find(t), log, false) {
		for _, rule := range rules {
			fired[rule]++
		}
	}
	return fired
}
