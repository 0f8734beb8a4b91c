package tail

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"github.com/k8saudit/k8saudit/pkg/source"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// burst is how many blocks of one log are read before it is the next one's
// turn.
const burst = 16

// patience is how long an archive that breaks off, or a backup that cannot be
// read, is tried again while nothing happens to it.
const patience = 10 * time.Second

// log is one log that is followed.
type log struct {
	tail       *Tail
	path       string
	checkpoint *checkpoint
	ledger     ledger
	saved      time.Time

	cur     *file     // the one that is read
	old     []*file   // read before, and perhaps still written
	pending []sibling // known to come next; the log itself is the last
	lost    bool      // cur has no name any more

	begun   Start      // where to begin while there is no cur
	floor   time.Time  // then, backups up to here are not read
	resume  []position // then, what the checkpoint had
	loaded  bool
	missed  bool // and it was said that the log does not exist
	files   int  // that were opened, for their ids
	trouble string
	mute    string // the same about the checkpoint
	refused refusal
}

// refusal is a backup that cannot be opened.
type refusal struct {
	path  string
	since time.Time
}

// newLog follows a log. One that appears late is read from its beginning.
func newLog(t *Tail, path string, late bool) *log {
	l := &log{tail: t, path: path, begun: t.StartAt, checkpoint: newCheckpoint(t.CheckpointDir, path)}
	l.checkpoint.steps = t.steps
	if late {
		l.begun = Beginning
	}
	return l
}

// turn reads on for a while. more is true when there may be more; an error
// ends the source.
func (l *log) turn(ctx context.Context, queue *source.Queue) (more bool, err error) {
	more, err = l.step(ctx, queue)
	if isEnd(err) {
		return false, err
	}
	if err == errBusy {
		return more, nil
	}
	l.say(err)
	return more && err == nil, nil
}

