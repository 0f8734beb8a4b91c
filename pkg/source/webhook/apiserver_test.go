package webhook

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	auditinternal "k8s.io/apiserver/pkg/apis/audit"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/plugin/pkg/audit/buffered"
	"k8s.io/apiserver/plugin/pkg/audit/truncate"
	backend "k8s.io/apiserver/plugin/pkg/audit/webhook"
)

// The API server's own webhook backend is the client in these tests, composed
// as kube-apiserver does it (k8s.io/apiserver, pkg/server/options/audit.go):
// truncate(buffered(webhook)) in mode batch, truncate(webhook) in the modes
// blocking and blocking-strict, which differ only in whether the API server
// fails its own request when the backend has failed.

// kubeconfig writes the file of --audit-webhook-config-file.
func kubeconfig(t testing.TB, url string, ca *authority, own *pair, token string) string {
	t.Helper()
	encode := func(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
	var cluster, user strings.Builder
	if ca != nil {
		fmt.Fprintf(&cluster, "\n    certificate-authority-data: %s", encode(ca.pem))
	}
	if own != nil {
		fmt.Fprintf(&user, "\n    client-certificate-data: %s\n    client-key-data: %s", encode(own.cert), encode(own.key))
	}
	if token != "" {
		fmt.Fprintf(&user, "\n    token: %s", token)
	}
	if user.Len() == 0 {
		user.WriteString(" {}")
	}
	return write(t, "kubeconfig", fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
- name: falco
  cluster:
    server: %s%s
users:
- name: apiserver
  user:%s
contexts:
- name: audit
  context:
    cluster: falco
    user: apiserver
current-context: audit
`, url, cluster.String(), user.String()))
}

// patientBackoff lets a client go on for several seconds while nothing
// listens, in shorter steps than the API server's ten seconds.
var patientBackoff = wait.Backoff{Duration: 100 * time.Millisecond, Factor: 1.5, Jitter: 0.2, Steps: 12}

// webhookBackend is what sends.
func webhookBackend(t testing.TB, kubeconfig string) audit.Backend {
	t.Helper()
	b, err := backend.NewBackend(kubeconfig, auditv1.SchemeGroupVersion, patientBackoff, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// wrapped puts the wrappers around it that a mode has.
func wrapped(mode string, b audit.Backend, events int) audit.Backend {
	if mode == "batch" {
		b = buffered.NewBackend(b, buffered.BatchConfig{
			BufferSize: events, MaxBatchSize: 400, MaxBatchWait: time.Second, AsyncDelegate: true,
			ThrottleEnable: true, ThrottleQPS: 500, ThrottleBurst: 15, // the API server's 10 a second would take minutes
		})
	}
	return truncate.NewBackend(b, truncate.Config{MaxBatchSize: 10 << 20, MaxEventSize: 100 << 10}, auditv1.SchemeGroupVersion)
}

// object is a request object of n bytes.
func object(n int) *runtime.Unknown {
	return &runtime.Unknown{ContentType: runtime.ContentTypeJSON, Raw: fmt.Appendf(nil, `{"kind":"Pod","data":%q}`, strings.Repeat("x", n))}
}

var stages = []auditinternal.Stage{auditinternal.StageRequestReceived, auditinternal.StageResponseComplete}

// auditEvent is the i-th event: two stages make one request.
func auditEvent(prefix string, i, size int) *auditinternal.Event {
	e := &auditinternal.Event{
		Level: auditinternal.LevelRequest, AuditID: types.UID(fmt.Sprintf("%s-%d", prefix, i/2)), Stage: stages[i%2],
		RequestURI: "/api/v1/namespaces/default/pods", Verb: "create",
		RequestReceivedTimestamp: metav1.NewMicroTime(time.Unix(1_700_000_000, int64(i)*1000)),
		StageTimestamp:           metav1.NewMicroTime(time.Unix(1_700_000_001, int64(i)*1000)),
		SourceIPs:                []string{"192.0.2.1"}, UserAgent: `kubectl "quoted" <x>`,
		ObjectRef: &auditinternal.ObjectReference{Resource: "pods", Namespace: "default", APIVersion: "v1"},
	}
	e.User.Username = "alice@example.com"
	if size > 0 {
		e.RequestObject = object(size)
	}
	return e
}

// identityOf is what tells the events of this test apart.
func identityOf(raw string) string {
	var e struct{ AuditID, Stage string }
	if err := json.Unmarshal([]byte(raw), &e); err != nil {
		return "malformed: " + raw
	}
	return e.AuditID + " " + e.Stage
}

// send sends n events in one of the API server's modes, and returns when the
// client is done with all of them. It reports how many calls have failed.
func send(t testing.TB, mode, kubeconfig, prefix string, n, senders int) (failed int64) {
	t.Helper()
	b := wrapped(mode, webhookBackend(t, kubeconfig), n)
	stop := make(chan struct{})
	if err := b.Run(stop); err != nil {
		t.Fatal(err)
	}
	var next, failures atomic.Int64
	var running sync.WaitGroup
	for range senders {
		running.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if !b.ProcessEvents(auditEvent(prefix, int(i), 200)) {
					failures.Add(1)
				}
			}
		})
	}
	running.Wait()
	close(stop)
	b.Shutdown()
	return failures.Load()
}

// sameSet fails the test when the events that the rules saw are not exactly
// those that were sent; more than once is counted.
func sameSet(t *testing.T, seen []string, prefix string, n int) (duplicates int) {
	t.Helper()
	missing := make(map[string]bool, n)
	for i := range n {
		missing[fmt.Sprintf("%s-%d %s", prefix, i/2, stages[i%2])] = true
	}
	found := make(map[string]bool, n)
	for _, raw := range seen {
		id := identityOf(raw)
		if found[id] {
			duplicates++
		}
		if !found[id] && !missing[id] {
			t.Errorf("the rules saw %s, which nobody has sent", id)
		}
		found[id] = true
		delete(missing, id)
	}
	if len(missing) > 0 {
		t.Errorf("%d of %d events were lost", len(missing), n)
	}
	return duplicates
}

func TestW2TheRulesSeeExactlyWhatTheAPIServerSendsInItsThreeModes(t *testing.T) {
	counts := map[string]int{"batch": 10_000, "blocking": 2_000, "blocking-strict": 2_000}
	if long() {
		counts = map[string]int{"batch": 100_000, "blocking": 100_000, "blocking-strict": 100_000}
	}
	ca := newAuthority(t, "ca")
	own := ca.client("apiserver")
	for mode, n := range counts {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, TLS %v", mode, secure), func(t *testing.T) {
				o, trusted, certificate := Options{}, (*authority)(nil), (*pair)(nil)
				if secure {
					o, trusted, certificate = writeTLS(t, ca.server("falco"), ca.pem).options(), ca, &own
					o.TokenFile = write(t, "tokens", "s3cret-t0ken\n") // which is not sent without TLS
				}
				o.Dedupe = true
				f := start(t, o).watch()
				config := kubeconfig(t, f.url("/k8s-audit"), trusted, certificate, "s3cret-t0ken")
				if failed := send(t, mode, config, mode, n, 32); failed != 0 {
					t.Errorf("%d of the API server's calls have failed", failed)
				}
				if duplicates := sameSet(t, f.seen(), mode, n); duplicates != 0 {
					t.Errorf("%d events were delivered twice", duplicates)
				}
				if got := dropped(f.stats); got != "" {
					t.Errorf("dropped %s", got)
				}
			})
		}
	}
}

// Closed and opened again, as at a reload of Falco, the webhook loses nothing
// that the API server goes on sending.
func TestW3NothingIsLostWhenTheSourceIsClosedAndOpenedUnderLoad(t *testing.T) {
	n, rounds := 8_000, 5
	if long() {
		n, rounds = 100_000, 20
	}
	f := start(t, Options{Dedupe: true}).watch()
	url := f.url("/k8s-audit")
	config := kubeconfig(t, url, nil, nil, "")
	done := make(chan struct{})
	go func() {
		defer close(done)
		send(t, "batch", config, "w3", n, 1)
	}()
	var seen []string
	for range rounds {
		eventually(t, "the next events", func() bool { return len(f.seen()) > 0 || len(seen) >= n || isClosed(done) })
		f.close()
		seen = append(seen, f.seen()...)
		f = start(t, Options{URL: url, Dedupe: true}).watch()
	}
	<-done
	f.close()
	seen = append(seen, f.seen()...)
	t.Logf("%d events were delivered twice", sameSet(t, seen, "w3", n))
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// What the truncate wrapper makes of a large event arrives, and an event of
// 10 MB without it.
func TestW2LargeEventsArrive(t *testing.T) {
	f := start(t, Options{Dedupe: true}).watch()
	b := webhookBackend(t, kubeconfig(t, f.url("/k8s-audit"), nil, nil, ""))
	if !b.ProcessEvents(auditEvent("large", 0, 10<<20), auditEvent("large", 1, 10)) {
		t.Error("an event of 10 MB was not accepted")
	}
	if !wrapped("blocking", b, 0).ProcessEvents(auditEvent("truncated", 0, 10<<20)) {
		t.Error("a truncated event was not accepted")
	}
	got := f.seen()
	if len(got) != 3 || len(got[0]) < 10<<20 || len(got[2]) > 1000 || !strings.Contains(got[2], `"audit.k8s.io/truncated":"true"`) {
		t.Errorf("the rules saw %d events", len(got))
	}
}

// A refusal for want of room costs the API server none of its five attempts:
// here it has only one.
func TestW5TheAPIServerWaitsOutARefusalWithinOneAttempt(t *testing.T) {
	ca := newAuthority(t, "ca")
	for _, o := range []Options{{}, writeTLS(t, ca.server("one"), nil).options()} {
		refusals, full := new(atomic.Int64), new(lease)
		f := startWith(t, o, queueBytes, time.Now, func(s *Source) {
			s.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				watched := &watchedAnswer{ResponseWriter: w}
				s.handler.ServeHTTP(watched, r)
				if watched.status == http.StatusTooManyRequests && refusals.Add(1) == 2 {
					full.release()
				}
			})
		}).watch()
		full = f.source.handler.receiver.budget.lease(queueBytes)
		b, err := backend.NewBackend(kubeconfig(t, f.url("/k8s-audit"), ca, nil, ""), auditv1.SchemeGroupVersion, wait.Backoff{Steps: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		result := make(chan bool, 1)
		go func() { result <- b.ProcessEvents(auditEvent("large", 0, 5<<20), auditEvent("small", 0, 10)) }()
		if !<-result || refusals.Load() != 2 {
			t.Errorf("%s: after %d refusals the API server has given up", o.URL, refusals.Load())
		}
		if got := len(f.seen()); got != 2 {
			t.Errorf("%s: the rules saw %d events, want 2", o.URL, got)
		}
	}
}

// watchedAnswer tells the status of an answer.
type watchedAnswer struct {
	http.ResponseWriter
	status int
}

func (w *watchedAnswer) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the handler reach the connection.
func (w *watchedAnswer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
