package tail

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/k8saudit/k8saudit/pkg/source"
)

const (
	// idle is how many files are held open, after they were read, that have
	// not grown since.
	idle = 2
	// held is how many in all.
	held = 8
	// farewell is how long a deleted file is held open, whose place on the
	// disk cannot be used again before that.
	farewell = time.Minute
)

// retire keeps a file that was read to its end, since its writer may have it
// open still: a tool that renames the log without telling the API server
// makes it write on in the renamed file. A line that is not complete is given
// up only where nobody can complete it.
func (l *log) retire(ctx context.Context, queue *source.Queue, f *file) error {
	if f.ruled || f.dead || f.unzip != nil {
		if err := l.rest(ctx, queue, f); err != nil {
			return err
		}
	}
	if f.dead || f.unzip != nil {
		l.drop(f)
		return nil
	}
	f.final, f.since = true, l.tail.now()
	l.old = append(l.old, f)
	for {
		i := l.surplus()
		if i < 0 {
			return nil
		}
		if err := l.dismiss(ctx, queue, i); err != nil {
			return err
		}
	}
}

// surplus is the index of an old file to be given up, or -1.
func (l *log) surplus() int {
	still := 0
	for _, f := range l.old {
		if !f.grew {
			still++
		}
	}
	switch {
	case still > idle:
		return slices.IndexFunc(l.old, func(f *file) bool { return !f.grew })
	case len(l.old) > held:
		return 0
	}
	return -1
}

// dismiss gives up an old file, and with it the hope that its last line is
// completed.
func (l *log) dismiss(ctx context.Context, queue *source.Queue, i int) error {
	f := l.old[i]
	if err := l.rest(ctx, queue, f); err != nil {
		return err
	}
	l.old = slices.Delete(l.old, i, i+1)
	l.drop(f)
	return nil
}

// drop closes a file that is finished.
func (l *log) drop(f *file) {
	f.close()
	l.forget(f)
}

// forget leaves a file out of the checkpoint, behind its last block.
func (l *log) forget(f *file) {
	id, rotated := f.id, f.rotated
	l.ledger.step(func(p *progress) { p.forget(id, rotated) })
}

// readOld reads what was written to files after the log became another one.
func (l *log) readOld(ctx context.Context, queue *source.Queue) error {
	now := l.tail.now()
	for i := len(l.old) - 1; i >= 0; i-- {
		f := l.old[i]
		got, err := l.drain(ctx, queue, f)
		if errors.Is(err, errReplaced) {
			f.dead = true // what was in it was read
		} else if err != nil {
			if _, err := l.cannot(f, err); err != nil {
				return err
			}
		}
		if got {
			f.grew, f.since = true, now
		}
		if f.dead || now.Sub(f.since) >= farewell && f.isDeleted() {
			if err := l.dismiss(ctx, queue, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// drain reads a file to its end.
func (l *log) drain(ctx context.Context, queue *source.Queue, f *file) (got bool, err error) {
	for {
		some, err := l.read(ctx, queue, f)
		if !some || err != nil {
			return got, err
		}
		got = true
	}
}

func (f *file) isDeleted() bool {
	info, err := f.f.Stat()
	return err == nil && links(info) == 0
}