// isEnd reports whether the capture is over.
func isEnd(err error) bool {
	return errors.Is(err, source.ErrEnded) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// say logs what keeps the log from being read: once, until that changes.
func (l *log) say(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text == l.trouble {
		return
	}
	l.trouble = text
	if err == nil {
		l.tail.Stats.Log().Info("the audit log is read again", "log", l.path)
		return
	}
	l.tail.Stats.Log().Warn("the audit log cannot be read for now; it is tried again", "log", l.path, "error", text)
}

func (l *log) step(ctx context.Context, queue *source.Queue) (more bool, err error) {
	if l.cur == nil {
		if err := l.begin(ctx, queue); err != nil || l.cur == nil {
			return false, err
		}
	}
	more = true
	for n := 0; n < burst && more && err == nil && l.cur != nil; n++ {
		more, err = l.readCurrent(ctx, queue)
	}
	if isEnd(err) {
		return false, err
	}
	if old := l.readOld(ctx, queue); err == nil {
		err = old
	}
	return more, err
}

// readCurrent reads a block of the current file, or goes on to the next one.
func (l *log) readCurrent(ctx context.Context, queue *source.Queue) (more bool, err error) {
	if old, err := l.overtaken(); old || err != nil {
		if old {
			l.startAfter(l.cur.after)
		}
		return old, err
	}
	got, err := l.read(ctx, queue, l.cur)
	switch {
	case errors.Is(err, errReplaced):
		return true, l.truncated(ctx, queue)
	case err != nil:
		return l.cannot(l.cur, err)
	case got:
		return true, nil
	}
	return l.atEnd(ctx, queue)
}

// read reads a block of a file, if there is one.
func (l *log) read(ctx context.Context, queue *source.Queue, f *file) (got bool, err error) {
	if f.dead || !f.changed() {
		return false, nil
	}
	if f.torn {
		if err := f.resume(); err != nil {
			return false, err
		}
		f.torn = false
	}
	from := f.pos
	got, err = l.enter(f, func(done func(bool)) error {
		return l.tail.reader.Next(ctx, f, queue, done)
	})
	l.tail.read.Add(f.pos - from)
	if err == io.EOF {
		err = nil
	}
	return got, err
}

// rest reads a line that is not complete and never will be.
func (l *log) rest(ctx context.Context, queue *source.Queue, f *file) error {
	if f.lines.Held() == 0 {
		return nil
	}
	f.endRest()
	_, err := l.enter(f, func(done func(bool)) error {
		return l.tail.reader.Rest(ctx, queue, done)
	})
	return err
}

// enter puts a block into the queue and enters it into the ledger.
func (l *log) enter(f *file, put func(done func(bool)) error) (ok bool, err error) {
	e := l.ledger.block()
	l.tail.reader.Lines = f.lines
	if err := put(func(seen bool) { l.ledger.done(e, seen) }); err != nil {
		l.ledger.cancel(e)
		return false, err
	}
	l.ledger.read(e, f.position())
	return true, nil
}

// cannot handles a file that cannot be read on. It is tried again, unless
// nobody writes it: then for a while.
func (l *log) cannot(f *file, err error) (more bool, _ error) {
	f.torn = f.torn || isBroken(err)
	if isEnd(err) || !f.final || isPassing(err) {
		return false, err
	}
	if f.trying != f.failed || f.since.IsZero() {
		f.failed, f.since = f.trying, l.tail.now()
	}
	if l.tail.now().Sub(f.since) < patience {
		return false, err
	}
	reason := stats.Unreadable
	if isBroken(err) {
		reason = stats.BadArchive
	}
	l.tail.Stats.Drop(reason, f.path)
	f.dead = true
	return true, nil
}

// atEnd decides what the end of the current file means. Only what is read
// after it has lost its place is known to be all: it may have been written
// just before.
func (l *log) atEnd(ctx context.Context, queue *source.Queue) (more bool, err error) {
	if l.cur.final {
		return l.advance(ctx, queue)
	}
	info, err := os.Stat(l.path)
	if unlessMissing(err) != nil {
		return false, err
	}
	if err == nil && inodeOf(info) == l.cur.inode {
		return false, nil
	}
	l.cur.final, l.cur.ended = true, stamp{}
	return true, nil
}

// truncated goes on after the file was truncated: in the copy that was made
// of it before (logrotate's copytruncate), or else with what comes after the
// files before it, which now is its new beginning.
func (l *log) truncated(ctx context.Context, queue *source.Queue) error {
	all, err := l.tail.disk.siblings(l.path, time.Time{})
	if err != nil {
		return err
	}
	at := l.cur.position()
	if f, err := l.find(&at, slices.DeleteFunc(slices.Clone(all), func(s sibling) bool { return s.live() })); err != nil {
		return err
	} else if f != nil {
		l.startAfter(at.After)
		return l.succeed(ctx, queue, f)
	}
	if err := l.rest(ctx, queue, l.cur); err != nil {
		return err
	}
	l.sayTruncated()
	if l.place(all) < 0 {
		return l.startOver(ctx, queue)
	}
	l.startAfter(at.After)
	return nil
}

// sayTruncated logs a truncation, of which no copy is there, and counts what
// is known to be lost with it.
func (l *log) sayTruncated() {
	l.tail.Stats.Log().Info("the audit log was truncated; it is read from its beginning", "log", l.path)
	if l.cur.largest > l.cur.pos {
		l.gap(l.endTime(), time.Time{})
	}
}

// startOver reads the current file, which has no name any more, from its
// beginning.
func (l *log) startOver(ctx context.Context, queue *source.Queue) error {
	f, err := newFile(l.tail.disk, l.cur.f, l.cur.path, false, l.tail.lines())
	if err != nil {
		return err
	}
	l.files++
	f.id, f.after = l.files, l.cur.after
	l.cur.rotated = time.Time{}
	l.forget(l.cur)
	l.cur = nil
	return l.succeed(ctx, queue, f)
}

// startAfter gives up the current file, for the one that comes after the
// backups up to then.
func (l *log) startAfter(floor time.Time) {
	l.cur.rotated = time.Time{} // which does not mean that it was read
	l.drop(l.cur)
	l.cur, l.pending = nil, nil
	l.begun, l.floor = Beginning, floor
}

// overtaken reports whether the current file, of which nothing was read yet
// that tells it from others, is not what comes next: it was written, copied
// and truncated meanwhile.
func (l *log) overtaken() (bool, error) {
	if l.cur.final || l.cur.offset() >= distinct || !l.cur.changed() {
		return false, nil
	}
	all, err := l.tail.disk.siblings(l.path, l.cur.after)
	return l.place(l.unread(all)) > 0, err
}

// newest is when the last of some backups was rotated.
func newest(backups []sibling) time.Time {
	if len(backups) == 0 {
		return time.Time{}
	}
	return backups[len(backups)-1].rotated
}

// behind is what there is left to read, as far as is known.
func (l *log) behind() (bytes int64, backups int) {
	if l.cur != nil && l.cur.unzip == nil {
		bytes = max(0, l.cur.trying.size-l.cur.pos)
	}
	for _, s := range l.pending {
		bytes += s.size
		if !s.live() {
			backups++
		}
	}
	return bytes, backups
}

// close gives up the files.
func (l *log) close() {
	for _, f := range append(l.old, l.cur) {
		if f != nil {
			f.close()
		}
	}
	l.cur, l.old = nil, nil
}
