package tail

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/source"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// fixture is a directory with a log, its writer, and who follows it. The test
// turns the poll by hand, and the clock with it.
type fixture struct {
	t       testing.TB
	dir     string // of the log
	options Options
	tail    *Tail
	queue   *source.Queue
	stats   *stats.Stats
	said    *journal

	clock     time.Time
	rotations int
	written   int            // events so far
	got       []string       // audit IDs that were taken, in order
	seen      map[string]int // how often the rules have seen an event
	held      []*source.Batch
	stalled   bool // taken batches are not finished
}

func newFixture(t testing.TB) *fixture {
	f := &fixture{t: t, seen: map[string]int{}, dir: t.TempDir(), clock: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}
	f.options = Options{Path: f.path("audit.log"), CheckpointDir: t.TempDir(), StartAt: Beginning}
	t.Cleanup(f.stop)
	return f
}

func (f *fixture) path(name string) string { return filepath.Join(f.dir, name) }

// start opens the source; change may alter it before its first poll.
func (f *fixture) start(change ...func(*Tail)) {
	f.t.Helper()
	f.said = &journal{}
	f.stats = stats.New(slog.New(slog.NewTextHandler(f.said, nil)))
	o := f.options
	o.Stats = f.stats
	tail, err := Open(o)
	if err != nil {
		f.t.Fatal(err)
	}
	tail.now = func() time.Time { return f.clock }
	for _, c := range change {
		c(tail)
	}
	f.tail, f.queue = tail, source.NewQueue(1<<30)
}

// poll turns the poll a second later, and lets the rules see what came.
func (f *fixture) poll() {
	f.t.Helper()
	f.clock = f.clock.Add(time.Second)
	if err := f.tail.poll(context.Background(), f.queue); err != nil {
		f.t.Fatal(err)
	}
	f.take()
}

// take lets the rules see what is in the queue.
func (f *fixture) take() {
	f.t.Helper()
	for {
		b, err := f.queue.Take(0)
		if err != nil {
			return
		}
		f.got = append(f.got, idsOf(b)...)
		if f.held = append(f.held, b); !f.stalled {
			f.finish(true)
		}
	}
}

// finish says what became of the batches that were taken.
func (f *fixture) finish(seen bool) {
	for _, b := range f.held {
		for _, id := range idsOf(b) {
			if seen {
				f.seen[id]++
			}
		}
		b.Finish(seen)
	}
	f.held = nil
}

func idsOf(b *source.Batch) []string {
	var ids []string
	for _, e := range b.Events {
		ids = append(ids, audit.ID(e.Raw))
	}
	return ids
}

// stop closes the source as Falco does: the checkpoint is written.
func (f *fixture) stop() {
	f.t.Helper()
	if f.tail == nil {
		return
	}
	f.queue.Abandon()
	f.finish(false)
	if err := f.tail.Close(); err != nil {
		f.t.Logf("closing: %v", err)
	}
	f.tail = nil
}

// crash ends the source as kill -9 does: nothing is written any more.
func (f *fixture) crash() {
	for _, l := range f.tail.logs {
		l.close()
	}
	f.tail.logs, f.tail = nil, nil
	f.held = nil
}

func (f *fixture) restart(change ...func(*Tail)) {
	f.t.Helper()
	f.stop()
	f.start(change...)
}

