package tail

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/pkg/stats"
)

func TestF8AFileThatIsUnlinkedIsReadToItsEnd(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	w := f.open("audit.log")
	defer w.Close()
	w.WriteString(f.next(2))
	f.remove("audit.log")
	w.WriteString(f.next(2)) // by a writer that does not know
	f.poll()
	f.sees(0, 7)
	w.WriteString(f.next(1))
	f.write(2)
	f.poll()
	f.sees(7, 10)
	f.lostNothing()
}

func TestF8ADeletedFileIsNotHeldOpenForLong(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	f.remove("audit.log")
	f.write(1)
	f.poll()
	if n := len(f.tail.logs[0].old); n != 1 {
		t.Fatalf("%d files are held open right after the deletion, want 1", n)
	}
	f.clock = f.clock.Add(farewell)
	f.poll()
	if n := len(f.tail.logs[0].old); n != 0 {
		t.Fatalf("%d files are held open %v after the deletion", n, farewell)
	}
}

func TestF9ABackupDeletedBeforeItWasReadIsReportedAsAGap(t *testing.T) {
	f := newFixture(t)
	for range 3 {
		f.write(2)
		f.rotate()
	}
	f.write(2)
	f.start()
	f.tail.discover()
	f.must(f.tail.logs[0].begin(t.Context(), f.queue)) // the backups are known
	f.remove("audit-2024-05-01T10-02-00.000.log")
	f.poll()
	f.got = append(f.got[:2:2], f.got[2:]...)
	if want := "[event-000000 event-000001 event-000004 event-000005 event-000006 event-000007]"; brief(f.got) != want {
		t.Fatalf("got %v, want %v", f.got, want)
	}
	f.dropped(stats.Deleted, 1)
	f.says(`from=2024-05-01T11:00:00Z to=2024-05-01T10:02:00Z`, 1) // from the last event read, to the rotation of what is gone
}

func TestF9AGapWhileStoppedIsReported(t *testing.T) {
	f := newFixture(t)
	f.write(2)
	f.start()
	f.poll()
	f.sees(0, 2)
	f.stop()
	f.write(2)
	gone := f.rotate()
	f.append("audit.log", strings.ReplaceAll(f.next(2), "T11:00:00", "T12:30:00"))
	f.rotate()
	f.remove(gone)
	f.start()
	f.poll()
	f.sees(4, 6)
	f.dropped(stats.Deleted, 1)
	f.says(`from=2024-05-01T11:00:00Z to=2024-05-01T12:30:00Z`, 1)
}

func TestF9AGapBehindAFileThatIsOpenIsReported(t *testing.T) {
	f := newFixture(t)
	f.write(2)
	f.start()
	f.poll()
	f.sees(0, 2)
	first := f.rotate()
	f.write(2)
	second := f.rotate()
	f.write(2)
	f.rotate()
	f.write(1)
	f.remove(first)
	f.remove(second) // never seen
	f.poll()
	f.sees(4, 7)
	f.dropped(stats.Deleted, 1)
}

func TestF9AGapIsReportedAlthoughNoBackupIsLeft(t *testing.T) {
	f := newFixture(t)
	f.write(2)
	f.start()
	f.poll()
	f.sees(0, 2)
	first := f.rotate()
	f.write(2)
	second := f.rotate()
	f.write(1)
	f.remove(first)
	f.remove(second)
	f.poll()
	f.sees(4, 5)
	f.dropped(stats.Deleted, 1)
}

func TestF9OldBackupsThatAreDeletedAfterTheyWereReadAreNoGap(t *testing.T) {
	f := newFixture(t)
	f.start()
	for i := range 10 {
		f.write(2)
		f.poll()
		f.sees(2*i, 2*i+2)
		name := f.rotate()
		f.poll()
		f.write(0)
		f.poll()
		f.remove(name)
		if i%3 == 0 {
			f.restart()
		}
	}
	f.lostNothing()
}

func TestF10NothingIsLostBetweenRenameAndCreate(t *testing.T) {
	f := newFixture(t)
	f.write(2)
	f.start()
	f.poll()
	f.write(1)
	f.rotate()
	f.poll() // there is no log
	f.append("audit.log", "")
	f.poll() // it is empty
	f.write(2)
	f.poll()
	f.sees(0, 5)
	f.rotate()
	f.restart() // without a log
	f.poll()
	f.write(2)
	f.poll()
	f.sees(5, 7)
	f.lostNothing()
}

