// Package tail follows audit logs across rotation, compression, truncation
// and restarts, and loses nothing of what is still on disk.
//
// One goroutine discovers, reads and waits. Each log has a current file; when
// it was read to its end and is no longer the log, the next file in the order
// of the rotations takes its place. A file is known by its content: see
// position. How far the rules have seen a log is kept in a checkpoint, which
// never runs ahead of them.
package tail

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/source"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// Start is where a log is begun that has no checkpoint.
type Start string

const (
	// End begins behind what is there.
	End Start = "end"
	// Beginning begins with the oldest backup that is there.
	Beginning Start = "beginning"
)

// Options say what is followed, and how.
type Options struct {
	// Path is that of the log, or a pattern as path/filepath.Match has it: each
	// log that it matches is followed, backups and archives are not taken for
	// logs. Neither the log nor its directory need exist yet.
	Path string
	// StartAt is where to begin without a checkpoint; empty means End. A log
	// that appears later is read from its beginning.
	StartAt Start
	// CheckpointDir is where checkpoints are kept, one file for each log. It is
	// made when it is missing. Empty means that none are kept.
	CheckpointDir string
	// PollInterval is how long to wait at most before the log is looked at
	// again; 0 means PollInterval.
	PollInterval time.Duration
	// MaxEventSize is the limit of one event in bytes; 0 means
	// audit.MaxEventSize.
	MaxEventSize int
	// Stats takes what is lost, and what there is to say. It may not be nil.
	Stats *stats.Stats
}

// PollInterval is how often a log is looked at when no notification comes.
const PollInterval = time.Second

// saveInterval is the shortest time between two checkpoints of one log.
const saveInterval = time.Second

// Tail is a source that follows logs.
type Tail struct {
	Options
	disk   *disk
	now    func() time.Time
	notify func() (*fsnotify.Watcher, error)
	steps  []step        // of a checkpoint
	pause  time.Duration // between two of them
	reader *source.Reader

	logs       []*log
	discovered time.Time
	late       bool // the first discovery is over
	read       atomic.Int64
	words      atomic.Pointer[string]
	behind     atomic.Int64
}

// Open returns a source that follows what the options name. It is an error
// when they make no sense; a log that is missing or cannot be read is waited
// for.
func Open(o Options) (*Tail, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	reader := source.NewReader(nil, audit.NewSplitter(o.MaxEventSize, o.Stats))
	return &Tail{Options: o, disk: realDisk(), now: time.Now, notify: fsnotify.NewWatcher, steps: steps, pause: saveInterval, reader: reader}, nil
}

// lines reads the lines of one file.
func (t *Tail) lines() *source.Lines {
	return source.NewLines(source.LongestLine(t.MaxEventSize), t.Stats)
}

// complete checks the options and fills in the defaults.
func (o *Options) complete() error {
	if !filepath.IsAbs(o.Path) {
		return fmt.Errorf("the log to follow must be given by its absolute path, as in file:///var/log/kubernetes/audit/audit.log, and not as %q", o.Path)
	}
	if _, err := filepath.Match(o.Path, ""); err != nil {
		return fmt.Errorf("the pattern of logs to follow, %q, is malformed: a [ must be closed", o.Path)
	}
	if strings.HasSuffix(o.Path, ".gz") {
		return fmt.Errorf("an archive cannot be followed; give %s without file:// to read it once", o.Path)
	}
	if o.StartAt == "" {
		o.StartAt = End
	}
	if o.StartAt != End && o.StartAt != Beginning {
		return fmt.Errorf("startAt is %q: it must be %s or %s", o.StartAt, End, Beginning)
	}
	if o.PollInterval < 0 || o.MaxEventSize < 0 {
		return errors.New("the poll interval and the limit of an event must not be negative")
	}
	if o.PollInterval == 0 {
		o.PollInterval = PollInterval
	}
	if o.MaxEventSize == 0 {
		o.MaxEventSize = audit.MaxEventSize
	}
	o.Path = filepath.Clean(o.Path)
	return nil
}

