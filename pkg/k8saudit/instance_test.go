package k8saudit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/source"
)

// script is a source that does what a test says.
type script struct {
	run    func(ctx context.Context, queue *source.Queue) error
	closed chan struct{}
}

func (s *script) Run(ctx context.Context, queue *source.Queue) error { return s.run(ctx, queue) }
func (s *script) Progress() (float64, string)                        { return 0.5, "half" }
func (s *script) Close() error                                       { close(s.closed); return nil }

// opened starts a script.
func opened(t *testing.T, run func(ctx context.Context, queue *source.Queue) error) (*Instance, *script) {
	s := &script{run: run, closed: make(chan struct{})}
	return start(s, source.NewQueue(fileQueue), started(t, "").stats), s
}

// next asks for batches until one comes, or the end.
func next(t *testing.T, i *Instance) (payloads []string, err error) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < 20*time.Second; {
		n, array, err := i.NextBatch()
		if err == sdk.ErrTimeout {
			continue
		}
		return payloadsOf(n, array), err
	}
	t.Fatal("no batch came")
	return nil, nil
}

// payloadsOf reads a batch as Falco does.
func payloadsOf(n int, array unsafe.Pointer) []string {
	var all []string
	for k := range n {
		in := eventInput{event: *(*unsafe.Pointer)(unsafe.Add(array, k*8))}
		all = append(all, string(in.payload()))
	}
	return all
}

func named(names ...string) []audit.Event {
	var all []audit.Event
	for _, name := range names {
		all = append(all, audit.Event{Raw: []byte(name), Time: time.Unix(0, 7)})
	}
	return all
}

func TestABatchIsAcknowledgedWhenTheNextOneIsAskedFor(t *testing.T) {
	done := make(chan bool, 2)
	i, _ := opened(t, func(ctx context.Context, queue *source.Queue) error {
		return queue.Put(ctx, &source.Batch{Events: named("a", "b"), Done: func(seen bool) { done <- seen }})
	})
	defer i.Close()
	if got, err := next(t, i); err != nil || strings.Join(got, " ") != "a b" {
		t.Fatalf("got %q, %v", got, err)
	}
	select {
	case seen := <-done:
		t.Fatalf("acknowledged (%v) before the rules can have seen it", seen)
	default:
	}
	if _, err := next(t, i); err != sdk.ErrEOF {
		t.Fatalf("at the end: %v", err)
	}
	if seen := <-done; !seen {
		t.Error("the batch was finished as not seen")
	}
	if _, err := next(t, i); err != sdk.ErrEOF {
		t.Errorf("asked once more: %v", err)
	}
}

func TestWhatIsNotAcknowledgedWhenTheCaptureEndsIsNotSeen(t *testing.T) {
	seen, put := make(chan bool, 3), make(chan struct{})
	done := func(s bool) { seen <- s }
	i, s := opened(t, func(ctx context.Context, queue *source.Queue) error {
		for range 3 {
			if err := queue.Put(ctx, &source.Batch{Events: named(strings.Repeat("x", batchBytes)), Done: done}); err != nil {
				return err
			}
		}
		close(put)
		<-ctx.Done()
		return ctx.Err()
	})
	<-put
	for range 2 { // the first is acknowledged by asking for the second
		if _, err := next(t, i); err != nil {
			t.Fatal(err)
		}
	}
	i.Close()
	if got := fmt.Sprint(<-seen, <-seen, <-seen); got != "true false false" {
		t.Errorf("seen: %s, want true false false", got)
	}
	<-s.closed
}

func TestALargeBatchIsHandedOverInPartsAndAcknowledgedOnce(t *testing.T) {
	const n = 3*batchEvents + 7
	acknowledged := 0
	i, _ := opened(t, func(ctx context.Context, queue *source.Queue) error {
		var names []string
		for k := range n {
			names = append(names, fmt.Sprint(k))
		}
		return queue.Put(ctx, &source.Batch{Events: named(names...), Done: func(bool) { acknowledged++ }})
	})
	defer i.Close()
	var all []string
	for len(all) < n {
		got, err := next(t, i)
		if err != nil || len(got) > batchEvents || acknowledged != 0 {
			t.Fatalf("after %d events: a batch of %d, %v, acknowledged %d times", len(all), len(got), err, acknowledged)
		}
		all = append(all, got...)
	}
	if all[0] != "0" || all[n-1] != fmt.Sprint(n-1) {
		t.Errorf("the order is lost: %s … %s", all[0], all[n-1])
	}
	if _, err := next(t, i); err != sdk.ErrEOF || acknowledged != 1 {
		t.Errorf("at the end: %v, acknowledged %d times", err, acknowledged)
	}
}

