// Package source is the contract between what brings audit events in (a file,
// a directory, standard input, a log that is followed, a webhook) and what
// hands them to Falco: a source puts batches into a queue, and learns of each
// when the rules have seen it.
package source

import (
	"context"

	"github.com/k8saudit/k8saudit/pkg/audit"
)

// Source brings audit events in. It is made open: a file that cannot be
// opened or a port in use is an error of the function that makes it.
type Source interface {
	// Run puts batches into the queue, in order, until its input ends or ctx is
	// cancelled, and returns within a second of that. It is called once, in a
	// goroutine of its own. Nil means that the input was read to its end; an
	// error ends the capture, and Falco shows it.
	Run(ctx context.Context, queue *Queue) error
	// Progress tells how much of the input was read, between 0 and 1, and the
	// same in words; any goroutine may ask.
	Progress() (share float64, words string)
	// Close gives up what the source holds. It is called once, after Run has
	// returned and every batch is done.
	Close() error
}

// Batch is a run of audit events that came in together and is acknowledged
// together.
type Batch struct {
	// Events are in the order in which they came in; there may be none. They
	// belong to whoever took the batch until it calls Finish.
	Events []audit.Event
	// Cluster is the name of the cluster that the events come from, where the
	// sender says it; empty means the one that is configured.
	Cluster string
	// Done is called exactly once, if it is set: with true after the rules have
	// seen every event of the batch, with false when that will not happen
	// because the capture ends. Only true may advance a checkpoint or answer a
	// sender with success. It must not block, and may be called from any
	// goroutine.
	Done func(seen bool)

	queue *Queue
	size  int64
	held  int // bytes of memory behind the events, where known to the one who put them
}

// Finish says what became of the batch; call it once.
func (b *Batch) Finish(seen bool) {
	if b.queue != nil {
		b.queue.release(b.size)
	}
	if b.Done != nil {
		b.Done(seen)
	}
}

// overhead is what an event costs in memory beside its text.
const overhead = 64

// bytes is what the batch occupies of a queue: the text of its events, or the
// memory that they are slices of where that is more.
func (b *Batch) bytes() int64 {
	n := int64(0)
	for i := range b.Events {
		n += int64(len(b.Events[i].Raw))
	}
	return max(n, int64(b.held)) + overhead*int64(1+len(b.Events))
}
