package webhook

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// recheck is how old what is known of a file may be, at most, when it is used.
const recheck = time.Second

// largestFile is the most that is read of a certificate or token file, in
// bytes.
const largestFile = 1 << 20

// reloaded is a value made of files, made anew when their content changes:
// whether in place, by a rename, or through a symbolic link as Kubernetes
// replaces the files of a mounted Secret. As long as a file is missing, or the
// files do not make a value together, the old value stays. Nothing runs in the
// background: the files are read, at most once a second, when the value is
// asked for.
type reloaded[T any] struct {
	what  string   // names the value in messages
	paths []string // of the files
	parse func(contents [][]byte) (T, error)
	now   func() time.Time
	log   *slog.Logger

	value   atomic.Pointer[T]
	checked atomic.Int64 // nanoseconds since 1970

	mu       sync.Mutex
	contents [][]byte // that value is made of
	refused  string   // why the files were not taken, as last logged
}

// load reads the files for the first time.
func (r *reloaded[T]) load() error {
	contents, err := readAll(r.paths)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", r.what, err)
	}
	value, err := r.parse(contents)
	if err != nil {
		return fmt.Errorf("%s cannot be used: %w", r.what, err)
	}
	r.contents = contents
	r.checked.Store(r.now().UnixNano())
	r.value.Store(&value)
	return nil
}

// get returns the value, which is made of what the files held a second ago or
// later. Any goroutine may call it; none waits for another's reading.
func (r *reloaded[T]) get() *T {
	if r.now().UnixNano()-r.checked.Load() >= int64(recheck) && r.mu.TryLock() {
		r.reload()
		r.checked.Store(r.now().UnixNano())
		r.mu.Unlock()
	}
	return r.value.Load()
}

func (r *reloaded[T]) reload() {
	contents, err := readAll(r.paths)
	if err == nil && slices.EqualFunc(contents, r.contents, bytes.Equal) {
		r.refused = ""
		return
	}
	var value T
	if err == nil {
		value, err = r.parse(contents)
	}
	if err != nil {
		r.refuse(err)
		return
	}
	r.contents, r.refused = contents, ""
	r.value.Store(&value)
	r.log.Info("the webhook's files have changed and were read again", "file", r.paths[0])
}

// refuse says, once for each reason, why the old value stays.
func (r *reloaded[T]) refuse(err error) {
	if reason := err.Error(); reason != r.refused {
		r.refused = reason
		r.log.Warn(r.what+" has changed and cannot be used; what was read before stays in force", "reason", reason)
	}
}

func readAll(paths []string) ([][]byte, error) {
	contents := make([][]byte, len(paths))
	for i, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		contents[i], err = io.ReadAll(io.LimitReader(file, largestFile))
		file.Close()
		if err != nil {
			return nil, err
		}
	}
	return contents, nil
}
