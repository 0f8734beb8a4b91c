package k8saudit

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// written is an event of a request that changed something, at a level.
func written(level, verb, resource, user string, code int) string {
	return fmt.Sprintf(`{"auditID":"a","level":%q,"stage":"ResponseComplete","verb":%q,"requestURI":"/","user":{"username":%q},`+
		`"objectRef":{"resource":%q},"responseStatus":{"code":%d}}`, level, verb, user, resource, code)
}

func TestAnObjectThatThePolicyKeepsBackIsReportedOncePerResourceAndHour(t *testing.T) {
	h := newHost(t, "")
	var log bytes.Buffer
	h.plugin.sink.writer = &log
	at := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
	f := func(after time.Duration, event, want string) {
		t.Helper()
		in := h.event(uint64(at.Add(after).UnixNano()), event)
		if got := show(h.ask(in, "k8s.audit.blind")[0]); got != want {
			t.Errorf("after %v %s: got %s, want %s", after, event, got, want)
		}
		if got := show(h.ask(in, "k8s.audit.blind")[0]); got != want {
			t.Errorf("after %v %s: asked again, got %s, want %s", after, event, got, want)
		}
	}
	f(0, written("Metadata", "create", "pods", "alice", 201), "true")
	f(time.Minute, written("Metadata", "create", "pods", "alice", 201), "false")
	f(time.Minute, written("Metadata", "patch", "clusterroles", "alice", 200), "true")
	f(time.Hour, written("Metadata", "update", "pods", "bob", 200), "true")
	f(2*time.Hour, written("Request", "create", "deployments", "alice", 201), "false")
	f(2*time.Hour, written("Metadata", "get", "deployments", "alice", 200), "false")
	f(2*time.Hour, written("Metadata", "create", "deployments", "alice", 403), "false")
	f(2*time.Hour, written("Metadata", "create", "deployments", "system:apiserver", 201), "false")
	f(2*time.Hour, written("Metadata", "create", "secrets", "alice", 201), "false")
	f(2*time.Hour, strings.Replace(written("Metadata", "create", "pods", "alice", 201), `"resource"`, `"subresource":"exec","resource"`, 1), "false")
	f(2*time.Hour, strings.Replace(written("Metadata", "create", "pods", "alice", 201), `"/"`, `"/?dryRun=All"`, 1), "false")
	if got := strings.Count(log.String(), "the audit policy keeps what is in"); got != 2 {
		t.Errorf("logged %d times, want once for pods and once for clusterroles:\n%s", got, log.String())
	}
	if m := metrics(h.plugin); m["blind_pods"] != 3 || m["blind_clusterroles"] != 1 || m["blind_deployments"] != 0 {
		t.Errorf("counted %v", m)
	}
}