// Run follows the logs until ctx is cancelled or the queue ends.
func (t *Tail) Run(ctx context.Context, queue *source.Queue) error {
	w := newWaker(t)
	defer w.close()
	for {
		w.watch(t.directories()) // before the poll, which else could miss what comes between
		if err := t.poll(ctx, queue); err != nil {
			return err
		}
		if err := w.wait(ctx); err != nil {
			return err
		}
	}
}

// poll reads whatever there is, in turn from each log.
func (t *Tail) poll(ctx context.Context, queue *source.Queue) error {
	for more := true; more; {
		more = false
		t.discover()
		for _, l := range t.logs {
			if err := ctx.Err(); err != nil {
				return err
			}
			some, err := l.turn(ctx, queue)
			if err != nil {
				return err
			}
			more = more || some
			l.saveDue()
		}
		t.report()
	}
	return nil
}

// discover finds the logs to follow.
func (t *Tail) discover() {
	now := t.now()
	if t.late && now.Sub(t.discovered) < t.PollInterval {
		return
	}
	t.discovered = now
	for _, path := range t.paths() {
		if !slices.ContainsFunc(t.logs, func(l *log) bool { return l.path == path }) {
			t.logs = append(t.logs, newLog(t, path, t.late))
		}
	}
	t.late = true
}

// isPattern reports whether the path stands for several.
func isPattern(path string) bool { return strings.ContainsAny(path, `*?[\`) }

// paths are those of the logs that there are: of a pattern, what it matches
// and is no backup of another log. A log is known by its backups too, since it
// is missing for a moment while it is rotated.
func (t *Tail) paths() []string {
	if !isPattern(t.Path) {
		return []string{t.Path}
	}
	matches, _ := filepath.Glob(t.Path) // the pattern was checked
	var found []string
	for _, path := range matches {
		n, ok := source.ParseName(filepath.Base(path))
		log := filepath.Join(filepath.Dir(path), n.Log)
		if matched, _ := filepath.Match(t.Path, log); ok && matched && !slices.Contains(found, log) {
			found = append(found, log)
		}
	}
	return slices.DeleteFunc(found, func(path string) bool { return isDated(path, found) })
}

// isDated reports whether path is a backup, named by its date, of another of
// these logs.
func isDated(path string, logs []string) bool {
	return slices.ContainsFunc(logs, func(log string) bool {
		return filepath.Dir(log) == filepath.Dir(path) && log != path && isNumbered(filepath.Base(log), filepath.Base(path))
	})
}

// directories are where something may happen.
func (t *Tail) directories() []string {
	var dirs []string
	add := func(dir string) {
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	if dir := filepath.Dir(t.Path); !isPattern(dir) {
		add(dir)
	}
	for _, l := range t.logs {
		for _, place := range places(l.path) {
			add(filepath.Dir(place))
		}
	}
	return dirs
}

// report says how far everything was read, for Progress.
func (t *Tail) report() {
	behind, backups := int64(0), 0
	for _, l := range t.logs {
		bytes, files := l.behind()
		behind += bytes
		backups += files
	}
	words := fmt.Sprintf("following %d logs, %d bytes and %d backups behind", len(t.logs), behind, backups)
	t.behind.Store(behind)
	t.words.Store(&words)
}

// Progress tells which share of the bytes that are known was read.
func (t *Tail) Progress() (share float64, words string) {
	read, behind := float64(t.read.Load()), float64(t.behind.Load())
	if read+behind > 0 {
		share = read / (read + behind)
	}
	if w := t.words.Load(); w != nil {
		words = *w
	}
	return share, words
}

// Close writes the checkpoints and closes the logs.
func (t *Tail) Close() error {
	var errs []error
	for _, l := range t.logs {
		errs = append(errs, l.save())
		l.close()
	}
	t.logs = nil
	return errors.Join(errs...)
}
