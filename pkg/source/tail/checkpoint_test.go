package tail

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// stopAfter ends the replacement of a checkpoint after n steps, as a crash
// does.
func stopAfter(n int) func(*Tail) {
	return func(t *Tail) {
		crash := func(*replacement) error { return errors.New("the machine has crashed") }
		t.steps = append(append([]step{}, steps[:n]...), crash)
	}
}

func TestF19ACrashAfterEachStepOfWritingTheCheckpoint(t *testing.T) {
	for n := range len(steps) + 1 {
		f := newFixture(t)
		f.write(3)
		f.start()
		f.poll()
		f.poll()
		f.crash()
		f.sees(0, 3)
		f.write(2)
		f.start(stopAfter(n))
		f.poll()
		f.poll() // would save
		f.sees(3, 5)
		f.crash()
		f.write(1)
		f.start()
		f.poll()
		if renamed := n >= 5; renamed {
			f.sees(5, 6)
		} else {
			f.sees(3, 6)
		}
		f.lostNothing()
		f.says("checkpoint", 0)
		f.stop()
		if entries, err := os.ReadDir(f.options.CheckpointDir); err != nil || len(entries) != 1 {
			t.Fatalf("after a crash at step %d the directory holds %v", n, entries)
		}
	}
}

func TestF19ACutNewFileIsNeverTakenForTheCheckpoint(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	f.poll()
	f.crash()
	c := newCheckpoint(f.options.CheckpointDir, f.options.Path)
	data, err := os.ReadFile(c.path)
	f.must(err)
	f.must(os.WriteFile(c.path+".new", data[:len(data)/2], 0o600))
	f.write(1)
	f.start()
	f.poll()
	f.sees(0, 4)
}

func TestF20ACheckpointThatCannotBeReadMeansTheConfiguredStart(t *testing.T) {
	cases := map[string]func(data []byte) []byte{
		"empty": func([]byte) []byte { return nil },
		"cut":   func(data []byte) []byte { return data[:len(data)/2] },
		"of a new version": func(data []byte) []byte {
			return bytes.Replace(data, []byte(`"version": 1`), []byte(`"version": 2`), 1)
		},
		"of another log": func(data []byte) []byte { return bytes.Replace(data, []byte("audit.log"), []byte("other.log"), 1) },
		"no JSON":        func([]byte) []byte { return []byte("hello\n") },
		"of no sense":    func(data []byte) []byte { return bytes.Replace(data, []byte(`"offset": `), []byte(`"offset": -`), 1) },
	}
	for name, damage := range cases {
		for _, startAt := range []Start{Beginning, End} {
			f := newFixture(t)
			f.options.StartAt = startAt
			f.write(3)
			f.start()
			f.poll()
			f.got = nil
			f.stop()
			c := newCheckpoint(f.options.CheckpointDir, f.options.Path)
			data, err := os.ReadFile(c.path)
			f.must(err)
			if damaged := damage(data); bytes.Equal(damaged, data) {
				t.Fatalf("%s: the checkpoint is unharmed: %s", name, data)
			} else {
				f.must(os.WriteFile(c.path, damaged, 0o600))
			}
			f.start()
			f.poll()
			f.poll()
			f.write(1)
			f.poll()
			f.says("checkpoint cannot be used", 1)
			if startAt == Beginning {
				f.sees(0, 4)
			} else {
				f.sees(3, 4)
			}
			f.lostNothing()
			f.restart() // and it is written anew
			f.poll()
			f.sees(0, 0)
			f.says("checkpoint", 0)
			f.stop()
		}
	}
}

func TestF20ACheckpointThatCannotBeWrittenIsSaidOnceAndCostsNothing(t *testing.T) {
	full := false
	f := newFixture(t)
	f.start(func(tail *Tail) {
		tail.steps = append([]step{}, steps...)
		tail.steps[2] = func(r *replacement) error {
			if full {
				return &os.PathError{Op: "write", Path: r.name(), Err: syscall.ENOSPC}
			}
			return r.write()
		}
	})
	full = true
	for range 5 {
		f.write(1)
		f.poll()
	}
	f.poll()
	f.sees(0, 5)
	f.says("checkpoint cannot be written", 1)
	full = false
	f.poll() // although nothing new was seen
	f.says("checkpoint is written again", 1)
	f.crash()
	f.got = nil
	f.start()
	f.poll()
	f.sees(0, 0)
}

func TestF20ADirectoryThatCannotBeMadeIsSaidOnce(t *testing.T) {
	f := newFixture(t)
	f.put("file", nil)
	f.options.CheckpointDir = filepath.Join(f.path("file"), "below")
	f.write(2)
	f.start()
	for range 3 {
		f.poll()
		f.write(1)
	}
	f.poll()
	f.sees(0, 5)
	f.says("checkpoint cannot be", 2) // used, and written
}

func TestCheckpointsOfDifferentLogsNeverShareAFile(t *testing.T) {
	seen := map[string]string{}
	for _, path := range []string{"/a/audit.log", "/b/audit.log", "/a/b/audit.log", "/a-b/audit.log", "/a/audit", "/a/audit.json", "/" + strings.Repeat("x", 255) + ".log"} {
		name := checkpointName(path)
		if other, ok := seen[name]; ok {
			t.Errorf("%s and %s share %s", path, other, name)
		}
		if seen[name] = path; len(name) > 200 || strings.ContainsRune(name, '/') {
			t.Errorf("%s is no file name", name)
		}
	}
}

func TestTheCheckpointIsForItsOwnerOnly(t *testing.T) {
	f := newFixture(t)
	f.options.CheckpointDir += "/made/on/demand"
	f.write(1)
	f.start()
	f.poll()
	f.stop()
	for path, want := range map[string]os.FileMode{
		f.options.CheckpointDir: 0o700,
		newCheckpoint(f.options.CheckpointDir, f.options.Path).path: 0o600,
	} {
		info, err := os.Stat(path)
		f.must(err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}
