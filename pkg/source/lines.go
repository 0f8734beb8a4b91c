package source

import (
	"bytes"
	"io"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// chunk is how much is read at a time, and the size of a buffer that suffices
// for ordinary lines.
const chunk = 256 << 10

// largestKept is the largest buffer that is kept for reuse after a long line.
const largestKept = 4 * chunk

// LongestLine is the longest line that is read for events of up to
// maxEventSize bytes: a longer event is cut to that size, which takes the
// whole of it, so there is room for several times as much. A line above this
// is skipped and counted.
func LongestLine(maxEventSize int) int { return 8 * maxEventSize }

// Lines reads a stream as blocks of completed lines. A line is complete when
// its newline was read; the beginning of one that is not yet is kept for the
// next call, so that the same reader can be asked again after io.EOF when the
// file has grown.
type Lines struct {
	max      int
	stats    *stats.Stats
	tail     []byte // the beginning of the line that is not complete
	skipping bool   // inside a line above max
	skipped  int64  // bytes of that line so far
	offset   int64  // in the stream, behind the last completed line
}

// NewLines returns a reader of lines of up to max bytes.
func NewLines(max int, s *stats.Stats) *Lines {
	return &Lines{max: max, stats: s}
}

// Offset is how many bytes of the stream the completed lines take that were
// returned or skipped so far.
func (l *Lines) Offset() int64 { return l.offset }

// Held is how many bytes of a line that is not complete are held.
func (l *Lines) Held() int { return len(l.tail) }

// Next reads from r until at least one line is complete, and returns all that
// are, each with its newline, in buf, which grows as needed: the block is
// valid as long as the caller leaves buf alone. Any error of r is returned
// when no line came before it.
func (l *Lines) Next(r io.Reader, buf []byte) (block []byte, err error) {
	buf = append(buf[:0], l.tail...)
	for {
		if cap(buf)-len(buf) < chunk/2 {
			buf = grow(buf)
		}
		from := len(buf)
		n, err := r.Read(buf[from:cap(buf)])
		buf = buf[:from+n]
		if end := from + 1 + bytes.LastIndexByte(buf[from:], '\n'); end > from {
			l.keep(buf[end:])
			if block = l.complete(buf[:end]); len(block) > 0 {
				return block, nil
			}
			buf = append(buf[:0], l.tail...)
		}
		if len(buf) > l.max || l.skipping {
			l.skip(buf)
			buf = buf[:0]
		}
		if err != nil || n == 0 {
			l.keep(buf)
			return nil, noProgress(err)
		}
	}
}

// noProgress makes an error of a read that gave neither bytes nor an error.
func noProgress(err error) error {
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// Rest returns the last line of a stream that has ended without a newline, or
// nothing. It belongs to the caller.
func (l *Lines) Rest() []byte {
	rest := l.tail
	l.tail = nil
	l.offset += int64(len(rest))
	return rest
}

// complete accounts for a run of whole lines, and cuts off the end of a line
// that is being skipped.
func (l *Lines) complete(block []byte) []byte {
	l.offset += l.skipped + int64(len(block))
	l.skipped = 0
	if l.skipping {
		l.skipping = false
		block = block[bytes.IndexByte(block, '\n')+1:]
	}
	return block
}

// skip forgets what was read of a line that is too long.
func (l *Lines) skip(part []byte) {
	if !l.skipping {
		l.skipping = true
		l.stats.Drop(stats.Oversize, audit.ID(part))
	}
	l.skipped += int64(len(part))
}

// keep holds the beginning of a line until its end is read.
func (l *Lines) keep(part []byte) {
	if len(part) == 0 && cap(l.tail) > largestKept {
		l.tail = nil // an unusually long line has gone through
		return
	}
	l.tail = append(l.tail[:0], part...)
}

// grow returns buf with room for at least one more chunk.
func grow(buf []byte) []byte {
	return append(make([]byte, 0, max(chunk, 2*cap(buf))), buf...)
}
