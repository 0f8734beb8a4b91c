package tail

import (
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/pkg/stats"
	"gopkg.in/natefinch/lumberjack.v2"
)

func TestF1ARenamedFileIsDrained(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	f.sees(0, 3)
	f.write(2) // not read yet
	f.rotate()
	f.write(2)
	f.poll()
	f.sees(3, 7)
	f.lostNothing()
}

func TestF1WhatIsWrittenJustBeforeTheRenameIsRead(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	once := true
	readAt := f.tail.disk.readAt
	f.tail.disk.readAt = func(file *os.File, p []byte, at int64) (int, error) {
		n, err := readAt(file, p, at)
		if n == 0 && len(p) > markerSize && once { // at the end: write, and rotate, before the end is acted upon
			once = false
			f.write(2)
			f.rotate()
			f.write(1)
		}
		return n, err
	}
	f.poll()
	f.append("audit.log", "") // its modification time
	f.poll()
	f.sees(0, 6)
}

func TestF2ThreeRotationsWhileTheReaderIsPaused(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	for range 3 {
		f.write(2)
		f.rotate()
	}
	f.write(2)
	f.poll()
	f.sees(0, 11)
	f.lostNothing()
}

func TestF3AFileThatOneListingOfTheDirectoryMissesIsNotSkipped(t *testing.T) {
	f := newFixture(t)
	f.write(2)
	f.rotate()
	f.write(2)
	hidden := f.rotate()
	f.write(2)
	f.rotate()
	f.write(1)
	f.start()
	once := true
	f.tail.disk.names = func(dir string) ([]string, error) {
		all, err := names(dir)
		if !once {
			return all, err
		}
		once = false // a backup may be seen neither as such nor as its archive while it is compressed
		return slices.DeleteFunc(all, func(name string) bool { return name == hidden }), err
	}
	f.poll()
	f.sees(0, 7)
	f.lostNothing()
}

func TestF3OfADirectoryThatIsNeverSeenTheSameTheOldestBackupsAreRead(t *testing.T) {
	f := newFixture(t)
	var backups []string
	for range 4 {
		f.write(1)
		backups = append(backups, f.rotate())
	}
	f.write(1)
	f.start()
	looks := 0
	f.tail.disk.names = func(dir string) ([]string, error) {
		all, err := names(dir)
		looks++
		hidden := backups[2+looks%2]
		return slices.DeleteFunc(all, func(name string) bool { return name == hidden }), err
	}
	f.poll()
	f.sees(0, 2)
	f.tail.disk.names = names
	f.poll()
	f.sees(2, 5)
	f.lostNothing()
}

func TestF3ARotationJustBeforeTheLogIsOpenedIsSeen(t *testing.T) {
	f := newFixture(t)
	f.write(2)
	f.rotate()
	f.write(2)
	f.start()
	f.tail.discover()
	f.must(f.tail.logs[0].begin(t.Context(), f.queue))
	f.write(2)
	once := true
	f.tail.disk.open = func(path string) (*os.File, error) {
		if once && path == f.options.Path {
			once = false
			f.truncate(f.backup()) // the log keeps its inode
			f.write(1)
		}
		return open(path)
	}
	f.poll()
	f.sees(0, 7)
	f.lostNothing()
}

// logrotate gives numbers, which each rotation changes.
func TestF2BackupsWithNumbersAreReadInOrder(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	var times int
	rename := func() {
		for i := 8; i > 0; i-- {
			os.Rename(f.path("audit.log."+string(rune('0'+i))), f.path("audit.log."+string(rune('1'+i))))
		}
		f.must(os.Rename(f.path("audit.log"), f.path("audit.log.1")))
		times++
		at := time.Now().Add(time.Duration(times-10) * time.Minute)
		f.must(os.Chtimes(f.path("audit.log.1"), at, at))
	}
	for range 3 {
		f.write(2)
		rename()
	}
	f.write(2)
	f.poll()
	f.sees(0, 11)
	f.stop()
	f.write(1)
	rename()
	f.compressed("audit.log.2")
	f.write(1)
	f.start()
	f.poll()
	f.sees(11, 13)
	f.lostNothing()
}

// compressed replaces a backup by an archive of the same age, as gzip(1) does.
func (f *fixture) compressed(name string) {
	f.t.Helper()
	info, err := os.Stat(f.path(name))
	f.must(err)
	f.compress(name)
	f.must(os.Chtimes(f.path(name+".gz"), info.ModTime(), info.ModTime()))
}

