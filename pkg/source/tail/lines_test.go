package tail

import (
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/stats"
)

func TestF16WritesOfOneByteGiveWholeEvents(t *testing.T) {
	f := newFixture(t)
	f.append("audit.log", "")
	f.start()
	text := strings.ReplaceAll(f.next(2), "Metadata", "Мета☃𝄞")
	for i := range len(text) {
		f.append("audit.log", text[i:i+1])
		f.poll()
		if end := strings.Count(text[:i+1], "\n"); len(f.got) != end {
			t.Fatalf("after %d bytes, in which %d lines end, the rules saw %v", i+1, end, f.got)
		}
	}
	f.sees(0, 2)
	f.lostNothing()
}

func TestF16ACrashBetweenTheHalvesOfALineDeliversItOnce(t *testing.T) {
	f := newFixture(t)
	f.write(2)
	f.start()
	text := f.next(1)
	for _, cut := range []int{1, 40, 150, len(text) - 1} {
		f.append("audit.log", text[:cut])
		f.poll()
		f.poll() // saves what was seen
		f.crash()
		f.start()
		f.poll()
		f.append("audit.log", text[cut:])
		f.poll()
		f.poll()
		text = f.next(1)
	}
	f.sees(0, 6)
	f.lostNothing()
}

func TestF17ATornLineAndTheNextEventOnOneLine(t *testing.T) {
	f := newFixture(t)
	f.write(1)
	f.start()
	f.poll()
	f.append("audit.log", line("torn")[:100])
	f.poll()
	f.write(2)
	f.poll()
	f.sees(0, 3)
	f.dropped(stats.BrokenJSON, 1)
}

func TestF17ALineTornByTheLastWriteOfABackupIsCounted(t *testing.T) {
	f := newFixture(t)
	f.write(1)
	f.append("audit.log", line("torn")[:100])
	f.rotate()
	f.write(1)
	f.append("audit.log", strings.TrimSuffix(f.next(1), "\n")) // whole, but for its newline
	f.compress(f.rotate())
	f.write(1)
	f.start()
	f.poll()
	f.sees(0, 4)
	f.dropped(stats.BrokenJSON, 1)
}

func TestF17HolesOfNULBytesCostNothing(t *testing.T) {
	f := newFixture(t)
	hole := strings.Repeat("\x00", 700_000)
	f.append("audit.log", hole)
	f.write(1)
	f.append("audit.log", hole+"\n"+hole)
	f.write(1)
	f.start()
	f.poll()
	f.append("audit.log", hole)
	f.poll()
	f.append("audit.log", hole)
	f.write(1)
	f.poll()
	f.sees(0, 3)
	f.lostNothing()
	f.restart()
	f.write(1)
	f.poll()
	f.sees(3, 4)
}

func TestF18LongLinesEmptyLinesAndLineEndings(t *testing.T) {
	f := newFixture(t)
	f.options.MaxEventSize = 2 << 20
	long := func(id string, size int) string {
		text := line(id)
		return text[:len(text)-1] + `,"pad":"` + strings.Repeat("x", size) + `"}`
	}
	sizes := []int{10, 64 << 10, 256 << 10, 1 << 20, 2<<20 - 500}
	for _, size := range sizes {
		f.append("audit.log", "\n\r\n"+long(f.id(f.written), size)+"\r\n")
		f.written++
	}
	f.append("audit.log", `{"kind":"Event","auditID":"too long","x":"`+strings.Repeat("y", 20<<20)+"\"}\n")
	f.write(1)
	f.start()
	f.poll()
	f.sees(0, len(sizes)+1)
	f.dropped(stats.Oversize, 1)
	f.restart()
	f.poll()
	f.sees(0, 0)
}

func TestF18ALastLineWithoutANewlineIsHeld(t *testing.T) {
	f := newFixture(t)
	f.append("audit.log", strings.TrimSuffix(f.next(1), "\n"))
	f.start()
	f.poll()
	f.poll()
	f.sees(0, 0)
	f.restart()
	f.poll()
	f.append("audit.log", "\n")
	f.poll()
	f.sees(0, 1)
	f.lostNothing()
}
