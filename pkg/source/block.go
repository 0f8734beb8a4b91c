package source

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/k8saudit/k8saudit/pkg/audit"
)

// Reader turns a stream of lines into batches, a block of whole lines each.
// One goroutine uses it; its memory comes back when a batch is finished.
type Reader struct {
	Lines    *Lines
	splitter *audit.Splitter
	pool     sync.Pool // of *block
}

// block is a batch with the memory that its events are slices of.
type block struct {
	Batch
	buf []byte
}

// NewReader returns a Reader that finds events with splitter in lines.
func NewReader(lines *Lines, splitter *audit.Splitter) *Reader {
	return &Reader{Lines: lines, splitter: splitter, pool: sync.Pool{New: func() any { return new(block) }}}
}

// Next reads one block of completed lines from r and puts its events into the
// queue; done may be nil. It returns r's error when no line was complete, and
// else that of Put, when done will not be called. A block without events is
// put too, so that done is called in the order of the blocks.
func (r *Reader) Next(ctx context.Context, from io.Reader, queue *Queue, done func(seen bool)) error {
	b := r.pool.Get().(*block)
	lines, err := r.Lines.Next(from, b.buf)
	if err != nil {
		r.release(b)
		return err
	}
	b.buf = lines[:0]
	for line := range bytes.Lines(lines) {
		r.split(b, line)
	}
	return r.put(ctx, queue, b, done)
}

// Rest puts the event of a last line without a newline into the queue; where
// there is no such line, nothing is put.
func (r *Reader) Rest(ctx context.Context, queue *Queue, done func(seen bool)) error {
	line := r.Lines.Rest()
	if len(line) == 0 {
		return nil
	}
	b := r.pool.Get().(*block)
	r.split(b, line)
	return r.put(ctx, queue, b, done)
}

func (r *Reader) split(b *block, line []byte) {
	r.splitter.Split(line, func(e audit.Event) { b.Events = append(b.Events, e) })
}

func (r *Reader) put(ctx context.Context, queue *Queue, b *block, done func(seen bool)) error {
	b.Done = func(seen bool) {
		if done != nil {
			done(seen)
		}
		r.release(b)
	}
	err := queue.Put(ctx, &b.Batch)
	if err != nil {
		r.release(b)
	}
	return err
}

// release takes a block's memory back, unless a long line has made it large.
func (r *Reader) release(b *block) {
	if cap(b.buf) > largestKept {
		b.buf = nil
	}
	clear(b.Events)
	b.Events, b.Done, b.queue = b.Events[:0], nil, nil
	r.pool.Put(b)
}
