package tail

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/k8saudit/k8saudit/pkg/source"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// errMoved is the error of a file that has another name by now.
var errMoved = errors.New("the file was renamed")

func unlessGone(err error) error {
	if errors.Is(err, errMoved) {
		return nil
	}
	return unlessMissing(err)
}

// isPassing reports whether an error is of the machine, and not of the file.
func isPassing(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EINTR, syscall.EAGAIN, syscall.ESTALE} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// done is the rotation time up to which backups are finished or being read.
func (l *log) done() time.Time {
	if l.cur == nil {
		return l.floor
	}
	return later(l.cur.after, l.cur.rotated)
}

// advance goes on to the file after the current one. moved is false while
// there is none.
func (l *log) advance(ctx context.Context, queue *source.Queue) (moved bool, err error) {
	var expected []sibling
	for range looks {
		if len(l.pending) == 0 {
			if err := l.plan(expected); err != nil {
				l.pending = expected
				return false, err
			}
			if len(l.pending) == 0 {
				return false, nil
			}
		}
		f, err := l.openNext(l.pending[0])
		switch {
		case err == nil:
			l.pending = l.pending[1:]
			return true, l.succeed(ctx, queue, f)
		case unlessGone(err) == nil:
			expected, l.pending = l.pending, nil
		default:
			return l.refuse(l.pending[0], err)
		}
	}
	return false, nil
}

// since is the time after which backups were rotated that are of interest.
func (l *log) since() time.Time {
	if l.cur == nil {
		return l.floor
	}
	return l.cur.after
}

// plan finds out what comes after the current file, of which expected was
// known before, and reports what is missing of that.
func (l *log) plan(expected []sibling) error {
	all, err := l.tail.disk.siblings(l.path, l.since())
	if err != nil && err != errBusy {
		return err
	}
	if err == errBusy && (len(expected) > 0 || l.cur != nil && l.place(all) < 0) {
		return err // what is not listed may be there
	}
	if l.isLive(all) {
		l.cur.final = false
		return nil
	}
	i := l.place(all)
	if l.lost = i < 0 && l.cur != nil; l.lost {
		l.nameDeleted()
	} else if i >= 0 && l.cur.rotated.IsZero() {
		l.cur.rotated, l.cur.ruled = all[i].rotated, all[i].ruled
	}
	l.pending = l.unread(all[i+1:])
	l.missing(expected, l.pending)
	if len(expected) == 0 {
		l.unseen()
	}
	return nil
}

// nameDeleted finds out when the current file was rotated, which is deleted,
// from what it was last called.
func (l *log) nameDeleted() {
	if rotated := l.lastRotation(); !rotated.IsZero() && l.cur.rotated.IsZero() {
		l.cur.rotated, l.cur.ruled = rotated, true
	}
}

// lastRotation is what the name of the current file says, also when it is
// deleted; zero for any name but that of a backup.
func (l *log) lastRotation() time.Time {
	name := l.cur.lastName()
	for _, place := range places(l.path) {
		if n, ok := source.BackupOf(filepath.Base(place), name); ok {
			return n.Rotated
		}
	}
	return time.Time{}
}

// place is where the current file, or the archive that has its last name, is
// among the files of the log; -1 when it is not there.
func (l *log) place(all []sibling) int {
	if l.cur == nil {
		return -1
	}
	if i := slices.IndexFunc(all, func(s sibling) bool { return l.isCurrent(&s) }); i >= 0 {
		return i
	}
	rotated := l.lastRotation()
	return slices.IndexFunc(all, func(s sibling) bool { return s.ruled && s.rotated.Equal(rotated) })
}

// unseen reports a gap where there may be one that nobody could see: backups
// are deleted oldest first, so when the current file was rotated and deleted,
// those that came after it may have been too.
func (l *log) unseen() {
	if !l.lost || len(l.pending) == 0 {
		return
	}
	if next := &l.pending[0]; l.cur.ruled || !next.live() {
		l.gap(l.endTime(), l.tail.disk.firstTime(next))
	}
}

// isLive reports whether the current file is the log itself.
func (l *log) isLive(all []sibling) bool {
	return l.cur != nil && len(all) > 0 && all[len(all)-1].live() && l.isCurrent(&all[len(all)-1])
}

func (l *log) isCurrent(s *sibling) bool { return s.inode == l.cur.inode }

