package webhook

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/source"
)

// unanswered fails the test when an answer has come.
func unanswered(t *testing.T, when string, answers <-chan answer) {
	t.Helper()
	select {
	case a := <-answers:
		t.Fatalf("%s the answer was %d (%v)", when, a.status, a.err)
	default:
	}
}

func TestW1NoAnswerBeforeTheRulesHaveSeenTheEvents(t *testing.T) {
	f := start(t, Options{})
	answers := posting(newClient(t), f.url("/k8s-audit"), list(event("a", "ResponseComplete")))
	if err := f.next(patience); err != nil {
		t.Fatal(err)
	}
	unanswered(t, "while Falco has the batch", answers)
	if err := f.next(0); err != source.ErrEmpty { // this acknowledges the first one
		t.Fatalf("taking from an empty queue: %v", err)
	}
	if a := <-answers; a.status != http.StatusOK || a.body != "" || a.err != nil {
		t.Fatalf("after the rules have seen the batch the answer is %d %q (%v), want 200 and nothing", a.status, a.body, a.err)
	}
}

// A body of several batches is answered after the last of them.
func TestW1NoAnswerBeforeTheLastBatchOfALargeBodyWasSeen(t *testing.T) {
	f := start(t, Options{})
	var items []string
	for i := range 20 {
		items = append(items, padded(fmt.Sprint(i), 200_000))
	}
	answers := posting(newClient(t), f.url("/k8s-audit"), list(items...))
	batches := 0
	for f.events == nil || len(f.events) < len(items) {
		unanswered(t, fmt.Sprintf("after %d of %d events", len(f.events), len(items)), answers)
		if err := f.next(patience); err != nil {
			t.Fatal(err)
		}
		if batches++; len(f.events)+len(f.inHand.Events) == len(items) {
			break
		}
	}
	unanswered(t, "while Falco has the last batch", answers)
	f.finish(true)
	if a := <-answers; a.status != http.StatusOK || batches < 4 {
		t.Fatalf("%d batches were answered with %d (%v), want 200 and several batches", batches, a.status, a.err)
	}
	f.wants(items...)
}

func TestW1CloseAnswersRequestsThatWaitWith503(t *testing.T) {
	f := start(t, Options{})
	const requests = 20
	var all []<-chan answer
	for i := range requests {
		all = append(all, posting(newClient(t), f.url("/k8s-audit"), list(event(fmt.Sprint(i), "ResponseComplete"))))
	}
	eventually(t, "all requests to wait", func() bool { return f.queue.Waiting() == requests })
	if err := f.next(patience); err != nil { // one is in Falco's hands
		t.Fatal(err)
	}
	f.close()
	for _, answers := range all {
		a := <-answers
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") != "1" {
			t.Errorf("a request that waited when the capture ended was answered with %d (%v), want 503 and Retry-After: 1", a.status, a.err)
		}
	}
	if got := f.seen(); len(got) != 0 {
		t.Errorf("%d events count as seen", len(got))
	}
}

// What was seen before Close is answered with success, what was not is not.
func TestW1CloseAnswersEachRequestTruthfully(t *testing.T) {
	f := start(t, Options{})
	seen := posting(newClient(t), f.url("/k8s-audit"), list(event("seen", "ResponseComplete")))
	eventually(t, "the first request to wait", func() bool { return f.queue.Waiting() == 1 })
	unseen := posting(newClient(t), f.url("/k8s-audit"), list(event("unseen", "ResponseComplete")))
	eventually(t, "the second request to wait", func() bool { return f.queue.Waiting() == 2 })
	for range 2 {
		if err := f.next(patience); err != nil {
			t.Fatal(err)
		}
	}
	if a := <-seen; a.status != http.StatusOK {
		t.Errorf("the events that were seen were answered with %d (%v)", a.status, a.err)
	}
	f.close()
	if a := <-unseen; a.status != http.StatusServiceUnavailable {
		t.Errorf("the events that were not seen were answered with %d (%v)", a.status, a.err)
	}
}