func TestF10ALogOrFolderMayAppearLater(t *testing.T) {
	for _, start := range []Start{Beginning, End} {
		f := newFixture(t)
		f.options.StartAt = start
		f.dir += "/not/yet"
		f.options.Path = f.path("audit.log")
		f.start()
		f.poll()
		f.poll()
		f.says("does not exist yet", 1)
		f.must(os.MkdirAll(f.dir, 0o755))
		f.poll()
		f.write(2)
		f.poll()
		f.sees(0, 2)
		f.must(os.RemoveAll(f.dir))
		f.poll()
		f.must(os.MkdirAll(f.dir, 0o755))
		f.write(2)
		f.poll()
		f.sees(2, 4)
		f.lostNothing()
	}
}

func TestF10ALogThatAppearsWhileStoppedIsReadFromItsBeginning(t *testing.T) {
	f := newFixture(t)
	f.options.StartAt = End
	f.start()
	f.poll()
	f.stop()
	f.write(2)
	f.rotate()
	f.write(1)
	f.start()
	f.poll()
	f.sees(0, 3)
}

func TestF11AWriterMayKeepTheRenamedFile(t *testing.T) {
	f := newFixture(t)
	w := f.open("audit.log")
	defer w.Close()
	w.WriteString(f.next(2))
	f.start()
	f.poll()
	f.must(os.Rename(f.path("audit.log"), f.path("audit.log.1")))
	f.append("audit.log", "") // as logrotate's create does
	f.poll()
	for range 5 {
		half := f.next(1)
		w.WriteString(half[:50])
		f.poll()
		w.WriteString(half[50:])
		f.poll()
	}
	f.sees(0, 7)
	f.must(os.Rename(f.path("audit.log.1"), f.path("audit.log.2")))
	f.must(os.Rename(f.path("audit.log"), f.path("audit.log.1")))
	f.append("audit.log", "")
	f.poll()
	w.WriteString(f.next(2))
	f.poll()
	f.sees(7, 9)
	f.stop()
	w.WriteString(f.next(2))
	f.write(1)
	f.start()
	f.poll()
	f.poll()
	got := append([]string{}, f.got...)
	f.got = nil
	if len(got) != 3 {
		t.Fatalf("after a restart came %v, want the two events of the renamed file and that of the log", got)
	}
	f.lostNothing()
}

func TestF12ATruncatedLogIsReadFromItsNewBeginning(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	f.truncate("")
	f.write(1)
	f.poll()
	f.sees(0, 4)
	f.lostNothing()
}

func TestF12AfterACopyAndTruncateTheCopyIsReadOn(t *testing.T) {
	for _, copy := range []string{"audit.log.1", "audit-20240502.log", "audit-2024-05-02T10-00-00.000.log"} {
		for _, archived := range []bool{false, true} {
			for _, stopped := range []bool{false, true} {
				f := newFixture(t)
				f.write(3)
				f.start()
				f.poll()
				f.sees(0, 3)
				if stopped {
					f.stop()
				}
				f.write(3)
				f.truncate(copy)
				if archived {
					f.compressed(copy)
				}
				f.write(10) // past the old offset
				if stopped {
					f.start()
				}
				f.poll()
				f.sees(3, 16)
				f.write(1)
				f.poll()
				f.sees(16, 17)
				f.lostNothing()
				f.stop()
			}
		}
	}
}

func TestF12ALogThatIsTruncatedRenamedAndDeletedIsReadFromItsNewBeginning(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	f.truncate("")
	f.write(1)
	f.remove(f.rotate())
	f.write(2)
	f.poll()
	f.sees(0, 6)
}

func TestF12ALogThatIsTruncatedRenamedAndCompressedIsNotTakenForFinished(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	f.sees(0, 3)
	f.truncate("")
	f.write(2)
	f.compress(f.rotate())
	f.write(1)
	f.stalled = true
	f.poll()
	f.sees(3, 6)
	f.poll() // saves, though nothing was seen
	f.crash()
	f.stalled = false
	f.start()
	f.poll()
	f.sees(3, 6)
}

func TestF12WhatIsKnownToBeLostWithATruncationIsReported(t *testing.T) {
	f := newFixture(t)
	f.append("audit.log", strings.Repeat(line("many")+"\n", 10_000))
	f.start()
	f.tail.discover()
	l := f.tail.logs[0]
	f.must(l.begin(t.Context(), f.queue))
	for range 2 {
		_, err := l.read(t.Context(), f.queue, l.cur)
		f.must(err)
	}
	f.truncate("")
	f.write(1)
	f.poll()
	f.got = f.got[len(f.got)-1:]
	f.sees(0, 1)
	f.dropped(stats.Deleted, 1)
}

