package tail

import (
	"context"
	"time"

	"github.com/fsnotify/fsnotify"
)

// rest is the shortest time between two polls: a busy log is read in blocks,
// not line by line.
const rest = 10 * time.Millisecond

// waker waits for the next poll. Notifications may miss anything: they only
// shorten the wait.
type waker struct {
	watcher  *fsnotify.Watcher // nil where there can be none
	events   <-chan fsnotify.Event
	errors   <-chan error
	interval time.Duration
	timer    *time.Timer
}

// newWaker returns a waker, without notifications where the system has none
// left to give.
func newWaker(t *Tail) *waker {
	w := &waker{interval: t.PollInterval, timer: time.NewTimer(0)}
	watcher, err := t.notify()
	if err != nil {
		t.Stats.Log().Info("no notifications about the audit log; it is polled", "error", err.Error(), "interval", t.PollInterval.String())
		return w
	}
	w.watcher, w.events, w.errors = watcher, watcher.Events, watcher.Errors
	return w
}

// watch asks for notifications about directories; they may be given again.
func (w *waker) watch(dirs []string) {
	if w.watcher == nil {
		return
	}
	for _, dir := range dirs {
		_ = w.watcher.Add(dir) // where that fails the poll sees it
	}
}

// wait returns when something may have happened in the directories, or the
// poll interval is over, or ctx is.
func (w *waker) wait(ctx context.Context) error {
	pause := min(rest, w.interval)
	if err := w.pause(ctx, pause); err != nil {
		return err
	}
	w.timer.Reset(w.interval - pause)
	var ok bool
	select {
	case _, ok = <-w.events:
	case _, ok = <-w.errors: // unread, they would hold the notifications back
	case <-w.timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	if !ok {
		w.events, w.errors = nil, nil
	}
	return nil
}

func (w *waker) pause(ctx context.Context, pause time.Duration) error {
	w.timer.Reset(pause)
	select {
	case <-w.timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *waker) close() {
	w.timer.Stop()
	if w.watcher != nil {
		w.watcher.Close()
	}
}
