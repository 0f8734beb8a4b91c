package tail

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/k8saudit/k8saudit/pkg/source"
	"github.com/k8saudit/k8saudit/pkg/stats"
	"gopkg.in/natefinch/lumberjack.v2"
)

// faulty makes the disk fail with err while it is set.
func faulty(err *error, applies func(path string) bool) func(*Tail) {
	return func(t *Tail) {
		real := *t.disk
		t.disk.open = func(path string) (*os.File, error) {
			if *err != nil && applies(path) {
				return nil, &os.PathError{Op: "open", Path: path, Err: *err}
			}
			return real.open(path)
		}
		t.disk.names = func(dir string) ([]string, error) {
			if *err != nil && applies(dir) {
				return nil, &os.PathError{Op: "open", Path: dir, Err: *err}
			}
			return real.names(dir)
		}
		t.disk.readAt = func(f *os.File, p []byte, at int64) (int, error) {
			if *err != nil && applies(f.Name()) {
				return 0, &os.PathError{Op: "read", Path: f.Name(), Err: *err}
			}
			return real.readAt(f, p, at)
		}
	}
}

func everything(string) bool { return true }

func TestF22AfterAnErrorTheLogIsReadOn(t *testing.T) {
	for _, fault := range []error{syscall.EACCES, syscall.EIO, syscall.EMFILE, syscall.ENFILE} {
		f := newFixture(t)
		var err error
		f.write(2)
		f.rotate()
		f.write(2)
		err = fault
		f.start(faulty(&err, everything)) // at the start
		for range 5 {
			f.poll()
		}
		f.sees(0, 0)
		f.says("cannot be read for now", 1)
		err = nil
		f.poll()
		f.sees(0, 4)
		f.says("is read again", 1)
		err = fault // while following
		f.write(1)
		f.rotate()
		f.write(1)
		f.poll()
		f.poll()
		err = nil
		f.poll()
		f.sees(4, 6)
		f.stop()
		f.write(1)
		f.compress(f.rotate())
		f.write(1)
		err = fault // when resumed
		f.start(faulty(&err, everything))
		f.poll()
		f.poll()
		err = nil
		f.poll()
		f.sees(6, 8)
		f.lostNothing()
		f.stop()
	}
}

func TestF22ABackupThatStaysUnreadableIsGivenUpAndCounted(t *testing.T) {
	f := newFixture(t)
	err := error(syscall.EACCES)
	f.write(2)
	bad := f.rotate()
	f.write(2)
	f.rotate()
	f.write(1)
	f.start(faulty(&err, func(path string) bool { return strings.HasSuffix(path, bad) }))
	for range patience/time.Second + 2 {
		f.poll()
	}
	f.sees(2, 5)
	f.dropped(stats.Unreadable, 1)
}

func TestF22ABackupIsNotGivenUpForWantOfDescriptors(t *testing.T) {
	f := newFixture(t)
	err := error(syscall.EMFILE)
	f.write(2)
	scarce := f.rotate()
	f.write(1)
	f.start(faulty(&err, func(path string) bool { return strings.HasSuffix(path, scarce) }))
	for range 10 * patience / time.Second {
		f.poll()
	}
	err = nil
	f.poll()
	f.sees(0, 3)
	f.lostNothing()
}

func TestF22ABackupThatCannotBeReadOnIsGivenUpAndCounted(t *testing.T) {
	f := newFixture(t)
	var err error
	f.write(2)
	bad := f.rotate()
	f.write(1)
	f.start(faulty(&err, func(path string) bool { return strings.HasSuffix(path, bad) }))
	f.tail.discover()
	f.must(f.tail.logs[0].begin(t.Context(), f.queue)) // it is open
	err = syscall.EIO
	for range patience/time.Second + 2 {
		f.poll()
	}
	f.sees(2, 3)
	f.dropped(stats.Unreadable, 1)
}

// delivers checks that each write is delivered within the time, by a source
// that runs with a clock of its own.
func (f *fixture) delivers(write func(), within time.Duration) {
	f.t.Helper()
	defer f.run()()
	f.takeUntil(1)
	for i := range 3 {
		from := time.Now()
		write()
		f.takeUntil(2 + i)
		if took := time.Since(from); took > within {
			f.t.Fatalf("a write was delivered after %v, want at most %v", took, within)
		}
	}
	f.sees(0, 4)
}

func running(t *Tail) { t.now = time.Now }

// slack is for a machine that is busy with something else.
const slack = 2 * time.Second

func TestF23WithoutNotificationsPollingDeliversWithinASecond(t *testing.T) {
	cases := map[string]func() (*fsnotify.Watcher, error){
		"impossible": func() (*fsnotify.Watcher, error) { return nil, syscall.EMFILE },
		"ended": func() (*fsnotify.Watcher, error) {
			w, err := fsnotify.NewWatcher()
			return w, errors.Join(err, w.Close())
		},
	}
	for name, notify := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.write(1)
			f.start(running, func(tail *Tail) { tail.notify = notify })
			f.delivers(func() { f.write(1) }, PollInterval+slack)
		})
	}
}

func TestF23LostNotificationsCostASecond(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.write(1)
	// A write by another name, in a directory that nobody watches, is not told.
	elsewhere := filepath.Join(t.TempDir(), "audit.log")
	f.must(os.Link(f.path("audit.log"), elsewhere))
	f.start(running)
	f.delivers(func() {
		w, err := os.OpenFile(elsewhere, os.O_WRONLY|os.O_APPEND, 0)
		f.must(err)
		defer w.Close()
		w.WriteString(f.next(1))
	}, PollInterval+slack)
}

func TestF23ANotificationShortensTheWait(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.options.PollInterval = time.Hour
	f.write(1)
	f.start(running)
	f.delivers(func() { f.write(1) }, testPatience)
}

func TestF25WhileFalcoIsStalledMemoryIsBounded(t *testing.T) {
	megabytes := 64
	if long {
		megabytes = 1000
	}
	f := newFixture(t)
	const limit = 8 << 20
	f.start(running)
	f.queue = source.NewQueue(limit)
	before := heap()
	defer f.run()()
	w := &lumberjack.Logger{Filename: f.path("audit.log"), MaxSize: max(1, megabytes/10)}
	defer w.Close()
	pad := `,"pad":"` + strings.Repeat("x", 2000) + `"}` + "\n"
	for size := 0; size < megabytes<<20; f.written++ {
		text := line(f.id(f.written))
		n, err := io.WriteString(w, text[:len(text)-1]+pad)
		f.must(err)
		size += n
	}
	for deadline := time.Now().Add(testPatience); f.queue.Used() < limit/2; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("only %d bytes are in a queue for %d", f.queue.Used(), limit)
		}
	}
	if used := f.queue.Used(); used > limit {
		t.Fatalf("%d bytes are in a queue for %d", used, limit)
	}
	if grown := heap() - before; grown > limit+(24<<20) {
		t.Fatalf("memory has grown by %d bytes with a queue of %d", grown, limit)
	}
	f.takeUntil(f.written)
	f.sees(0, f.written)
	f.lostNothing()
}

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	return inUse()
}

// inUse is how many bytes are, or were until the last collection.
func inUse() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
