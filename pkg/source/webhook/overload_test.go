package webhook

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// heap is how many bytes of memory are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func inUse(b *budget) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

func TestW5UnderOverloadRequestsAreRefusedMemoryIsBoundedAndItRecovers(t *testing.T) {
	const requests, limit = 200, 32 << 20
	var items []string
	for i := range 1000 {
		items = append(items, padded(fmt.Sprint(i), 10_000))
	}
	body := list(items...) // 10 MB, which all requests share
	f := startWith(t, Options{}, limit, time.Now)
	c := newClient(t)
	before := heap()

	statuses := make(chan answer, requests)
	for range requests {
		go func() { statuses <- post(c, f.url("/k8s-audit"), body) }()
	}
	// Falco is stalled: some are let in and wait, all others are refused.
	admitted := requests
	limitReached := time.After(patience)
	for b := f.source.handler; admitted > limit/mostAhead; {
		select {
		case a := <-statuses:
			if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "1" {
				t.Fatalf("a request that there is no room for was answered with %d (%v)", a.status, a.err)
			}
			admitted--
		case <-limitReached:
			t.Fatalf("%d requests are let in, want %d", admitted, limit/mostAhead)
		}
		if used := inUse(b.receiver.budget); used > limit {
			t.Fatalf("requests have %d bytes of %d", used, limit)
		}
	}
	if used := heap() - before; used > 2*limit {
		t.Errorf("%d requests of %d bytes take %d bytes of memory, want no more than twice the queue's %d", requests, len(body), used, limit)
	}
	unanswered(t, "while Falco is stalled", statuses)

	f.watch()
	for range admitted {
		if a := <-statuses; a.status != http.StatusOK {
			t.Errorf("a request that waited was answered with %d (%v)", a.status, a.err)
		}
	}
	if a := post(c, f.url("/k8s-audit"), body); a.status != http.StatusOK {
		t.Errorf("afterwards a request was answered with %d (%v)", a.status, a.err)
	}
	if got, want := len(f.seen()), (admitted+1)*len(items); got != want {
		t.Errorf("the rules saw %d events, want %d", got, want)
	}
}

// Half of a body has been delivered when the memory for the rest is missing:
// the whole is refused, and delivered when it is sent again, each event once.
func TestW5ARequestThatIsRefusedHalfwayIsWholeWhenItIsSentAgain(t *testing.T) {
	const limit = 4 << 20
	f := startWith(t, Options{Dedupe: true}, limit, time.Now).watch()
	var items []string
	for i := range 20 {
		items = append(items, padded(fmt.Sprint(i), 100_000))
	}
	items = append(items, padded("huge", 3<<20))
	other := f.source.handler.receiver.budget.lease(1 << 20) // another request
	c := newClient(t)
	if a := post(c, f.url("/k8s-audit"), list(items...), chunked); a.status != http.StatusTooManyRequests {
		t.Fatalf("answered with %d (%v), want 429", a.status, a.err)
	}
	eventually(t, "the first half to be seen", func() bool { return len(f.seen()) > 0 })
	other.release()
	eventually(t, "success", func() bool { return post(c, f.url("/k8s-audit"), list(items...)).status == http.StatusOK })
	if got := f.seen(); !slices.Equal(got, items) {
		t.Errorf("the rules saw %d events, want each of %d once", len(got), len(items))
	}
}

// Most clients read the answer when they have written the body.
func TestW5ASenderOverHTTP1ReadsThatItIsRefusedAfterItHasWrittenItsBody(t *testing.T) {
	f := startWith(t, Options{}, 1<<20, time.Now)
	defer f.source.handler.receiver.budget.lease(1 << 20).release() // no room is left
	body := list(padded("a", 30<<20))
	head := fmt.Sprintf("POST /k8s-audit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body))
	if got := raw(t, f, head+body, false); got != http.StatusTooManyRequests {
		t.Errorf("answered with %d, want 429", got)
	}
}

func TestW5AnEventLargerThanTheQueueIsLetInWhenItIsAlone(t *testing.T) {
	f := startWith(t, Options{}, 1<<20, time.Now).watch()
	e := padded("huge", 5<<20)
	if a := post(newClient(t), f.url("/k8s-audit"), list(event("a", "b"), e, event("c", "d"))); a.status != http.StatusOK {
		t.Fatalf("answered with %d (%v)", a.status, a.err)
	}
	f.wants(event("a", "b"), e, event("c", "d"))
}

func TestW5AMillionSmallEventsTakeNoMoreMemoryThanTheQueue(t *testing.T) {
	const limit = 16 << 20
	f := startWith(t, Options{}, limit, time.Now)
	n := 1_000_000
	if !long() {
		n = 200_000
	}
	r := &repeated{left: n, item: event("a", "ResponseComplete") + ","}
	result := make(chan error, 1)
	go func() { result <- f.source.handler.receiver.receive(t.Context(), r, -1, "") }()
	before, seen := heap(), 0
	for seen < n {
		b, err := f.queue.Take(patience)
		if err != nil {
			t.Fatal(err)
		}
		if seen%50 == 0 {
			if used := heap() - before; used > 2*limit {
				t.Fatalf("after %d events %d bytes of memory are in use", seen, used)
			}
		}
		seen += len(b.Events)
		b.Finish(true)
	}
	if err := <-result; err != nil || seen != n {
		t.Fatalf("%d of %d events, %v", seen, n, err)
	}
}

// repeated reads as a list of left items, the last of which is another.
type repeated struct {
	item string
	left int
	rest strings.Reader
	head bool
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.rest.Len() == 0 {
		switch {
		case !r.head:
			r.head = true
			r.rest.Reset(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[`)
		case r.left > 1:
			r.left--
			r.rest.Reset(r.item)
		case r.left == 1:
			r.left--
			r.rest.Reset(strings.TrimSuffix(r.item, ",") + "]}")
		}
	}
	return r.rest.Read(p)
}
