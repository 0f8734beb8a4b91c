package tail

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// of returns the events among ids that have the prefix.
func of(prefix string, ids []string) (some []string) {
	for _, id := range ids {
		if strings.HasPrefix(id, prefix) {
			some = append(some, id)
		}
	}
	return some
}

func TestAPatternFollowsEachLogInItsOwnOrder(t *testing.T) {
	f := newFixture(t)
	f.options.Path = f.path("*.log")
	event := func(id string) string { return line(id) + "\n" }
	f.append("a.log", event("a1"))
	f.append("b.log", event("b1"))
	f.append("b-2024-05-01T10-00-00.000.log", event("b0")) // a backup, no log
	f.append("c-2024-05-01T10-00-00.000.log", event("c0")) // its log is missing for a moment
	f.append("d-20240501.log", event("d0"))                // a backup, of logrotate
	f.append("d.log", event("d1"))
	f.append("notes.txt", event("no"))
	f.start()
	f.poll()
	f.append("c.log", event("c1"))
	f.append("e.log", event("e0")) // appears later
	f.append("a.log", event("a2"))
	f.poll()
	f.must(os.Rename(f.path("a.log"), f.path("a-2024-05-01T10-00-00.000.log")))
	f.append("a.log", event("a3"))
	f.poll()
	for prefix, want := range map[string]int{"a": 3, "b": 2, "c": 2, "d": 2, "e": 1, "no": 0} {
		if got := of(prefix, f.got); len(got) != want || !slices.IsSorted(got) {
			t.Errorf("of log %s came %v, want %d events in order", prefix, got, want)
		}
	}
	if n := len(f.tail.logs); n != 5 {
		t.Errorf("%d logs are followed, want 5", n)
	}
	f.got = nil
	f.stop()
	entries, err := os.ReadDir(f.options.CheckpointDir)
	if err != nil || len(entries) != 5 {
		t.Errorf("there are checkpoints %v, want one for each log", entries)
	}
	f.start()
	f.poll()
	f.sees(0, 0)
	f.lostNothing()
}

func TestAPatternMayNameDirectoriesThatAppearLater(t *testing.T) {
	f := newFixture(t)
	f.options.Path = f.path("*/audit.log")
	f.options.StartAt = End
	f.start()
	f.poll()
	f.must(os.MkdirAll(f.path("one"), 0o700))
	f.append("one/audit.log", f.next(2))
	f.poll()
	f.sees(0, 2)
	f.must(os.MkdirAll(f.path("two"), 0o700))
	f.append("two/audit.log", f.next(1))
	f.poll()
	f.sees(2, 3)
}

func TestABusyLogDoesNotKeepTheOthersWaiting(t *testing.T) {
	f := newFixture(t)
	f.options.Path = f.path("*.log")
	f.append("a.log", strings.Repeat(line("busy")+"\n", 40_000))
	f.append("b.log", f.next(1))
	f.start()
	f.poll()
	if at := slices.Index(f.got, f.id(0)); at < 0 || at > 30_000 {
		t.Fatalf("the other log's event came as number %d of %d", at, len(f.got))
	}
}

func TestProgressSaysHowFarBehindTheRulesAre(t *testing.T) {
	f := newFixture(t)
	f.write(4)
	f.rotate()
	f.write(4)
	f.start()
	if share, _ := f.tail.Progress(); share != 0 {
		t.Fatalf("before the start %v is read", share)
	}
	f.tail.discover()
	f.must(f.tail.logs[0].begin(t.Context(), f.queue))
	f.tail.report()
	if _, words := f.tail.Progress(); !strings.Contains(words, "following 1 logs") || strings.Contains(words, " 0 bytes") {
		t.Fatalf("in the backup: %s", words)
	}
	f.poll()
	f.poll()
	if share, words := f.tail.Progress(); share != 1 || !strings.Contains(words, "0 bytes and 0 backups behind") {
		t.Fatalf("at the end %v is read: %s", share, words)
	}
}

func TestNothingIsLeftOpenAfterClose(t *testing.T) {
	f := newFixture(t)
	f.write(2)
	f.rotate()
	f.write(2)
	before := descriptors(t)
	f.start(running)
	end := f.run()
	f.takeUntil(4)
	end()
	f.stop()
	if after := descriptors(t); !slices.Equal(after, before) {
		t.Fatalf("before: %v\nafter: %v", before, after)
	}
}

// descriptors are the files that this process has open.
func descriptors(t *testing.T) (open []string) {
	err := filepath.WalkDir("/proc/self/fd", func(path string, d fs.DirEntry, err error) error {
		target, _ := os.Readlink(path)
		if runtime := strings.Contains(target, "eventpoll") || strings.Contains(target, "eventfd"); target != "" && !runtime && !strings.Contains(target, "/proc/") {
			open = append(open, target)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(open)
	return open
}