func TestEmptyBatchesAreAcknowledgedInOrderAndAreNoEvents(t *testing.T) {
	var order []string
	i, _ := opened(t, func(ctx context.Context, queue *source.Queue) error {
		for _, name := range []string{"a", "", "b", ""} {
			b := &source.Batch{Done: func(bool) { order = append(order, name) }}
			if name != "" {
				b.Events = named(name)
			}
			if err := queue.Put(ctx, b); err != nil {
				return err
			}
		}
		return nil
	})
	defer i.Close()
	for {
		if _, err := next(t, i); err == sdk.ErrEOF {
			break
		}
	}
	if got := fmt.Sprintf("%q", order); got != `["a" "" "b" ""]` {
		t.Errorf("acknowledged in the order %s", got)
	}
}

func TestASourceThatWaitsIsATimeoutForFalco(t *testing.T) {
	i, _ := opened(t, func(ctx context.Context, _ *source.Queue) error { <-ctx.Done(); return nil })
	defer i.Close()
	if n, array, err := i.NextBatch(); n != 0 || array != nil || err != sdk.ErrTimeout {
		t.Errorf("got %d events, %v", n, err)
	}
}

func TestTheErrorOfASourceEndsTheCaptureAfterItsEvents(t *testing.T) {
	failure := errors.New("the disk is gone")
	i, _ := opened(t, func(ctx context.Context, queue *source.Queue) error {
		if err := queue.Put(ctx, &source.Batch{Events: named("a")}); err != nil {
			return err
		}
		return failure
	})
	defer i.Close()
	if got, err := next(t, i); err != nil || len(got) != 1 {
		t.Fatalf("got %q, %v", got, err)
	}
	if _, err := next(t, i); err != failure {
		t.Errorf("got %v, want the source's error", err)
	}
}

func TestH1APanicInASourceIsAnErrorForFalco(t *testing.T) {
	i, _ := opened(t, func(context.Context, *source.Queue) error { panic("out of luck") })
	defer i.Close()
	if _, err := next(t, i); err == nil || !strings.Contains(err.Error(), "out of luck") {
		t.Errorf("got %v", err)
	}
}

func TestH2CloseReturnsAlthoughTheSourceIsStuck(t *testing.T) {
	release := make(chan struct{})
	i, s := opened(t, func(context.Context, *source.Queue) error { <-release; return nil })
	i.patience = time.Millisecond
	i.Close() // would wait for ever
	close(release)
	<-s.closed // the source is closed when it returns at last
}

func TestH1APanicWhileTheSourceIsClosedIsStopped(t *testing.T) {
	i, s := opened(t, func(context.Context, *source.Queue) error { return nil })
	close(s.closed) // closing it again panics
	i.Close()
	if i.stats.Panics.Load() != 1 {
		t.Errorf("counted %d panics, want 1", i.stats.Panics.Load())
	}
}

func TestProgressIsThatOfTheSource(t *testing.T) {
	i, _ := opened(t, func(context.Context, *source.Queue) error { return nil })
	defer i.Close()
	if share, words := i.Progress(nil); share != 0.5 || words != "half" {
		t.Errorf("got %v, %q", share, words)
	}
}

func TestTheMemoryOfAGiantEventIsGivenBack(t *testing.T) {
	i, _ := opened(t, func(ctx context.Context, queue *source.Queue) error {
		for _, size := range []int{10, 10 << 20, 10, 10} {
			if err := queue.Put(ctx, &source.Batch{Events: named(strings.Repeat("x", size))}); err != nil {
				return err
			}
		}
		return nil
	})
	defer i.Close()
	sizes := map[int]int{}
	for {
		got, err := next(t, i)
		if err == sdk.ErrEOF {
			break
		}
		for _, payload := range got {
			sizes[len(payload)]++
		}
	}
	if sizes[10] != 3 || sizes[10<<20] != 1 {
		t.Errorf("got events of sizes %v", sizes)
	}
	if i.events.data.size > largestKept {
		t.Errorf("%d bytes are held after a giant event", i.events.data.size)
	}
}
