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
	buf      []byte    // to read into
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
	if cap(r.buf) < chunk {
		r.buf = make([]byte, 0, chunk)
	}
	lines, err := r.Lines.Next(from, r.buf)
	if err != nil {
		return err
	}
	b := r.pool.Get().(*block)
	lines = r.hand(lines, b)
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

// hand gives a block the lines: in the buffer that they were read into, or,
// when they fill little of it, in memory of their size. A log that grows by a
// line at a time would else hold a whole buffer for each while Falco is slow.
func (r *Reader) hand(lines []byte, b *block) []byte {
	if len(lines) >= cap(lines)/4 {
		r.buf, b.buf = b.buf, lines
	} else {
		if cap(b.buf) > 4*len(lines) {
			b.buf = nil
		}
		r.buf, b.buf = lines, append(b.buf[:0], lines...)
	}
	b.held = cap(b.buf)
	return b.buf
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
	b.Events, b.Done, b.queue, b.held = b.Events[:0], nil, nil, 0
	r.pool.Put(b)
}