// unread leaves out backups that were read before, and are held open because
// a writer may have them open.
func (l *log) unread(all []sibling) []sibling {
	done := l.done()
	return slices.DeleteFunc(slices.Clone(all), func(s sibling) bool {
		return !s.live() && (!s.rotated.After(done) && s.ruled || l.isOld(s.inode))
	})
}

func (l *log) isOld(i inode) bool {
	return slices.ContainsFunc(l.old, func(f *file) bool { return f.inode == i && f.unzip == nil })
}

// openNext opens what comes after the current file: from its beginning,
// unless it has the content of the current file, which has lost its name. So
// it is when a tool replaces a log by a copy of it.
//
// A file that was read before, and is the log once more, goes on where it was.
func (l *log) openNext(s sibling) (*file, error) {
	if i := slices.IndexFunc(l.old, func(f *file) bool { return s.live() && f.inode == s.inode }); i >= 0 {
		return l.revive(i), nil
	}
	f, err := l.openOn(s)
	if f == nil && err == nil {
		if f, err = l.open(s); err == nil {
			f.after = l.done()
		}
	}
	return f, err
}

// openOn opens the log itself where the current file ends, if it has that
// one's content.
func (l *log) openOn(s sibling) (*file, error) {
	if !s.live() || !l.lost || l.cur.offset() == 0 {
		return nil, nil
	}
	at := l.cur.position()
	return l.openAt(s, &at)
}

// open opens a file of the log.
func (l *log) open(s sibling) (*file, error) {
	f, err := l.tail.disk.open(s.path)
	if err != nil {
		return nil, err
	}
	opened, err := newFile(l.tail.disk, f, s.path, s.archive, l.tail.lines())
	if err == nil && !s.ruled && opened.inode != s.inode {
		err = errMoved
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	l.files++
	opened.id, opened.rotated, opened.final, opened.ruled = l.files, s.rotated, !s.live(), s.ruled
	return opened, nil
}

// revive takes back one of the old files.
func (l *log) revive(i int) *file {
	f := l.old[i]
	l.old = slices.Delete(l.old, i, i+1)
	l.forget(f)
	l.files++
	f.id, f.final, f.rotated = l.files, false, time.Time{}
	return f
}

// openAt opens a file of the log if it is the one that was read up to the
// position, and goes there; else it returns nothing.
func (l *log) openAt(s sibling, at *position) (*file, error) {
	f, err := l.open(s)
	if err != nil {
		return nil, unlessGone(err)
	}
	same, err := f.isAt(at)
	if err != nil || !same {
		f.close()
		return nil, err
	}
	f.after = at.After
	return f, nil
}

// find opens the file that was read up to the position, and goes there. It
// returns nothing when there is none; an error means that there may be.
func (l *log) find(at *position, among []sibling) (*file, error) {
	if at.Offset == 0 {
		return nil, nil // every file is like that one
	}
	var troubles []error
	hinted := slices.Clone(among)
	slices.Reverse(hinted)
	slices.SortStableFunc(hinted, func(a, b sibling) int { return rank(a, at) - rank(b, at) })
	for _, s := range hinted {
		if at.isVague() && s.inode != at.inode {
			continue
		}
		f, err := l.openAt(s, at)
		if f != nil {
			return f, nil
		}
		troubles = append(troubles, err)
	}
	return nil, errors.Join(troubles...)
}

// rank is 0 for the file that has the position's inode.
func rank(s sibling, at *position) int {
	if s.inode == at.inode {
		return 0
	}
	return 1
}

// refuse handles a file that cannot be opened. A backup is given up after a
// while.
func (l *log) refuse(s sibling, err error) (more bool, _ error) {
	if s.live() || isPassing(err) {
		return false, err
	}
	if l.refused.path != s.path {
		l.refused = refusal{s.path, l.tail.now()}
	}
	if l.tail.now().Sub(l.refused.since) < patience {
		return false, err
	}
	l.tail.Stats.Drop(stats.Unreadable, s.path)
	l.pending, l.floor = l.pending[1:], s.rotated
	if l.cur != nil {
		l.cur.rotated = s.rotated
	}
	return true, nil
}

// succeed makes f the current file.
func (l *log) succeed(ctx context.Context, queue *source.Queue, f *file) error {
	if l.cur != nil {
		if err := l.retire(ctx, queue, l.cur); err != nil {
			return err
		}
	}
	l.cur, l.lost = f, false
	at := f.position()
	l.ledger.step(func(p *progress) { p.move(at) })
	return nil
}
