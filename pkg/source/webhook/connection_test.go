package webhook

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// reused counts the requests that went over a connection of an earlier one.
func reused(n *atomic.Int64) func(*http.Request) {
	return func(r *http.Request) {
		trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
			if i.Reused {
				n.Add(1)
			}
		}}
		*r = *r.WithContext(httptrace.WithClientTrace(r.Context(), trace))
	}
}

func TestW7ConnectionsAreKeptForTheNextRequest(t *testing.T) {
	ca := newAuthority(t, "ca")
	secure := writeTLS(t, ca.server("one"), nil).options()
	for _, o := range []Options{{}, secure} {
		f := start(t, o).watch()
		c, again := tlsClient(t, ca, nil), new(atomic.Int64)
		for i := range 10 {
			if a := post(c, f.url("/k8s-audit"), list(event(fmt.Sprint(i), "b")), reused(again)); a.status != http.StatusOK {
				t.Fatalf("answered with %d (%v)", a.status, a.err)
			}
		}
		if got := again.Load(); got != 9 {
			t.Errorf("%s: %d of 10 requests went over the connection of an earlier one, want 9", o.URL, got)
		}
		f.close()
	}
}

// An idle connection that the server closes at the moment when the client
// sends costs a request: the client must be the one that closes first. It does
// after 90 seconds (k8s.io/apimachinery, pkg/util/net.SetTransportDefaults).
func TestW7AnIdleConnectionOutlivesTheClientsPatience(t *testing.T) {
	f := start(t, Options{})
	if got := f.source.server.IdleTimeout; got <= 90*time.Second {
		t.Errorf("idle connections are closed after %s, not above the client's 90 s", got)
	}
	idle := startWith(t, Options{}, queueBytes, time.Now, func(s *Source) { s.server.IdleTimeout = 50 * time.Millisecond }).watch()
	c, err := net.Dial("tcp", idle.source.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	body := list(event("a", "b"))
	fmt.Fprintf(c, "POST /k8s-audit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	r := bufio.NewReader(c)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("answered with %v (%v)", response, err)
	}
	response.Body.Close()
	if _, err := r.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("an idle connection was not closed: %v", err)
	}
}

func TestW7CloseAnswersWhatIsOnItsWayOverHTTP2(t *testing.T) {
	leaked := goleak.IgnoreCurrent()
	ca := newAuthority(t, "ca")
	f := start(t, writeTLS(t, ca.server("one"), nil).options())
	c := tlsClient(t, ca, nil)
	var all []<-chan answer
	for i := range 50 { // streams of one connection
		all = append(all, posting(c, f.url("/k8s-audit"), list(event(fmt.Sprint(i), "b"))))
	}
	eventually(t, "all requests to wait", func() bool { return f.queue.Waiting() == len(all) })
	f.close()
	for _, answers := range all {
		if a := <-answers; a.status != http.StatusServiceUnavailable || a.proto != "HTTP/2.0" || a.header.Get("Retry-After") != "1" {
			t.Errorf("answered with %d over %s (%v), want 503", a.status, a.proto, a.err)
		}
	}
	c.CloseIdleConnections()
	goleak.VerifyNone(t, leaked)
}

// A request whose body is still on its way when the capture ends.
func TestW7CloseDoesNotWaitForSlowBodies(t *testing.T) {
	ca := newAuthority(t, "ca")
	secure := writeTLS(t, ca.server("one"), nil).options()
	for _, o := range []Options{{}, secure} {
		leaked := goleak.IgnoreCurrent()
		f := start(t, o)
		c := tlsClient(t, ca, nil)
		body, rest := io.Pipe()
		reading := make(chan struct{})
		request, err := http.NewRequest(http.MethodPost, f.url("/k8s-audit"), body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		answers := make(chan answer, 1)
		go func() { answers <- do(c, request) }()
		go func() {
			_, _ = io.WriteString(rest, strings.TrimSuffix(list(event("a", "b")), "]}\n"))
			close(reading)
		}()
		<-reading
		eventually(t, "the body to be read", func() bool { return inUse(f.source.handler.receiver.budget) > 0 })
		begun := time.Now()
		f.close()
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("%s: Close took %s", o.URL, took)
		}
		rest.Close()
		if a := <-answers; a.status == http.StatusOK {
			t.Errorf("%s: half a body was answered with success", o.URL)
		}
		c.CloseIdleConnections()
		goleak.VerifyNone(t, leaked)
	}
}

func TestW7CloseDoesNotWaitForConnectionsThatSaidNothing(t *testing.T) {
	leaked := goleak.IgnoreCurrent()
	f := start(t, Options{})
	var all []net.Conn
	for range 20 {
		c, err := net.Dial("tcp", f.source.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		all = append(all, c)
	}
	eventually(t, "all to be let in", func() bool {
		f.source.listener.mu.Lock()
		defer f.source.listener.mu.Unlock()
		return len(f.source.listener.fresh) == len(all)
	})
	begun := time.Now()
	f.close()
	if took := time.Since(begun); took > time.Second {
		t.Errorf("Close took %s", took)
	}
	goleak.VerifyNone(t, leaked)
}

func TestW7TheNumberOfConnectionsIsLimited(t *testing.T) {
	const limit = 3
	f := start(t, Options{MaxConnections: limit})
	dial := func() net.Conn {
		c, err := net.Dial("tcp", f.source.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	fresh := func() int {
		f.source.listener.mu.Lock()
		defer f.source.listener.mu.Unlock()
		return len(f.source.listener.fresh)
	}
	first := dial()
	for range 2 * limit {
		dial()
	}
	eventually(t, "the first to be let in", func() bool { return fresh() == limit })
	last := dial()
	fmt.Fprintf(last, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if got := len(f.source.listener.slots); got != limit {
		t.Errorf("%d connections have a slot, want %d", got, limit)
	}
	first.Close()
	eventually(t, "another to take its place", func() bool { return fresh() == limit })
}

func TestAPanicWhileAnsweringIsCountedAndAnsweredWith500(t *testing.T) {
	f := start(t, Options{})
	h := *f.source.handler
	h.receiver = nil
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/k8s-audit", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	h.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError || f.stats.Panics.Load() != 1 {
		t.Errorf("answered with %d, %d panics were counted", w.Code, f.stats.Panics.Load())
	}
}

func TestTheServersOwnMessagesAreLoggedOnceAMinute(t *testing.T) {
	log, now := new(journal), time.Unix(1000, 0)
	server := newServerLog(slog.New(slog.NewTextHandler(log, nil)), func() time.Time { return now })
	for range 1000 {
		server.Print("http: TLS handshake error from 192.0.2.1:1: EOF\nforged=line")
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || strings.Contains(got, "forged") {
		t.Errorf("1000 messages within a minute are logged as %q", got)
	}
	now = now.Add(quiet)
	server.Print("again")
	if got := log.String(); !strings.Contains(got, "count=1000") {
		t.Errorf("the next minute's line does not speak for those held back: %q", got)
	}
}

// k8s.io/apiserver serves the tests; in the library it would add megabytes to
// a process that must stay small.
func TestNothingOfKubernetesIsLinked(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 50 {
		t.Fatalf("only %d packages are listed", len(packages))
	}
	for _, p := range packages {
		if strings.HasPrefix(p, "k8s.io/") || strings.HasPrefix(p, "sigs.k8s.io/") || strings.HasPrefix(p, "golang.org/x/net") {
			t.Errorf("%s is linked", p)
		}
	}
}
