package source

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/audit"
)

func batch(size int, done func(bool)) *Batch {
	return &Batch{Events: []audit.Event{{Raw: []byte(strings.Repeat("x", size))}}, Done: done}
}

func TestBatchesComeOutInTheOrderInWhichTheyCameIn(t *testing.T) {
	q := NewQueue(1 << 20)
	for size := range 10 {
		if err := q.Put(t.Context(), batch(size, nil)); err != nil {
			t.Fatal(err)
		}
	}
	for size := range 10 {
		if b, err := q.Take(0); err != nil || len(b.Events[0].Raw) != size {
			t.Fatalf("batch %d: %v", size, err)
		}
	}
	if _, err := q.Take(0); err != ErrEmpty {
		t.Fatalf("an empty queue: %v", err)
	}
}

func TestAFullQueueHoldsItsBytesUntilTheBatchIsFinished(t *testing.T) {
	q := NewQueue(1000)
	first := batch(900, nil)
	if ok, err := q.TryPut(first); !ok || err != nil {
		t.Fatal("an empty queue refuses a batch")
	}
	if ok, _ := q.TryPut(batch(900, nil)); ok {
		t.Fatal("a full queue takes a batch")
	}
	if _, err := q.Take(0); err != nil {
		t.Fatal(err)
	}
	if ok, _ := q.TryPut(batch(900, nil)); ok {
		t.Fatal("the bytes of a batch that the rules have not seen were given away")
	}
	first.Finish(true)
	if ok, _ := q.TryPut(batch(900, nil)); !ok {
		t.Fatal("there is no room although the batch was finished")
	}
}

func TestABatchLargerThanTheQueueIsLetInAlone(t *testing.T) {
	q := NewQueue(10)
	if ok, _ := q.TryPut(batch(1000, nil)); !ok {
		t.Fatal("it could never be delivered")
	}
	if ok, _ := q.TryPut(batch(1, nil)); ok {
		t.Fatal("another one was let in beside it")
	}
}

func TestAPutThatWaitsEndsWithRoomTheContextOrTheCapture(t *testing.T) {
	f := func(name string, want error, free func(q *Queue, first *Batch, cancel func())) {
		t.Helper()
		q := NewQueue(100)
		first := batch(100, nil)
		if err := q.Put(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		result := make(chan error, 1)
		go func() { result <- q.Put(ctx, batch(100, nil)) }()
		free(q, first, cancel)
		if got := <-result; !errors.Is(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	f("room", nil, func(_ *Queue, first *Batch, _ func()) { first.Finish(true) })
	f("context", context.Canceled, func(_ *Queue, _ *Batch, cancel func()) { cancel() })
	f("end", ErrEnded, func(q *Queue, _ *Batch, _ func()) { q.End(nil) })
}

func TestATakeThatWaitsGetsWhatIsPut(t *testing.T) {
	q := NewQueue(100)
	var wait sync.WaitGroup
	wait.Go(func() {
		if _, err := q.Take(patience); err != nil {
			t.Errorf("got %v", err)
		}
	})
	if err := q.Put(t.Context(), batch(1, nil)); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	if _, err := q.Take(1); err != ErrEmpty {
		t.Fatalf("waiting for nothing: %v", err)
	}
}

func TestWhatWaitsIsTakenBeforeTheEndIsTold(t *testing.T) {
	failure := errors.New("the disk is gone")
	for _, end := range []error{nil, failure} {
		q := NewQueue(100)
		if err := q.Put(t.Context(), batch(1, nil)); err != nil {
			t.Fatal(err)
		}
		q.End(end)
		q.End(errors.New("a later end does not count"))
		if _, err := q.Take(0); err != nil {
			t.Fatalf("what was put before the end: %v", err)
		}
		want := end
		if want == nil {
			want = io.EOF
		}
		for range 2 {
			if _, err := q.Take(patience); err != want {
				t.Fatalf("at the end: %v, want %v", err, want)
			}
		}
		if err := q.Put(t.Context(), batch(1, nil)); err != ErrEnded {
			t.Fatalf("after the end: %v", err)
		}
	}
}

func TestAnAbandonedQueueFinishesWhatWaitsAsNotSeen(t *testing.T) {
	q := NewQueue(1000)
	seen := map[bool]int{}
	for range 3 {
		if err := q.Put(t.Context(), batch(1, func(s bool) { seen[s]++ })); err != nil {
			t.Fatal(err)
		}
	}
	q.Abandon()
	if seen[false] != 3 || seen[true] != 0 || q.Used() != 0 {
		t.Fatalf("seen %v, %d bytes left", seen, q.Used())
	}
}

func TestManySendersAndOneReceiverLoseNothing(t *testing.T) {
	q := NewQueue(500)
	const senders, each = 8, 500
	var wait sync.WaitGroup
	for range senders {
		wait.Go(func() {
			for range each {
				if err := q.Put(t.Context(), batch(50, nil)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	go func() { wait.Wait(); q.End(nil) }()
	if got := len(takeAll(t, q)); got != senders*each {
		t.Fatalf("%d events, want %d", got, senders*each)
	}
}
