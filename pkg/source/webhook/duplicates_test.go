package webhook

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/source"
)

func TestW9TheSameBatchTwiceIsDeliveredOnce(t *testing.T) {
	f := start(t, Options{Dedupe: true}).watch()
	items := numbered("a", 400)
	for range 3 {
		if a := post(newClient(t), f.url("/k8s-audit"), list(items...)); a.status != http.StatusOK {
			t.Fatalf("answered with %d (%v)", a.status, a.err)
		}
	}
	f.wants(items...)
	if got := f.stats.Duplicates.Load(); got != 800 {
		t.Errorf("%d duplicates were counted, want 800", got)
	}
	if got := dropped(f.stats); got != "" {
		t.Errorf("duplicates count as lost: %s", got)
	}
}

func TestW9WithoutDedupeTheSameBatchIsDeliveredTwice(t *testing.T) {
	f := start(t, Options{}).watch()
	e := event("a", "ResponseComplete")
	for range 2 {
		if a := post(newClient(t), f.url("/k8s-audit"), list(e)); a.status != http.StatusOK {
			t.Fatalf("answered with %d (%v)", a.status, a.err)
		}
	}
	f.wants(e, e)
}

// The audit ID is the client's to choose: it says nothing about whether two
// events are the same.
func TestW9EventsThatDifferAnywhereAreNeverMerged(t *testing.T) {
	f := start(t, Options{Dedupe: true}).watch()
	all := []string{
		event("a", "RequestReceived"), event("a", "ResponseStarted"), event("a", "ResponseComplete"),
		event("a", "Panic"), event("a", "ResponseComplete") + " ", padded("a", 10), padded("a", 11),
	}
	if a := post(newClient(t), f.url("/k8s-audit"), list(all...)); a.status != http.StatusOK {
		t.Fatalf("answered with %d (%v)", a.status, a.err)
	}
	f.wants(append(all[:4:4], all[5:]...)...) // blanks around an event are not part of it
}

func TestW9EventsThatTheRulesHaveNotSeenAreDeliveredAgain(t *testing.T) {
	f := start(t, Options{Dedupe: true})
	items := numbered("a", 3)
	first := posting(newClient(t), f.url("/k8s-audit"), list(items...))
	if err := f.next(patience); err != nil {
		t.Fatal(err)
	}
	f.finish(false)
	if a := <-first; a.status != http.StatusServiceUnavailable {
		t.Fatalf("answered with %d (%v), want 503", a.status, a.err)
	}
	f.watch()
	if a := post(newClient(t), f.url("/k8s-audit"), list(items...)); a.status != http.StatusOK {
		t.Fatalf("sent again: answered with %d (%v)", a.status, a.err)
	}
	f.wants(items...)
	if got := f.stats.Duplicates.Load(); got != 0 {
		t.Errorf("%d duplicates were counted", got)
	}
}

// A sender that has given up waiting sends a batch again while the first copy
// is still on its way.
func TestW9NeitherOfTwoConcurrentCopiesIsAnsweredBeforeTheRulesHaveSeenOne(t *testing.T) {
	for _, seen := range []bool{true, false} {
		f := start(t, Options{Dedupe: true})
		items := numbered(fmt.Sprint(seen), 5)
		first := posting(newClient(t), f.url("/k8s-audit"), list(items...))
		eventually(t, "the first copy to wait", func() bool { return f.queue.Waiting() == 1 })
		second := posting(newClient(t), f.url("/k8s-audit"), list(items...))
		eventually(t, "the second copy to be read", func() bool { return f.stats.Duplicates.Load() == 5 })
		unanswered(t, "while the first copy waits", first)
		unanswered(t, "while the first copy waits", second)
		if err := f.next(patience); err != nil {
			t.Fatal(err)
		}
		unanswered(t, "while Falco has the first copy", second)
		f.finish(seen)
		want := map[bool]int{true: http.StatusOK, false: http.StatusServiceUnavailable}[seen]
		for _, answers := range []<-chan answer{first, second} {
			if a := <-answers; a.status != want {
				t.Errorf("seen %v: answered with %d (%v), want %d", seen, a.status, a.err, want)
			}
		}
		if err := f.next(0); err != source.ErrEmpty {
			t.Errorf("seen %v: there is another batch (%v)", seen, err)
		}
		f.close()
	}
}

// A sender that is gone takes its copy's fate from nobody.
func TestW9ACopyOutlivesTheConnectionOfTheFirst(t *testing.T) {
	f := start(t, Options{Dedupe: true})
	items := numbered("a", 5)
	ctx, giveUp := context.WithCancel(t.Context())
	first := posting(newClient(t), f.url("/k8s-audit"), list(items...), func(r *http.Request) { *r = *r.WithContext(ctx) })
	eventually(t, "the first copy to wait", func() bool { return f.queue.Waiting() == 1 })
	giveUp()
	if a := <-first; a.err == nil {
		t.Fatalf("a request that was given up was answered with %d", a.status)
	}
	second := posting(newClient(t), f.url("/k8s-audit"), list(items...))
	eventually(t, "the second copy to be read", func() bool { return f.stats.Duplicates.Load() == 5 })
	f.watch()
	if a := <-second; a.status != http.StatusOK {
		t.Fatalf("answered with %d (%v)", a.status, a.err)
	}
	f.wants(items...)
}

func TestTheMemoryForDuplicatesIsBounded(t *testing.T) {
	const limit = 100
	s := newDuplicates(limit)
	var h hasher
	h.begin("")
	k := func(i int) key { return h.key(&audit.Event{Raw: fmt.Appendf(nil, "%d", i)}) }
	for i := range 10 * limit {
		d := &delivery{done: make(chan struct{})}
		if isNew, _ := s.enter(k(i), d); !isNew {
			t.Fatalf("event %d is not new", i)
		}
		s.settle([]key{k(i)}, true)
		if n := len(s.recent) + len(s.before) + len(s.pending); n > 2*limit {
			t.Fatalf("%d events are remembered, want no more than %d", n, 2*limit)
		}
		for j := max(0, i-limit+1); j <= i; j++ {
			if isNew, _ := s.enter(k(j), d); isNew {
				t.Fatalf("of the last %d events, %d was forgotten at %d", limit, j, i)
			}
		}
	}
}
