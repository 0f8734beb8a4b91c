package tail

import (
	"slices"
	"sync"
	"time"
)

// ledger knows how far the rules have seen a log. Blocks are entered in the
// order in which they are read; a position counts as seen when its block and
// all before it are. Blocks may be finished from any goroutine.
type ledger struct {
	mu      sync.Mutex
	waiting []*entry
	seen    progress
	changed bool // since it was last taken
}

// progress is how far a log was read.
type progress struct {
	// After is the rotation time of the newest backup that is finished.
	After time.Time `json:"after"`
	// Files are those that are not: the one that is read is the last. Those
	// before it were read to their end, but a writer may still have them open.
	Files []position `json:"files"`
}

// entry is one step of reading.
type entry struct {
	apply      func(*progress)
	read, seen bool
}

// block enters a block that is about to be read. Its position is known, and
// given to read, only afterwards, when its events may be seen already.
func (l *ledger) block() *entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &entry{}
	l.waiting = append(l.waiting, e)
	return e
}

// read says where the block ends.
func (l *ledger) read(e *entry, at position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.apply = func(p *progress) { p.move(at) }
	e.read = true
	l.settle()
}

// cancel takes back the newest entry: nothing was read.
func (l *ledger) cancel(e *entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.DeleteFunc(l.waiting, func(other *entry) bool { return other == e })
}

// done says whether the rules have seen the block. When they have not, no
// later position counts.
func (l *ledger) done(e *entry, seen bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.seen = seen
	l.settle()
}

// step enters what needs nothing but the blocks before it.
func (l *ledger) step(apply func(*progress)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, &entry{apply: apply, read: true, seen: true})
	l.settle()
}

// settle moves over the entries that are seen.
func (l *ledger) settle() {
	n := 0
	for n < len(l.waiting) && l.waiting[n].read && l.waiting[n].seen {
		l.waiting[n].apply(&l.seen)
		l.waiting[n] = nil
		n++
	}
	l.waiting = l.waiting[n:]
	l.changed = l.changed || n > 0
}

// take returns what was seen; changed is false when that is what was taken
// before.
func (l *ledger) take() (seen progress, changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen, changed = l.seen, l.changed
	seen.Files = slices.Clone(seen.Files)
	l.changed = false
	return seen, changed
}

// retry makes take return the same once more.
func (l *ledger) retry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed = true
}

// move takes a new position of a file, or one in a new file.
func (p *progress) move(at position) {
	p.After = later(p.After, at.After)
	for i := range p.Files {
		if p.Files[i].file == at.file {
			p.Files[i] = at
			return
		}
	}
	p.Files = append(p.Files, at)
}

// forget leaves out a file that is finished for good.
func (p *progress) forget(file int, rotated time.Time) {
	p.After = later(p.After, rotated)
	p.Files = slices.DeleteFunc(p.Files, func(at position) bool { return at.file == file })
}
