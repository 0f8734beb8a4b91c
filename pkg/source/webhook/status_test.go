package webhook

import (
	"net/http"
	"strings"
	"testing"
)

func TestW4EveryRequestIsAnsweredByItsStatus(t *testing.T) {
	f := start(t, Options{MaxBatchSize: 1 << 20}).watch()
	c := newClient(t)
	one := list(event("a", "ResponseComplete"))
	method := func(m string) func(*http.Request) { return func(r *http.Request) { r.Method = m } }
	header := func(k, v string) func(*http.Request) { return func(r *http.Request) { r.Header.Set(k, v) } }
	check := func(name string, want int, path, body string, change ...func(*http.Request)) {
		t.Helper()
		a := post(c, f.url(path), body, change...)
		if a.err != nil || a.status != want {
			t.Errorf("%s: answered with %d (%v), want %d", name, a.status, a.err, want)
		}
		if a.status < 300 && a.body != "" && path != health {
			t.Errorf("%s: success has the body %q", name, a.body)
		}
		if a.status == http.StatusOK && a.header.Get("Content-Type") != "" {
			t.Errorf("%s: success has the content type %q", name, a.header.Get("Content-Type"))
		}
	}
	ok := func(name, path, body string, change ...func(*http.Request)) {
		t.Helper()
		check(name, http.StatusOK, path, body, change...)
	}
	ok("as the API server posts", "/k8s-audit?timeout=30s", one)
	ok("a charset", "/k8s-audit", one, header("Content-Type", "application/json; charset=utf-8"))
	ok("a single event", "/k8s-audit", event("b", "ResponseComplete"))
	ok("an array", "/k8s-audit", "["+event("c", "ResponseComplete")+"]")
	ok("a list without items", "/k8s-audit", list())
	ok("a list whose only item is bad", "/k8s-audit", list(`{"foo":1}`))

	check("an empty body", http.StatusBadRequest, "/k8s-audit", "")
	check("an empty object", http.StatusBadRequest, "/k8s-audit", "{}")
	check("an event of the core API", http.StatusBadRequest, "/k8s-audit", `{"kind":"Event","apiVersion":"v1"}`)
	check("text", http.StatusBadRequest, "/k8s-audit", "hello")
	check("half a list", http.StatusBadRequest, "/k8s-audit", one[:len(one)-10])
	check("no list at all", http.StatusBadRequest, "/k8s-audit", one[:20])

	for _, path := range []string{
		"/", "/k8s-audit/", "//k8s-audit", "/k8s-audit//", "/k8s-audit/cluster", "/K8s-audit", "/k8s%2Daudit", "/%6b8s-audit",
		"/x/../k8s-audit", "/./k8s-audit", "/k8s-audit/.", "/k8s-audit%2F", "/k8s-audit;x", "/k8s-audi", "/k8s-audit2", "/healthz/",
	} {
		check(path, http.StatusNotFound, path, one)
	}
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace} {
		check(m, http.StatusMethodNotAllowed, "/k8s-audit", "", method(m))
	}
	check("another content type", http.StatusUnsupportedMediaType, "/k8s-audit", one, header("Content-Type", "text/plain"))
	check("a malformed content type", http.StatusUnsupportedMediaType, "/k8s-audit", one, header("Content-Type", "application/json;;="))
	check("no content type", http.StatusUnsupportedMediaType, "/k8s-audit", one, func(r *http.Request) { r.Header.Del("Content-Type") })
	check("protobuf", http.StatusUnsupportedMediaType, "/k8s-audit", one, header("Content-Type", "application/vnd.kubernetes.protobuf"))
	check("another encoding", http.StatusUnsupportedMediaType, "/k8s-audit", one, header("Content-Encoding", "zstd"))
	check("a body above the limit", http.StatusRequestEntityTooLarge, "/k8s-audit", list(padded("d", 1<<20)))

	check("the health of an open webhook", http.StatusOK, health, "", method(http.MethodGet))
	check("its health without a body", http.StatusOK, health, "", method(http.MethodHead))
	check("a post to the health", http.StatusMethodNotAllowed, health, one)
	if got := dropped(f.stats); !strings.Contains(got, "request_too_large=1") || !strings.Contains(got, "bad_request=") {
		t.Errorf("what was refused was counted as %q", got)
	}
}

func TestW4OneBadItemOf400CostsThatItemOnly(t *testing.T) {
	f := start(t, Options{}).watch()
	for name, bad := range map[string]string{
		"no audit event": `{"foo":1}`, "a number": "7", "malformed inside": `{"auditID":"x" "stage":1}`,
		"null": "null", "an event of the core API": `{"kind":"Event","apiVersion":"v1","auditID":"x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			before := len(f.seen())
			items := numbered(name, 399)
			body := list(append(append(items[:200:200], bad), items[200:]...)...)
			if a := post(newClient(t), f.url("/k8s-audit"), body); a.status != http.StatusOK {
				t.Fatalf("a batch with one bad item was answered with %d (%v)", a.status, a.err)
			}
			if got := f.seen()[before:]; strings.Join(got, "\n") != strings.Join(items, "\n") {
				t.Fatalf("the rules saw %d events, want the 399 sound ones", len(got))
			}
		})
	}
	if got := dropped(f.stats); got != "broken_json=1 not_an_audit_event=4" {
		t.Errorf("the bad items were counted as %q", got)
	}
}

func TestW4NothingIsEverRedirected(t *testing.T) {
	f := start(t, Options{ClusterFromPath: true}).watch()
	for _, path := range []string{"//k8s-audit", "/k8s-audit/", "/k8s-audit/../k8s-audit", "/k8s-audit/a/", "", "//", "/..", "/other", "/k8s-audit2/a"} {
		if a := post(newClient(t), f.url(path), list()); a.status != http.StatusNotFound || a.header.Get("Location") != "" {
			t.Errorf("%q was answered with %d, Location %q (%v), want 404", path, a.status, a.header.Get("Location"), a.err)
		}
	}
}
