package webhook

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/k8saudit/k8saudit/pkg/source"
)

func compressed(body string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, body)
	_ = w.Close()
	return b.String()
}

func zipped(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }

// chunked hides the length of a body.
func chunked(r *http.Request) { r.ContentLength, r.Body = -1, io.NopCloser(r.Body) }

func TestW6BodiesOfEveryFormAreReadOverHTTP1AndHTTP2(t *testing.T) {
	ca := newAuthority(t, "ca")
	secure := writeTLS(t, ca.server("one"), nil).options()
	bomb := compressed(strings.Repeat("\x00", 20<<20))
	for proto, o := range map[string]Options{"HTTP/1.1": {}, "HTTP/2.0": secure} {
		o.MaxBatchSize = 3 << 20
		f := start(t, o).watch()
		c := tlsClient(t, ca, nil)
		check := func(name string, want int, body string, change ...func(*http.Request)) {
			t.Helper()
			a := post(c, f.url("/k8s-audit"), body, change...)
			if a.status != want || a.proto != proto {
				t.Errorf("%s over %s: answered with %d over %s (%v), want %d", name, proto, a.status, a.proto, a.err, want)
			}
		}
		small, large := list(numbered("a", 10)...), list(padded("b", 2<<20), padded("c", 10))
		check("with its length", http.StatusOK, small)
		check("without its length", http.StatusOK, small, chunked)
		check("large", http.StatusOK, large)
		check("large, without its length", http.StatusOK, large, chunked)
		check("compressed", http.StatusOK, compressed(small), zipped)
		check("large, compressed", http.StatusOK, compressed(large), zipped, chunked)
		check("with Expect", http.StatusOK, small, func(r *http.Request) { r.Header.Set("Expect", "100-continue") })
		check("a compressed bomb", http.StatusRequestEntityTooLarge, bomb, zipped)
		check("not compressed, but said to be", http.StatusBadRequest, small, zipped)
		check("cut while compressed", http.StatusBadRequest, compressed(large)[:2000], zipped)
		check("nothing, compressed", http.StatusBadRequest, "", zipped)
		check("compressed, and not said to be", http.StatusBadRequest, compressed(small))
		check("exactly the limit", http.StatusOK, small+strings.Repeat(" ", 3<<20-len(small)))
		check("one above", http.StatusRequestEntityTooLarge, small+strings.Repeat(" ", 3<<20-len(small)+1))
		check("one above, without its length", http.StatusRequestEntityTooLarge, small+strings.Repeat(" ", 3<<20-len(small)+1), chunked)
		f.close()
	}
}

// raw sends bytes and returns the status of what comes back, 0 when nothing
// does. With cut nothing is to follow: to the server the client is gone.
func raw(t *testing.T, f *falco, text string, cut bool) int {
	t.Helper()
	c, err := net.Dial("tcp", f.source.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		return 0
	}
	if cut {
		_ = c.(*net.TCPConn).CloseWrite()
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

func TestW6ABodyThatIsNotWhatItsHeadersSayIsNeverASuccess(t *testing.T) {
	f := start(t, Options{}).watch()
	head := func(length string) string {
		return "POST /k8s-audit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + length + "\r\n"
	}
	body := list(numbered("a", 5)...)
	n := len(body)
	check := func(name string, want bool, text string) {
		t.Helper()
		if got := raw(t, f, text, !want) == http.StatusOK; got != want {
			t.Errorf("%s: success is %v, want %v", name, got, want)
		}
	}
	length := func(n int) string { return head(fmt.Sprintf("Content-Length: %d\r\n", n)) }
	pieces := func(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }
	check("the right length", true, length(n)+body)
	check("a length that is too large", false, length(n+1)+body)
	check("a length that is too small", false, length(n-10)+body)
	check("a length that is no number", false, head("Content-Length: x\r\n")+body)
	check("a negative length", false, head("Content-Length: -1\r\n")+body)
	check("two lengths", false, head(fmt.Sprintf("Content-Length: %d\r\nContent-Length: %d\r\n", n, n-1))+body)
	check("no length", false, head("")+body)
	check("in pieces", true, head("Transfer-Encoding: chunked\r\n")+pieces(body[:100])+pieces(body[100:])+"0\r\n\r\n")
	check("in pieces that break off", false, head("Transfer-Encoding: chunked\r\n")+pieces(body))
	check("in malformed pieces", false, head("Transfer-Encoding: chunked\r\n")+"zz\r\n"+body)
	check("cut in the head", false, length(n)[:30])
	check("HTTP/1.0", true, strings.Replace(length(n), "HTTP/1.1", "HTTP/1.0", 1)+body)
}

func TestW6SlowHeadersAndBodiesAreCutOff(t *testing.T) {
	f := startWith(t, Options{}, queueBytes, time.Now, func(s *Source) {
		s.server.ReadHeaderTimeout, s.server.ReadTimeout = 50*time.Millisecond, 100*time.Millisecond
	})
	head := "POST /k8s-audit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
	for name, text := range map[string]string{"half a head": head[:20], "half a body": head + `{"kind":`} {
		c, err := net.Dial("tcp", f.source.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, text)
		answer, _ := io.ReadAll(c) // until the server closes the connection
		if strings.Contains(string(answer), " 200 ") {
			t.Errorf("%s was answered with %q", name, answer)
		}
		c.Close()
	}
	fresh := start(t, Options{})
	if s := fresh.source.server; s.ReadHeaderTimeout != headerTimeout || s.ReadTimeout != bodyTimeout || s.IdleTimeout <= 90*1e9 {
		t.Errorf("the timeouts are %s, %s and %s", s.ReadHeaderTimeout, s.ReadTimeout, s.IdleTimeout)
	}
}

// receiving returns a receiver without a server, and the events that the rules
// see through it.
func receiving(t testing.TB, o Options, limit int64) (*receiver, func() []string) {
	o.Stats = silent()
	o.complete()
	queue := source.NewQueue(limit)
	var events []string
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			b, err := queue.Take(patience)
			if err != nil {
				return
			}
			for _, e := range b.Events {
				events = append(events, string(e.Raw))
			}
			b.Finish(true)
		}
	}()
	return newReceiver(&o, queue), func() []string {
		queue.End(nil)
		<-ended
		return events
	}
}

