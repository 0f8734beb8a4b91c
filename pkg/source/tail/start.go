package tail

import (
	"context"
	"slices"
	"time"

	"github.com/k8saudit/k8saudit/pkg/source"
)

// begin finds the first file to read: that of the checkpoint, or where the
// options say. Nothing is opened while there is nothing.
func (l *log) begin(ctx context.Context, queue *source.Queue) error {
	if !l.loaded {
		l.load()
	}
	if len(l.resume) > 0 {
		return l.resumed(ctx, queue)
	}
	if l.begun == End {
		return l.beginAtEnd(ctx, queue)
	}
	moved, err := l.advance(ctx, queue)
	if !moved && err == nil {
		l.sayMissing()
	}
	return err
}

// sayMissing logs, once, that there is nothing to read.
func (l *log) sayMissing() {
	if !l.missed {
		l.tail.Stats.Log().Info("the audit log does not exist yet; it is read when it appears", "log", l.path)
	}
	l.missed = true
}

// load reads the checkpoint. One that cannot be used is as good as none.
func (l *log) load() {
	l.loaded = true
	saved, ok, err := l.checkpoint.load()
	if err != nil {
		l.tail.Stats.Log().Warn("the checkpoint cannot be used; the audit log is read from the place that startAt says",
			"log", l.path, "startAt", string(l.begun), "error", err.Error())
	}
	if ok {
		l.begun, l.floor, l.resume = Beginning, saved.After, saved.Files
	}
}

// beginAtEnd begins behind what is there. A log that does not exist yet is
// read from its beginning when it does.
func (l *log) beginAtEnd(ctx context.Context, queue *source.Queue) error {
	all, err := l.tail.disk.siblings(l.path, time.Time{})
	if err != nil {
		return err
	}
	if len(all) == 0 || !all[len(all)-1].live() {
		l.begun, l.floor = Beginning, newest(all)
		floor := l.floor
		l.ledger.step(func(p *progress) { p.After = floor })
		l.sayMissing()
		return nil
	}
	f, err := l.open(all[len(all)-1])
	if err != nil {
		return unlessGone(err)
	}
	f.after = newest(all[:len(all)-1])
	end, err := f.endOfLines()
	if err == nil {
		_, err = f.moveTo(end)
	}
	if err != nil {
		f.close()
		return err
	}
	return l.succeed(ctx, queue, f)
}

// resumed goes on where the checkpoint says.
func (l *log) resumed(ctx context.Context, queue *source.Queue) error {
	all, err := l.tail.disk.siblings(l.path, time.Time{})
	if err != nil {
		return err
	}
	if err := l.resumeOld(all); err != nil {
		return err
	}
	at := &l.resume[0]
	f, err := l.find(at, all)
	if err != nil {
		return err
	}
	l.resume = nil
	if f != nil {
		return l.succeed(ctx, queue, f)
	}
	l.astray(at, all)
	return l.begin(ctx, queue)
}

// resumeOld opens the files again that were read to their end and may have
// grown since. An archive is not written any more.
func (l *log) resumeOld(all []sibling) error {
	current := l.resume[len(l.resume)-1].inode
	for len(l.resume) > 1 {
		at := &l.resume[0]
		f, err := l.find(at, slices.DeleteFunc(slices.Clone(all), func(s sibling) bool {
			return s.inode != at.inode || s.inode == current || s.live()
		}))
		if err != nil {
			return err
		}
		l.resume = l.resume[1:]
		if f == nil {
			continue
		}
		f.since = l.tail.now()
		l.old = append(l.old, f)
		known := f.position()
		l.ledger.step(func(p *progress) { p.move(known) })
	}
	return nil
}

// astray begins behind a position whose file is not there, or of which
// nothing was read: with the first backup that was rotated after it.
func (l *log) astray(at *position, all []sibling) {
	l.floor = later(l.floor, at.After)
	if !at.isVague() {
		l.floor = later(l.floor, at.Rotated)
	}
	floor := l.floor
	l.ledger.step(func(p *progress) { p.After = floor })
	next := after(all, floor)
	if !isGap(at, all, next) {
		return
	}
	from, to := at.LastEvent, time.Time{}
	if from.IsZero() {
		from = floor
	}
	if len(next) > 0 {
		to = l.tail.disk.firstTime(&next[0])
	}
	l.gap(from, to)
}

// after are the files that come after the backup that was rotated then.
func after(all []sibling, floor time.Time) []sibling {
	for i := range all {
		if all[i].live() || all[i].rotated.After(floor) {
			return all[i:]
		}
	}
	return nil
}

// isGap reports whether something may have been deleted behind a position
// whose file was not found, or of which no event was read. Such a file comes
// next, and is known by its name or inode; when the backup before it is there,
// which is deleted earlier, nothing is missing.
func isGap(at *position, all, next []sibling) bool {
	switch {
	case !at.isVague() || len(next) == 0:
		return true
	case !at.Rotated.IsZero():
		return !next[0].rotated.Equal(at.Rotated)
	}
	return len(next) == len(all) && next[0].inode != at.inode
}