func TestF3InAStormOfRotationsNothingIsLostOrDoubled(t *testing.T) {
	f := newFixture(t)
	f.options.PollInterval = 20 * time.Millisecond
	f.start(func(tail *Tail) { tail.now = time.Now })
	defer f.run()()
	const events = 45_000 // of more than 1 KB: more than 40 rotations
	w := &lumberjack.Logger{Filename: f.path("audit.log"), MaxSize: 1}
	defer w.Close()
	written := make(chan error, 1)
	go func() {
		pad := `,"pad":"` + string(make1K()) + `"}`
		for i := range events {
			text := line(f.id(i))
			if _, err := io.WriteString(w, text[:len(text)-1]+pad+"\n"); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	f.takeUntil(events)
	f.must(<-written)
	f.sees(0, events)
	f.lostNothing()
	if entries, _ := os.ReadDir(f.dir); len(entries) < 40 {
		t.Fatalf("there were only %d files", len(entries))
	}
}

func make1K() []byte {
	b := make([]byte, 900)
	for i := range b {
		b[i] = 'x'
	}
	return b
}

func TestF4StoppedThreeRotationsAndCompressionResumed(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	f.sees(0, 3)
	f.stop()
	f.write(2)
	var names []string
	for range 3 {
		names = append(names, f.rotate())
		f.write(2)
	}
	f.compress(names[0])
	f.compress(names[2])
	f.start()
	f.poll()
	f.sees(3, 11)
	f.lostNothing()
}

func TestF5TheFileIsReplacedByItsArchiveMidOffset(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	f.write(4)
	f.compress(f.rotate())
	f.write(1)
	f.poll() // the open file goes on
	f.sees(0, 8)
	f.lostNothing()
}

func TestF5AnArchiveIsReadFromTheOffsetOfTheBackup(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	f.sees(0, 3)
	f.stop()
	f.write(4)
	f.compress(f.rotate())
	f.write(1)
	f.start()
	f.poll()
	f.sees(3, 8)
	f.lostNothing()
}

func TestF5ABackupThatIsExpectedIsReadFromItsArchive(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.rotate()
	f.write(2)
	second := f.rotate()
	f.write(1)
	f.start()
	f.tail.discover()
	l := f.tail.logs[0]
	f.must(l.begin(t.Context(), f.queue)) // the second backup is known by its name
	f.compress(second)
	f.poll()
	f.sees(0, 6)
	f.lostNothing()
}

func TestF6AnArchiveCountsWhenItIsComplete(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	name := f.rotate()
	archive := f.zip(name)
	f.write(1)
	for _, n := range []int{0, 5, 10, len(archive) / 2, len(archive) - 8, len(archive) - 1, len(archive)} {
		f.put(name+".gz", archive[:n])
		f.start()
		f.poll()
		f.sees(0, 4) // from the backup itself
		f.lostNothing()
		f.stop()
		f.must(os.RemoveAll(f.options.CheckpointDir))
	}
	f.remove(name)
	f.start()
	f.poll()
	f.sees(0, 4)
	f.lostNothing()
}

func TestF6AnArchiveWithoutItsBackupIsWaitedForWhileItGrows(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	name := f.rotate()
	archive := f.zip(name)
	f.remove(name)
	f.write(1)
	f.start()
	for n := range len(archive) {
		f.put(name+".gz", archive[:n])
		f.clock = f.clock.Add(patience - 2*time.Second)
		f.poll()
	}
	f.put(name+".gz", archive)
	f.poll()
	f.sees(0, 4)
	f.lostNothing()
}

func TestF7ACorruptArchiveIsCountedAndTheRestContinues(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	name := f.rotate()
	archive := f.zip(name)
	archive[len(archive)-6] ^= 0xff // in the checksum
	f.remove(name)
	f.put(name+".gz", archive)
	cut := f.backup()
	f.put(cut+".gz", []byte("this is no archive"))
	f.write(2)
	f.start()
	for range 2 * (patience/time.Second + 2) {
		f.poll()
	}
	f.sees(0, 5)
	f.dropped(stats.BadArchive, 2)
}

func TestF7BothMembersOfAnArchiveAreRead(t *testing.T) {
	f := newFixture(t)
	two := append(zipped([]byte(f.next(3))), zipped([]byte(f.next(2)))...)
	f.put(f.backup()+".gz", two)
	f.write(1)
	f.start()
	f.poll()
	f.sees(0, 6)
	f.lostNothing()
}