func TestF12ALogTruncatedBeforeALineWasReadIsReadFromItsCopy(t *testing.T) {
	f := newFixture(t)
	f.append("audit.log", "")
	f.start()
	f.poll()
	text := f.next(2)
	f.append("audit.log", text[:150])
	f.poll()
	f.append("audit.log", text[150:])
	f.truncate("audit.log.1")
	f.write(1)
	f.poll()
	f.sees(0, 3)
}

func TestF12AWriterThatGoesOnBehindTheTruncatedEndLeavesAHole(t *testing.T) {
	f := newFixture(t)
	f.options.MaxEventSize = 1 << 20
	f.write(3)
	f.start()
	f.poll()
	f.truncate("")
	w, err := os.OpenFile(f.path("audit.log"), os.O_WRONLY, 0)
	f.must(err)
	defer w.Close()
	_, err = w.WriteAt([]byte(f.next(2)), 20<<20) // more than the longest line
	f.must(err)
	f.poll()
	f.sees(0, 5)
	f.lostNothing()
	f.restart()
	f.poll()
	f.sees(0, 0)
}

func TestF13AnInodeThatIsUsedAgainIsAnotherFile(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	f.sees(0, 3)
	f.stop()
	f.write(2)
	f.compress(f.rotate()) // its inode is free
	f.must(os.WriteFile(f.path("audit.log"), []byte(f.next(20)), 0o600))
	f.pretendInode("audit.log")
	f.start()
	f.poll()
	f.sees(3, 25)
	f.lostNothing()
}

// pretendInode makes the checkpoint name the inode of a file, whichever that
// has: file systems differ in how soon they use a number again.
func (f *fixture) pretendInode(name string) {
	f.t.Helper()
	info, err := os.Stat(f.path(name))
	f.must(err)
	c := newCheckpoint(f.options.CheckpointDir, f.options.Path)
	saved, ok, err := c.load()
	if err != nil || !ok {
		f.t.Fatalf("no checkpoint: %v", err)
	}
	for i := range saved.Files {
		saved.Files[i].inode = inodeOf(info)
	}
	_, err = c.save(saved)
	f.must(err)
}

func TestF14TwoFilesWithTheSameFirstBytes(t *testing.T) {
	f := newFixture(t)
	head := strings.Repeat(line("the same")+"\n", 40) // longer than a fingerprint
	f.append("audit.log", head)
	f.start()
	f.poll()
	f.write(3)
	f.poll()
	f.got = f.got[40:]
	f.sees(0, 3)
	f.stop()
	f.rotate()
	f.append("audit.log", head)
	f.write(9) // past the offset of the other
	f.start()
	f.poll()
	f.got = f.got[40:]
	f.sees(3, 12)
	f.lostNothing()
}

func TestF14TwoFilesWithTheSameBytesBeforeTheOffset(t *testing.T) {
	f := newFixture(t)
	alike := strings.Repeat(line("the same")+"\n", 40)
	f.append("audit.log", f.next(1)+alike)
	f.start()
	f.poll()
	f.stop()
	f.got = nil
	f.remove("audit.log")
	f.append("audit.log", f.next(1)+alike)
	f.pretendInode("audit.log")
	f.start()
	f.poll()
	f.got = f.got[:min(1, len(f.got))]
	f.sees(1, 2)
	f.dropped(stats.Deleted, 1)
}

func TestF14AFewBytesAreNoFingerprint(t *testing.T) {
	f := newFixture(t)
	f.append("audit.log", "{}\n")
	f.start()
	f.poll()
	f.stop()
	f.append("another", "{}\n"+f.next(2))
	f.must(os.Rename(f.path("another"), f.path("audit.log")))
	f.start()
	f.poll()
	f.sees(0, 2)
	f.dropped(stats.Deleted, 1)
}

func TestF14AFileThatOnlyBeginsTheSameIsAnotherOne(t *testing.T) {
	f := newFixture(t)
	head := strings.Repeat(line("the same")+"\n", 40)
	f.append("audit.log", head)
	f.write(3)
	f.start()
	f.poll()
	f.stop()
	f.got = nil
	f.remove("audit.log")
	f.append("audit.log", head)
	f.write(9)
	f.pretendInode("audit.log")
	f.start()
	f.poll()
	if f.got = f.got[min(40, len(f.got)):]; len(f.got) != 9 {
		t.Fatalf("of the 9 events of the new file came %d", len(f.got))
	}
	f.dropped(stats.Deleted, 1) // whatever the old one held behind the offset
}