// line is an event as the API server writes it, without a newline.
func line(id string) string {
	return fmt.Sprintf(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"%s","stage":"ResponseComplete","verb":"get",`+
		`"requestReceivedTimestamp":"2024-05-01T11:00:00.000000Z","stageTimestamp":"2024-05-01T11:00:00.000000Z"}`, id)
}

// next are the lines of the next n events, with their newlines.
func (f *fixture) next(n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(line(f.id(f.written)) + "\n")
		f.written++
	}
	return b.String()
}

func (f *fixture) id(i int) string { return fmt.Sprintf("event-%06d", i) }

// write appends n events to the log.
func (f *fixture) write(n int) { f.append("audit.log", f.next(n)) }

func (f *fixture) append(name, text string) {
	f.t.Helper()
	w := f.open(name)
	defer w.Close()
	if _, err := io.WriteString(w, text); err != nil {
		f.t.Fatal(err)
	}
}

// open opens a file for appending, as the API server does.
func (f *fixture) open(name string) *os.File {
	f.t.Helper()
	w, err := os.OpenFile(f.path(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	f.must(err)
	return w
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// backup is the name of the next backup; a minute lies between two.
func (f *fixture) backup() string {
	f.rotations++
	return "audit-" + f.rotated(f.rotations).Format("2006-01-02T15-04-05.000") + ".log"
}

func (f *fixture) rotated(n int) time.Time {
	return time.Date(2024, 5, 1, 10, n, 0, 0, time.UTC)
}

// rotate renames the log to a backup, as the API server does, and returns its
// name. The new log is not there yet.
func (f *fixture) rotate() string {
	f.t.Helper()
	name := f.backup()
	f.must(os.Rename(f.path("audit.log"), f.path(name)))
	return name
}

// zip returns the content of a file, compressed.
func (f *fixture) zip(name string) []byte {
	f.t.Helper()
	content, err := os.ReadFile(f.path(name))
	f.must(err)
	return zipped(content)
}

func zipped(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

// compress replaces a backup by its archive, as the API server does.
func (f *fixture) compress(name string) {
	f.t.Helper()
	f.put(name+".gz", f.zip(name))
	f.remove(name)
}

func (f *fixture) put(name string, content []byte) {
	f.t.Helper()
	f.must(os.WriteFile(f.path(name), content, 0o600))
}

func (f *fixture) remove(name string) {
	f.t.Helper()
	f.must(os.Remove(f.path(name)))
}

// truncate copies the log to a backup of that name, and truncates it, as
// copytruncate of logrotate does.
func (f *fixture) truncate(name string) {
	f.t.Helper()
	content, err := os.ReadFile(f.path("audit.log"))
	f.must(err)
	if name != "" {
		f.put(name, content)
	}
	f.must(os.Truncate(f.path("audit.log"), 0))
}

// sees checks that exactly the events from the first to before the last were
// seen since the last check, in order.
func (f *fixture) sees(first, end int) {
	f.t.Helper()
	var want []string
	for i := first; i < end; i++ {
		want = append(want, f.id(i))
	}
	if !slices.Equal(f.got, want) {
		f.t.Fatalf("the rules saw %v, want events %d to %d\n%s", brief(f.got), first, end-1, f.said)
	}
	f.got = nil
}

// brief shows a long list by its ends.
func brief(ids []string) string {
	if len(ids) <= 12 {
		return fmt.Sprint(ids)
	}
	return fmt.Sprintf("%d events: %v … %v", len(ids), ids[:6], ids[len(ids)-6:])
}

// dropped checks how many drops were counted for a reason.
func (f *fixture) dropped(reason stats.Reason, want int) {
	f.t.Helper()
	if got := f.stats.Dropped(reason); got != uint64(want) {
		f.t.Fatalf("%d drops are counted as %v, want %d\n%s", got, reason, want, f.said)
	}
}

// lostNothing checks that nothing was dropped for any reason.
func (f *fixture) lostNothing() {
	f.t.Helper()
	for _, r := range stats.Reasons() {
		f.dropped(r, 0)
	}
}

// says checks how many lines of the plugin's log match a pattern.
func (f *fixture) says(pattern string, want int) {
	f.t.Helper()
	if got := len(regexp.MustCompile(pattern).FindAllString(f.said.String(), -1)); got != want {
		f.t.Fatalf("the log says %q %d times, want %d:\n%s", pattern, got, want, f.said)
	}
}

// journal collects what is logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// patience is how long a test waits for what must happen.
const testPatience = 30 * time.Second

// run follows in a goroutine, as under Falco, until the test ends it.
func (f *fixture) run() (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func(t *Tail, q *source.Queue) { ended <- t.Run(ctx, q) }(f.tail, f.queue)
	return func() {
		f.t.Helper()
		cancel()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) && !errors.Is(err, source.ErrEnded) {
				f.t.Errorf("following ended with %v", err)
			}
		case <-time.After(testPatience):
			f.t.Fatal("following does not end")
		}
	}
}

// takeUntil lets the rules see events until n were seen in all.
func (f *fixture) takeUntil(n int) {
	f.t.Helper()
	for len(f.got) < n {
		b, err := f.queue.Take(testPatience)
		if err != nil {
			f.t.Fatalf("%d of %d events came, then: %v\n%s", len(f.got), n, err, f.said)
		}
		f.got = append(f.got, idsOf(b)...)
		b.Finish(true)
	}
}
