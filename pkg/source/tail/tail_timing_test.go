package tail

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/source"
)

// rotatedLogs fills a directory with backups and a log, and one file elsewhere
// with the same bytes. It returns that file and how many bytes it has.
func (f *fixture) rotatedLogs(files, megabytes int) (whole string, size int64) {
	f.t.Helper()
	whole = f.t.TempDir() + "/whole.log"
	all, err := os.Create(whole)
	f.must(err)
	defer all.Close()
	pad := `,"pad":"` + strings.Repeat("x", 700) + `"}` + "\n"
	for i := range files {
		log, err := os.Create(f.path("audit.log"))
		f.must(err)
		var text strings.Builder
		for text.Len() < megabytes<<20 {
			event := line(f.id(f.written))
			text.WriteString(event[:len(event)-1] + pad)
			f.written++
		}
		n, err := io.WriteString(io.MultiWriter(log, all), text.String())
		f.must(errors.Join(err, log.Close()))
		size += int64(n)
		if i < files-1 {
			f.rotate()
		}
	}
	return whole, size
}

// through runs a source until n events were seen, and returns how long that
// took and the largest heap on the way.
func through(t testing.TB, s source.Source, n int) (took time.Duration, peak int64) {
	t.Helper()
	debug.FreeOSMemory()
	before := heap()
	queue := source.NewQueue(8 << 20)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	from := time.Now()
	go func() { ended <- s.Run(ctx, queue) }()
	for seen := 0; seen < n; {
		b, err := queue.Take(testPatience)
		if err != nil {
			t.Fatalf("%d of %d events came, then: %v", seen, n, err)
		}
		if seen += len(b.Events); seen%5000 < len(b.Events) {
			peak = max(peak, inUse())
		}
		b.Finish(true)
	}
	took = time.Since(from)
	cancel()
	<-ended
	return took, peak - before
}

// catchUp follows the rotated logs from their beginning.
func (f *fixture) catchUp() (took time.Duration, peak int64) {
	f.t.Helper()
	f.options.CheckpointDir = f.t.TempDir()
	f.start(running)
	defer f.stop()
	return through(f.t, f.tail, f.written)
}

// readOnce reads the same bytes once from one file.
func (f *fixture) readOnce(whole string) time.Duration {
	f.t.Helper()
	once, err := source.OpenFile(whole, audit.MaxEventSize, f.stats)
	f.must(err)
	defer once.Close()
	took, _ := through(f.t, once, f.written)
	return took
}

func TestCatchingUpIsHalfAsFastAsReadingOnceOrFaster(t *testing.T) {
	files, megabytes := 16, 4
	if long {
		files, megabytes = 10, 100
	}
	f := newFixture(t)
	whole, size := f.rotatedLogs(files, megabytes)
	f.start()
	f.stop()
	var ratios []float64
	var most int64
	for range 3 {
		once := f.readOnce(whole)
		took, peak := f.catchUp()
		ratios = append(ratios, float64(once)/float64(took))
		most = max(most, peak)
		t.Logf("%d MB: once %.0f MB/s, caught up %.0f MB/s, %d MiB", size>>20,
			float64(size)/once.Seconds()/1e6, float64(size)/took.Seconds()/1e6, peak>>20)
	}
	slices.Sort(ratios)
	if best := ratios[len(ratios)-1]; best < 0.5 { // the others may have been disturbed
		t.Errorf("catching up has %.2f of the speed of reading once, want half at least", best)
	}
	if most > 64<<20 {
		t.Errorf("catching up takes %d MiB, want less than 64", most>>20)
	}
}

func BenchmarkCatchingUp(b *testing.B) {
	f := newFixture(b)
	_, size := f.rotatedLogs(16, 4)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		f.catchUp()
	}
}

func BenchmarkReadingOnce(b *testing.B) {
	f := newFixture(b)
	whole, size := f.rotatedLogs(16, 4)
	f.start()
	f.stop()
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		f.readOnce(whole)
	}
}
