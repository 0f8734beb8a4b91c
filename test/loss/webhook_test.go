package loss

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/test/engine"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	auditinternal "k8s.io/apiserver/pkg/apis/audit"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/apiserver/plugin/pkg/audit/buffered"
	"k8s.io/apiserver/plugin/pkg/audit/webhook"
)

// free is an address that nothing listens on.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// backoff tries for as long as the API server does at the shortest, in shorter
// steps: an engine that starts again is away for a second.
var backoff = wait.Backoff{Duration: 100 * time.Millisecond, Factor: 1.3, Steps: 20}

// batching is the API server's mode batch, with room for n events.
func batching(n int) buffered.BatchConfig {
	return buffered.BatchConfig{
		BufferSize: n, MaxBatchSize: 400, MaxBatchWait: time.Second, AsyncDelegate: true,
		ThrottleEnable: true, ThrottleQPS: 100, ThrottleBurst: 15, // the API server's 10 a second would take minutes
	}
}

// kubeconfig is the file of --audit-webhook-config-file.
func kubeconfig(t *testing.T, address string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\nclusters: [{name: falco, cluster: {server: \"http://%s/k8s-audit\"}}]\n"+
		"users: [{name: apiserver, user: {}}]\ncontexts: [{name: audit, context: {cluster: falco, user: apiserver}}]\ncurrent-context: audit\n", address)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// auditEvent is the i-th event: two stages make one request.
func auditEvent(i int) *auditinternal.Event {
	e := &auditinternal.Event{
		Level: auditinternal.LevelMetadata, AuditID: types.UID(fmt.Sprintf("id-%d", i/2)), Stage: auditinternal.StageRequestReceived,
		RequestURI: "/api/v1/namespaces/default/pods", Verb: "create", SourceIPs: []string{"192.0.2.1"},
		RequestReceivedTimestamp: metav1.NewMicroTime(time.Unix(1_700_000_000, 0)), StageTimestamp: metav1.NewMicroTime(time.Unix(1_700_000_001, 0)),
		ObjectRef: &auditinternal.ObjectReference{Resource: "pods", Namespace: "default", APIVersion: "v1"},
	}
	if i%2 == 1 {
		e.Stage = auditinternal.StageResponseComplete
	}
	return e
}

func TestEveryEventThatTheAPIServerPostsReachesTheRulesAlthoughTheEngineIsRestartedFiveTimes(t *testing.T) {
	const n, restarts = 100_000, 5
	library, err := engine.Library()
	if err != nil {
		t.Fatal(err)
	}
	e, address := libsinsp(t), free(t)
	run := engine.Run{Library: library, Rules: []string{everyEvent(t)}, OpenParams: "http://" + address + "/k8s-audit", Log: logger{t}}
	sender, err := webhook.NewBackend(kubeconfig(t, address), auditv1.SchemeGroupVersion, backoff, nil)
	if err != nil {
		t.Fatal(err)
	}
	batches := buffered.NewBackend(sender, batching(n))
	stop := make(chan struct{})
	if err := batches.Run(stop); err != nil {
		t.Fatal(err)
	}
	go func() {
		for i := range n {
			batches.ProcessEvents(auditEvent(i))
		}
	}()
	all := newSeen()
	for round := range restarts {
		until(t, e, run, all, (round+1)*n/(restarts+2), nil)
	}
	until(t, e, run, all, n, nil)
	close(stop)
	batches.Shutdown()
	for i := range n {
		event := auditEvent(i)
		if all.events[fmt.Sprintf("%s %s", event.AuditID, event.Stage)] == 0 {
			t.Fatalf("event %d was never seen", i)
		}
	}
	if len(all.events) != n {
		t.Errorf("%d events were seen, %d were sent", len(all.events), n)
	}
}

// logger is what an engine says in a test.
type logger struct{ t *testing.T }

func (l logger) Write(p []byte) (int, error) {
	l.t.Logf("%s", p)
	return len(p), nil
}