func TestF15ALogReplacedByRenameIsReadFromItsBeginning(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	f.write(1)
	f.append("new", f.next(5))
	f.must(os.Rename(f.path("new"), f.path("audit.log")))
	f.poll()
	f.sees(0, 9)
	f.lostNothing()
}

func TestF15ALogReplacedByACopyOfItselfIsNotReadTwice(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	content, err := os.ReadFile(f.path("audit.log"))
	f.must(err)
	f.append("new", string(content)+f.next(2))
	f.must(os.Rename(f.path("new"), f.path("audit.log")))
	f.poll()
	f.sees(0, 5)
	f.lostNothing()
}

func TestF15ASymbolicLinkMayLeadElsewhere(t *testing.T) {
	f := newFixture(t)
	f.append("a.txt", f.next(3))
	f.must(os.Symlink("a.txt", f.path("audit.log")))
	f.start()
	f.poll()
	f.append("a.txt", f.next(1))
	f.append("b.txt", f.next(2))
	retarget := func(to string) {
		f.must(os.Symlink(to, f.path("link")))
		f.must(os.Rename(f.path("link"), f.path("audit.log")))
	}
	retarget("b.txt")
	f.poll()
	f.append("a.txt", f.next(1)) // by a writer that has not turned to it yet
	f.poll()
	f.sees(0, 7)
	retarget("a.txt")
	f.append("a.txt", f.next(1))
	f.poll()
	f.sees(7, 8)
	f.lostNothing()
}

func TestF15BackupsAreFoundWhereASymbolicLinkLeads(t *testing.T) {
	f := newFixture(t)
	real := t.TempDir()
	f.must(os.Symlink(real+"/kube.log", f.path("audit.log")))
	at := f.dir
	f.dir = real
	f.append("kube.log", f.next(2))
	f.start()
	f.poll()
	f.stop()
	f.append("kube.log", f.next(2))
	f.must(os.Rename(f.path("kube.log"), f.path("kube-2024-05-01T10-00-00.000.log")))
	f.append("kube.log", f.next(2))
	f.must(os.Rename(f.path("kube.log"), f.path("kube-2024-05-01T11-00-00.000.log")))
	f.append("kube.log", f.next(2))
	f.start()
	f.poll()
	f.sees(0, 8)
	f.lostNothing()
	f.dir = at
}

func TestAStartAtTheEndSkipsWhatIsThereAndNothingElse(t *testing.T) {
	f := newFixture(t)
	f.options.StartAt = End
	f.write(2)
	f.rotate()
	f.write(2)
	half := f.next(1)
	f.append("audit.log", half[:40])
	f.start()
	f.poll()
	f.sees(0, 0)
	f.append("audit.log", half[40:])
	f.poll()
	f.sees(4, 5)
	f.stop()
	f.write(1)
	f.rotate()
	f.write(1)
	f.start()
	f.poll()
	f.sees(5, 7)
	f.lostNothing()
}

func TestAFirstStartAtTheEndThatCrashesAtOnceKnowsItsPlace(t *testing.T) {
	f := newFixture(t)
	f.options.StartAt = End
	f.write(2)
	f.start()
	f.poll()
	f.crash()
	f.write(2)
	f.start()
	f.poll()
	f.sees(2, 4)
}

func TestTheCheckpointWaitsForTheRules(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.stalled = true
	f.poll()
	f.sees(0, 3)
	f.write(2)
	f.poll()
	f.sees(3, 5)
	f.held[1].Finish(true) // the second block before the first one
	f.held = f.held[:1]
	f.poll()
	f.crash()
	f.stalled = false
	f.start()
	f.poll()
	f.sees(0, 5)
	f.clock = f.clock.Add(time.Minute)
	f.poll()
	f.crash()
	f.start()
	f.poll()
	f.sees(0, 0)
}

func TestAFalcoThatCrashesAgainAndAgainGetsOn(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.poll()
	f.poll()
	f.crash()
	f.sees(0, 3)
	for i := 3; i < 6; i++ {
		f.write(1)
		f.start()
		f.tail.now = func() time.Time { return time.Unix(1, 0) } // which does not advance
		f.poll()
		f.sees(i, i+1)
		f.poll()
		f.crash()
	}
}

func TestABatchThatTheRulesHaveNotSeenComesAgain(t *testing.T) {
	f := newFixture(t)
	f.write(3)
	f.start()
	f.stalled = true
	f.poll()
	f.write(2)
	f.poll()
	f.held[0].Finish(false)
	f.held = f.held[1:]
	f.finish(true)
	f.got = nil
	f.restart()
	f.stalled = false
	f.poll()
	f.sees(0, 5)
}
