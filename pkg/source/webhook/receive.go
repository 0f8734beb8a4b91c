package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/source"
)

// What can become of a request, beside success.
var (
	errFull         = errors.New("there is no room for these events now; send them again")
	errEnding       = errors.New("the capture ends before the rules have seen these events; send them again")
	errTooLarge     = errors.New("the body is larger than webhookMaxBatchSize")
	errUnsound      = errors.New("the body is not made of Kubernetes audit events")
	errBody         = errors.New("the body breaks off or cannot be decompressed")
	errUnauthorized = errors.New("unauthorized")
)

// receiver takes the events of requests to the queue.
type receiver struct {
	options    *Options
	queue      *source.Queue
	budget     *budget
	duplicates *duplicates // nil when they are let through
	chunks     sync.Pool   // of *chunk
}

func newReceiver(o *Options, queue *source.Queue) *receiver {
	r := &receiver{options: o, queue: queue, budget: &budget{limit: queue.Limit()}}
	r.chunks.New = func() any { return new(chunk) }
	if o.Dedupe {
		r.duplicates = newDuplicates(remembered)
	}
	return r
}

// reception is the receiving of one request.
type reception struct {
	*receiver
	ctx     context.Context
	cluster string
	lease   *lease
	used    int64 // of the lease, in bytes: by what is being read, and by what is in the queue
	stream  audit.Stream
	sent    []sending // in the queue, oldest first
}

// sending is a delivery that a request waits for.
type sending struct {
	*delivery
	size int64 // of the lease; 0 for another request's
}

// receive reads a request's body of length bytes (-1 when that is not known)
// and returns nil when the rules have seen every event of it. After an error
// some of them may still reach the rules; the sender is to send all again. The
// error is one of those above, or the context's.
func (r *receiver) receive(ctx context.Context, body io.Reader, length int64, cluster string) error {
	size := firstChunk(length)
	lease := r.budget.lease(share(size, length))
	if lease == nil {
		return errFull
	}
	defer lease.release()
	splitter := audit.NewSplitter(r.options.MaxEventSize, r.options.Stats)
	rec := &reception{receiver: r, ctx: ctx, cluster: cluster, lease: lease, stream: audit.NewStream(splitter)}
	if err := rec.read(body, size); err != nil {
		return err
	}
	if err := rec.wait(0); err != nil {
		return err
	}
	if !rec.stream.Sound() {
		return errUnsound
	}
	return nil
}

// read puts the events of the body into the queue, a chunk at a time.
func (r *reception) read(body io.Reader, size int64) error {
	c := r.chunk(size)
	r.used = size
	for {
		err := c.fill(body)
		if err != nil && err != io.EOF {
			r.recycle(c)
			return classify(err)
		}
		last := err == io.EOF
		done := r.split(c, last)
		if last {
			return r.send(c)
		}
		if c, err = r.advance(c, done); err != nil {
			return err
		}
	}
}

// classify makes one of the errors above of one of reading a body.
func classify(err error) error {
	if errors.Is(err, errTooLarge) {
		return err
	}
	return fmt.Errorf("%w: %w", errBody, err)
}

// split finds the events in what was read of a chunk.
func (r *reception) split(c *chunk, last bool) (done int) {
	return r.stream.Split(c.buf, last, func(e audit.Event) { c.batch.Events = append(c.batch.Events, e) })
}

// advance sends the events of a full chunk, of which done bytes were used, and
// returns one that begins with the rest and has room behind it.
func (r *reception) advance(c *chunk, done int) (*chunk, error) {
	if len(c.batch.Events) == 0 && done > len(c.buf)/2 {
		c.buf = c.buf[:copy(c.buf, c.buf[done:])]
		return c, nil
	}
	rest := c.buf[done:]
	size := max(chunkSize, min(2*int64(len(rest)), r.options.MaxBatchSize+grain))
	if err := r.room(size); err != nil {
		r.recycle(c)
		return nil, err
	}
	next := r.chunk(size)
	next.buf = append(next.buf, rest...)
	if len(c.batch.Events) == 0 {
		r.used -= c.size
		r.recycle(c)
		return next, nil
	}
	if err := r.send(c); err != nil {
		r.recycle(next)
		return nil, err
	}
	return next, nil
}

// room makes room for n more bytes: what this request has in the queue goes
// through the rules first. Where that does not suffice, an event is larger
// than what one request has as its own.
func (r *reception) room(n int64) error {
	for r.used+n > r.lease.size && len(r.sent) > 0 {
		if err := r.wait(len(r.sent) - 1); err != nil {
			return err
		}
	}
	if more := r.used + n - r.lease.size; more > 0 && !r.lease.grow(more) {
		return errFull
	}
	r.used += n
	return nil
}

// wait waits until the rules have seen all deliveries of this request but the
// last left ones.
func (r *reception) wait(left int) error {
	for len(r.sent) > left {
		s := r.sent[0]
		select {
		case <-s.done:
		case <-r.ctx.Done():
			return r.ctx.Err()
		}
		if !s.seen {
			return errEnding
		}
		r.sent = r.sent[1:]
		r.used -= s.size
	}
	return nil
}

// send puts the chunk's events into the queue, but those that the rules have
// seen or are about to see, and gives the chunk away.
func (r *reception) send(c *chunk) error {
	d := &delivery{done: make(chan struct{})}
	r.withoutDuplicates(c, d)
	if len(c.batch.Events) == 0 {
		r.used -= c.size
		r.recycle(c)
		return nil
	}
	r.lease.hold()
	c.batch.Cluster = r.cluster
	c.batch.Done = func(seen bool) { r.finish(c, d, seen) }
	size := c.size
	if err := r.queue.Put(r.ctx, &c.batch); err != nil {
		r.finish(c, d, false)
		if errors.Is(err, source.ErrEnded) {
			return errEnding
		}
		return err
	}
	r.sent = append(r.sent, sending{d, size})
	return nil
}

// finish takes what became of a chunk's events.
func (r *reception) finish(c *chunk, d *delivery, seen bool) {
	if r.duplicates != nil {
		r.duplicates.settle(c.keys, seen)
	}
	r.recycle(c)
	r.lease.release()
	d.seen = seen
	close(d.done)
}

// withoutDuplicates leaves the new events in the chunk. Of the others, those
// that are on their way with another batch are waited for: one of two
// concurrent copies must not be answered before the rules have seen the other.
func (r *reception) withoutDuplicates(c *chunk, d *delivery) {
	if r.duplicates == nil {
		return
	}
	all := c.hashed(r.cluster)
	fresh := c.batch.Events[:0]
	r.duplicates.mu.Lock()
	defer r.duplicates.mu.Unlock()
	for i, k := range all {
		isNew, other := r.duplicates.enter(k, d)
		if isNew {
			fresh = append(fresh, c.batch.Events[i])
			c.keys = append(c.keys, k)
			continue
		}
		r.options.Stats.Duplicates.Add(1)
		r.follow(other, d)
	}
	clear(c.batch.Events[len(fresh):])
	c.batch.Events = fresh
}

// follow lets the request wait for another's delivery, too.
func (r *reception) follow(other, own *delivery) {
	if other == nil || other == own {
		return
	}
	if n := len(r.sent); n > 0 && r.sent[n-1].delivery == other {
		return // the events of a batch sent again follow one another
	}
	r.sent = append(r.sent, sending{other, 0})
}
