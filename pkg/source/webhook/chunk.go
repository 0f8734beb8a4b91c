package webhook

import (
	"io"

	"github.com/k8saudit/k8saudit/pkg/source"
)

// chunkSize is how much of a large body is read at a time. An ordinary one is
// read as a whole: 400 events of 1 KB.
const chunkSize = 1 << 20

// A request with a large body has memory for some chunks as its own, so that
// one can be read while the rules look at another: so far ahead of them may it
// be read.
const (
	leastAhead = 2 * chunkSize
	mostAhead  = 4 * chunkSize
)

// grain is what the size of a chunk is a multiple of, so that chunks can be
// used again for bodies of nearly the same size.
const grain = 64 << 10

// chunk is a piece of a body with the batch of its events, which are slices of
// it, and what finding out duplicates needs.
type chunk struct {
	buf   []byte
	size  int64 // that was asked for
	batch source.Batch
	keys  []key // of the events in the batch
	all   []key // of those that were found in the piece
	hash  hasher
}

// firstChunk is the size of the first chunk for a body of length bytes (-1
// when not known). There is room for one byte more, to see the end.
func firstChunk(length int64) int64 {
	if length < 0 || length >= chunkSize {
		return chunkSize
	}
	return (length + grain) / grain * grain
}

// share is how much memory a request needs with a body of length bytes, of
// which size are read first.
func share(size, length int64) int64 {
	if size < chunkSize {
		return size
	}
	return min(max(length, leastAhead), mostAhead)
}

// chunk returns an empty chunk for size bytes. One that is much larger is left
// alone: the budget counts size.
func (r *receiver) chunk(size int64) *chunk {
	c := r.chunks.Get().(*chunk)
	if have := int64(cap(c.buf)); have < size || have > 2*size {
		c.buf = make([]byte, 0, size)
	}
	c.size = size
	return c
}

// recycle takes a chunk back; nothing may refer to its events any more.
func (r *receiver) recycle(c *chunk) {
	if cap(c.buf) > chunkSize {
		c.buf = nil // made for an unusually large event
	}
	clear(c.batch.Events)
	c.batch = source.Batch{Events: c.batch.Events[:0]}
	c.buf, c.keys, c.all = c.buf[:0], c.keys[:0], c.all[:0]
	r.chunks.Put(c)
}

// fill reads until the chunk is full. The error is the body's: io.EOF behind
// its end.
func (c *chunk) fill(body io.Reader) error {
	limit := min(int(c.size), cap(c.buf))
	for len(c.buf) < limit {
		n, err := body.Read(c.buf[len(c.buf):limit])
		c.buf = c.buf[:len(c.buf)+n]
		if err != nil {
			return err
		}
	}
	return nil
}

// hashed returns the keys of the chunk's events, valid until it is recycled.
func (c *chunk) hashed(cluster string) []key {
	c.hash.begin(cluster)
	for i := range c.batch.Events {
		c.all = append(c.all, c.hash.key(&c.batch.Events[i]))
	}
	return c.all
}
