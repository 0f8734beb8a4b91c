package k8saudit

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/ptr"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/k8saudit/k8saudit/pkg/source"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// How a batch is made. Falco goes through a batch before it asks for the next
// one and acknowledges it by that; it looks at its signals in between.
const (
	batchEvents = 512
	batchBytes  = 1 << 20
	firstEvent  = 30 * time.Millisecond // the longest wait for it
)

// closing is the longest that Close waits for a source to stop.
const closing = 5 * time.Second

// Instance is one open capture. Falco uses it from one thread.
type Instance struct {
	progress ptr.StringBuffer
	source   source.Source
	queue    *source.Queue
	stats    *stats.Stats
	cancel   context.CancelFunc
	done     chan struct{} // closed when the source has returned
	patience time.Duration // of Close
	closed   func()        // told when the capture is over; may be nil
	newest   atomic.Int64  // time of the newest event in Falco's hands, in nanoseconds since 1970

	current *source.Batch   // being handed over
	next    int             // event of current
	handed  []*source.Batch // whole in Falco's hands, not acknowledged yet
	events  events
}

// Open opens what open_params names and starts to read it.
func (p *Plugin) Open(params string) (i *Instance, err error) {
	defer p.recovered("opening its source", &err)
	s, queueBytes, err := p.openSource(params)
	if err != nil {
		return nil, err
	}
	i = start(s, source.NewQueue(queueBytes), p.stats)
	i.closed = func() { p.open.CompareAndSwap(i, nil) }
	p.open.Store(i)
	return i, nil
}

// start runs the source in a goroutine that ends with the instance.
func start(s source.Source, queue *source.Queue, st *stats.Stats) *Instance {
	ctx, cancel := context.WithCancel(context.Background())
	i := &Instance{source: s, queue: queue, stats: st, cancel: cancel, done: make(chan struct{}), patience: closing}
	go i.run(ctx)
	return i
}

func (i *Instance) run(ctx context.Context) {
	defer close(i.done)
	var err error
	defer func() {
		if panicked := recover(); panicked != nil {
			err = i.stats.Recovered("reading its source", panicked)
		}
		i.queue.End(err)
	}()
	err = i.source.Run(ctx, i.queue)
}

// NextBatch makes the next batch, and acknowledges the one before: that Falco
// asks again means that its rules have seen every event of it. It returns how
// many events there are and the array of pointers to them, which is valid
// until the next call. sdk.ErrTimeout means that there are none now,
// sdk.ErrEOF that there will be none; any other error is the source's.
func (i *Instance) NextBatch() (n int, array unsafe.Pointer, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			n, err = 0, i.stats.Recovered("handing over events", panicked)
		}
	}()
	i.finish(true)
	i.events.reset()
	err = i.fill()
	if n = i.events.len(); n > 0 {
		i.stats.Delivered.Add(uint64(n))
		return n, i.events.array(), nil
	}
	return 0, nil, outcomes(err)
}

// outcomes are what a queue without events means to Falco.
func outcomes(err error) error {
	switch {
	case err == nil, errors.Is(err, source.ErrEmpty):
		return sdk.ErrTimeout
	case errors.Is(err, io.EOF):
		return sdk.ErrEOF
	}
	return err
}

// fill takes events until the batch is full or nothing waits.
func (i *Instance) fill() error {
	wait := firstEvent
	for i.events.len() < batchEvents && i.events.used < batchBytes {
		if i.current == nil {
			batch, err := i.queue.Take(wait)
			if err != nil {
				return err
			}
			i.current, i.next = batch, 0
		}
		i.copy()
		if i.events.len() > 0 {
			wait = 0
		}
	}
	return nil
}

// copy copies events of the current batch to Falco's memory.
func (i *Instance) copy() {
	waiting := i.current.Events[i.next:]
	for n := range waiting {
		if i.events.len() >= batchEvents || i.events.used >= batchBytes {
			return
		}
		i.events.add(uint64(waiting[n].Time.UnixNano()), waiting[n].Raw, i.current.Cluster)
		i.next++
	}
	if n := len(waiting); n > 0 {
		i.newest.Store(waiting[n-1].Time.UnixNano())
	}
	i.handed = append(i.handed, i.current)
	i.current = nil
}

// finish tells the source of the batches in Falco's hands whether the rules
// have seen them.
func (i *Instance) finish(seen bool) {
	for n, batch := range i.handed {
		batch.Finish(seen)
		i.handed[n] = nil
	}
	i.handed = i.handed[:0]
}

// ProgressBuffer is where the SDK keeps the words of Progress for Falco.
func (i *Instance) ProgressBuffer() sdk.StringBuffer { return &i.progress }

// Progress is how much of the input was read.
func (i *Instance) Progress(sdk.PluginState) (share float64, words string) {
	defer i.recovered("telling its progress")
	return i.source.Progress()
}

// Close ends the capture: the source is stopped, and what Falco has not
// acknowledged is given back to it as not seen. It returns within five
// seconds, whatever the source does.
func (i *Instance) Close() {
	defer i.recovered("closing its source")
	if i.closed != nil {
		i.closed()
	}
	i.cancel()
	if i.current != nil {
		i.handed = append(i.handed, i.current)
		i.current = nil
	}
	i.finish(false)
	i.queue.Abandon()
	closed := make(chan struct{})
	go i.closeSource(closed)
	select {
	case <-closed:
	case <-time.After(i.patience):
		i.stats.Log().Error("the source did not stop in time and was left behind; please report it")
	}
	i.events.free()
	i.progress.Free()
}

// closeSource closes the source once it has returned.
func (i *Instance) closeSource(closed chan<- struct{}) {
	defer close(closed)
	defer i.recovered("closing its source")
	<-i.done
	if err := i.source.Close(); err != nil {
		i.stats.Log().Warn("the source did not close cleanly", "error", err)
	}
}

// recovered stops a panic on its way to Falco; it is deferred.
func (i *Instance) recovered(doing string) {
	if panicked := recover(); panicked != nil {
		_ = i.stats.Recovered(doing, panicked)
	}
}
