package source

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// ErrEmpty is what Take returns when nothing came in time.
var ErrEmpty = errors.New("no audit events are waiting")

// ErrEnded is what Put returns when the capture has ended.
var ErrEnded = errors.New("the capture has ended")

// Queue hands batches from a source to Falco. It is bounded in bytes: a batch
// occupies its bytes from Put until Finish, so that what waits for the rules
// counts too. A batch larger than the whole queue is let in when the queue is
// empty. Any number of goroutines may put; one takes.
type Queue struct {
	limit int64

	mu      sync.Mutex
	waiting []*Batch
	used    int64
	ended   bool
	err     error

	ready chan struct{} // holds a token when something may be there to take
	room  chan struct{} // closed and replaced when bytes are released
	timer *time.Timer   // of Take
}

// NewQueue returns a queue that holds limit bytes of events.
func NewQueue(limit int64) *Queue {
	timer := time.NewTimer(0)
	timer.Stop()
	return &Queue{limit: limit, ready: make(chan struct{}, 1), room: make(chan struct{}), timer: timer}
}

// Put adds a batch, and waits while there is no room for it. On an error the
// batch was not taken, and its Done will not be called: ErrEnded after End,
// else the context's error.
func (q *Queue) Put(ctx context.Context, b *Batch) error {
	for {
		room, err := q.offer(b)
		if room == nil {
			return err
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// TryPut adds a batch if there is room for it now.
func (q *Queue) TryPut(b *Batch) (ok bool, err error) {
	room, err := q.offer(b)
	return room == nil && err == nil, err
}

// offer adds the batch, or returns the channel that is closed when there may
// be room.
func (q *Queue) offer(b *Batch) (room <-chan struct{}, err error) {
	size := b.bytes()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return nil, ErrEnded
	}
	if q.used > 0 && q.used+size > q.limit {
		return q.room, nil
	}
	b.queue, b.size = q, size
	q.used += size
	q.waiting = append(q.waiting, b)
	q.wake()
	return nil, nil
}

// Take returns the next batch, waiting for it up to wait. The taker calls
// its Finish. ErrEmpty means that none came, io.EOF that none will come, any
// other error is the one that the source ended with.
func (q *Queue) Take(wait time.Duration) (*Batch, error) {
	b, err := q.poll()
	if err != ErrEmpty || wait <= 0 {
		return b, err
	}
	q.timer.Reset(wait)
	defer q.timer.Stop()
	for {
		select {
		case <-q.ready:
			if b, err = q.poll(); err != ErrEmpty {
				return b, err
			}
		case <-q.timer.C:
			return q.poll()
		}
	}
}

func (q *Queue) poll() (*Batch, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) > 0 {
		b := q.waiting[0]
		q.waiting[0] = nil
		q.waiting = q.waiting[1:]
		return b, nil
	}
	if !q.ended {
		return nil, ErrEmpty
	}
	if q.err != nil {
		return nil, q.err
	}
	return nil, io.EOF
}

// End says that nothing more will be put; what waits can still be taken. A
// nil error is the end of the input. Only the first call counts.
func (q *Queue) End(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return
	}
	q.ended, q.err = true, err
	q.wake()
	close(q.room)
	q.room = make(chan struct{})
}

// Abandon ends the queue and finishes whatever waits in it as not seen.
func (q *Queue) Abandon() {
	q.End(ErrEnded)
	for {
		b, err := q.poll()
		if err != nil {
			return
		}
		b.Finish(false)
	}
}

// Limit is how many bytes the queue holds.
func (q *Queue) Limit() int64 { return q.limit }

// Used is how many bytes the batches occupy that are not finished.
func (q *Queue) Used() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.used
}

// Waiting is how many batches wait to be taken.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

func (q *Queue) release(size int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.used -= size
	close(q.room)
	q.room = make(chan struct{})
}

// wake leaves a token for the taker.
func (q *Queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}