func TestABodyOfAnySizeAndInAnyPiecesGivesItsEvents(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var sizes []int
	for range 300 {
		sizes = append(sizes, random.IntN(3000))
	}
	sizes = append(sizes, chunkSize-200, chunkSize, 3*chunkSize, 10, 9*chunkSize, 20)
	var items []string
	for i, n := range sizes {
		items = append(items, padded(fmt.Sprint(i), n))
	}
	body := list(items...)
	for name, reader := range map[string]func(io.Reader) io.Reader{
		"as a whole": func(r io.Reader) io.Reader { return r },
		"in halves":  iotest.HalfReader, "with the end in the last piece": iotest.DataErrReader,
	} {
		for _, length := range []int64{int64(len(body)), -1} {
			r, seen := receiving(t, Options{Dedupe: true}, queueBytes)
			if err := r.receive(t.Context(), reader(strings.NewReader(body)), length, ""); err != nil {
				t.Errorf("%s, length %d: %v", name, length, err)
			}
			if got := seen(); strings.Join(got, "\n") != strings.Join(items, "\n") {
				t.Errorf("%s, length %d: the rules saw %d events, want %d", name, length, len(got), len(items))
			}
			if r.budget.used != 0 {
				t.Errorf("%s, length %d: %d bytes were not given back", name, length, r.budget.used)
			}
		}
	}
}

func TestABodyThatCannotBeReadGivesTheReason(t *testing.T) {
	r, seen := receiving(t, Options{}, queueBytes)
	defer seen()
	check := func(name string, body io.Reader, want error) {
		t.Helper()
		if err := r.receive(t.Context(), body, -1, ""); !errors.Is(err, want) {
			t.Errorf("%s: the error is %v, want %v", name, err, want)
		}
		if r.budget.used != 0 {
			t.Errorf("%s: %d bytes were not given back", name, r.budget.used)
		}
	}
	one := list(event("a", "ResponseComplete"))
	check("an error at once", iotest.ErrReader(io.ErrUnexpectedEOF), errBody)
	check("an error in the middle", io.MultiReader(strings.NewReader(one[:80]), iotest.ErrReader(net.ErrClosed)), errBody)
	check("above the limit", &limited{strings.NewReader(one), 20}, errTooLarge)
	check("no audit events", strings.NewReader("hello"), errUnsound)
}

// A body larger than what one request has as its own waits for the rules.
func TestARequestIsReadNoFurtherAheadOfTheRulesThanItsShare(t *testing.T) {
	o := Options{Stats: silent()}
	o.complete()
	queue := source.NewQueue(queueBytes)
	r := newReceiver(&o, queue)
	body := strings.NewReader(list(padded("a", 500_000)) + strings.Repeat(list(padded("b", 500_000)), 99))
	result := make(chan error, 1)
	go func() { result <- r.receive(t.Context(), body, 50_000_000, "") }()
	for taken := 0; taken < 100; {
		b, err := queue.Take(patience)
		if err != nil {
			t.Fatal(err)
		}
		if used := queue.Used(); used > mostAhead {
			t.Fatalf("the request has %d bytes in the queue, want no more than %d", used, mostAhead)
		}
		taken += len(b.Events)
		b.Finish(true)
	}
	if err := <-result; err != nil {
		t.Fatal(err)
	}
}

func TestARequestThatIsGivenUpLeavesNothingBehind(t *testing.T) {
	o := Options{Stats: silent(), Dedupe: true}
	o.complete()
	queue := source.NewQueue(queueBytes)
	r := newReceiver(&o, queue)
	ctx, giveUp := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- r.receive(ctx, strings.NewReader(list(event("a", "b"))), -1, "") }()
	eventually(t, "the batch to wait", func() bool { return queue.Waiting() == 1 })
	giveUp()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Fatalf("the error is %v", err)
	}
	if r.budget.used == 0 {
		t.Error("the memory of a batch in the queue was given back before it was finished")
	}
	queue.Abandon()
	if r.budget.used != 0 || len(r.duplicates.pending) != 0 {
		t.Errorf("%d bytes and %d events are left", r.budget.used, len(r.duplicates.pending))
	}
}
