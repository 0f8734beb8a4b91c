package source

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// patience is how long a test waits for a condition before it fails.
const patience = 20 * time.Second

func silent() *stats.Stats {
	return stats.New(slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func event(i int) string {
	return fmt.Sprintf(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id-%d","stage":"ResponseComplete"}`, i)
}

// log is the text of a log with the events first to last.
func log(first, last int) string {
	var b strings.Builder
	for i := first; i <= last; i++ {
		b.WriteString(event(i) + "\n")
	}
	return b.String()
}

func events(first, last int) []string {
	var all []string
	for i := first; i <= last; i++ {
		all = append(all, event(i))
	}
	return all
}

// drain runs a source to its end as Falco would, and returns its events.
func drain(t *testing.T, s Source) []string {
	t.Helper()
	queue := NewQueue(1 << 20)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	go func() { queue.End(s.Run(ctx, queue)) }()
	all := takeAll(t, queue)
	if err := s.Close(); err != nil {
		t.Errorf("closing: %v", err)
	}
	if used := queue.Used(); used != 0 {
		t.Errorf("%d bytes are still in the queue after every batch was finished", used)
	}
	return all
}

func takeAll(t *testing.T, queue *Queue) []string {
	t.Helper()
	var all []string
	for {
		b, err := queue.Take(patience)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("after %d events: %v", len(all), err)
		}
		for _, e := range b.Events {
			all = append(all, string(e.Raw))
		}
		b.Finish(true)
	}
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// same fails when the events are not those that are wanted.
func same(t *testing.T, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%d events, want %d; the first difference is event %d: %.200s, want %.200s", len(got), len(want), i, got[i], want[i])
		}
	}
	t.Fatalf("%d events, want %d", len(got), len(want))
}

func mustOpenFile(t *testing.T, path string, s *stats.Stats) *Files {
	t.Helper()
	f, err := OpenFile(path, audit.MaxEventSize, s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAFileIsReadToItsEndWithOrWithoutAFinalNewline(t *testing.T) {
	for _, content := range []string{log(1, 5000), strings.TrimSuffix(log(1, 5000), "\n"), strings.ReplaceAll(log(1, 5000), "\n", "\r\n")} {
		s := silent()
		same(t, drain(t, mustOpenFile(t, write(t, filepath.Join(t.TempDir(), "audit.log"), content), s)), events(1, 5000))
		if s.Received.Load() != 5000 {
			t.Errorf("counted %d events, want 5000", s.Received.Load())
		}
	}
}

func TestAnEmptyFileHasNoEvents(t *testing.T) {
	for _, name := range []string{"audit.log", "audit.log.gz"} {
		same(t, drain(t, mustOpenFile(t, write(t, filepath.Join(t.TempDir(), name), ""), silent())), nil)
	}
}

func TestACompressedFileOfSeveralMembersIsRead(t *testing.T) {
	content := zipped(t, log(1, 700)) + zipped(t, log(701, 1000))
	same(t, drain(t, mustOpenFile(t, write(t, filepath.Join(t.TempDir(), "audit.log.gz"), content), silent())), events(1, 1000))
}

func TestABrokenArchiveIsCountedAndWhatWasReadBeforeIsDelivered(t *testing.T) {
	dir := t.TempDir()
	whole := zipped(t, log(1, 20000))
	write(t, filepath.Join(dir, "audit-2024-05-01T10-00-00.000.log.gz"), whole[:len(whole)-20])
	write(t, filepath.Join(dir, "audit-2024-05-01T11-00-00.000.log.gz"), "not an archive")
	write(t, filepath.Join(dir, "audit.log"), log(30000, 30010))
	s := silent()
	f, err := OpenDirectory(dir, audit.MaxEventSize, s)
	if err != nil {
		t.Fatal(err)
	}
	got := drain(t, f)
	if n := len(got); n < 10000 || got[0] != event(1) || got[n-1] != event(30010) {
		t.Errorf("%d events from a torn archive and a log", n)
	}
	if s.Dropped(stats.BadArchive) != 2 {
		t.Errorf("counted %d broken archives, want 2", s.Dropped(stats.BadArchive))
	}
}

func TestF26ADirectoryIsReadInOrderOfRotation(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "audit.log"), log(41, 50))
	write(t, filepath.Join(dir, "audit-2024-05-01T12-00-00.000.log"), log(31, 40))
	write(t, filepath.Join(dir, "audit-2024-05-01T09-00-00.500.log.gz"), zipped(t, log(11, 20)))
	write(t, filepath.Join(dir, "audit-2024-05-01T09-00-00.499.log"), log(1, 10))
	write(t, filepath.Join(dir, "audit-2024-05-01T11-59-59.999.log"), log(21, 30))
	// Being compressed: the archive is not complete, the file still there.
	write(t, filepath.Join(dir, "audit-2024-05-01T11-59-59.999.log.gz"), zipped(t, log(21, 30))[:40])
	for _, other := range []string{"README.md", ".audit.log.swp", "audit.log.lock", "kube-apiserver.conf"} {
		write(t, filepath.Join(dir, other), log(900, 999))
	}
	if err := os.Mkdir(filepath.Join(dir, "old.log"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := silent()
	f, err := OpenDirectory(dir, audit.MaxEventSize, s)
	if err != nil {
		t.Fatal(err)
	}
	same(t, drain(t, f), events(1, 50))
	if s.Dropped(stats.BadArchive) != 0 {
		t.Error("the archive that is being written was read")
	}
	if share, words := f.Progress(); share != 1 || !strings.Contains(words, "100.00%") {
		t.Errorf("at the end progress is %v, %q", share, words)
	}
}

func TestWhatCannotBeOpenedIsNamed(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.log")
	if _, err := OpenFile(missing, audit.MaxEventSize, silent()); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("a missing file: %v", err)
	}
	write(t, filepath.Join(dir, "notes.txt"), "x")
	if _, err := OpenDirectory(dir, audit.MaxEventSize, silent()); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a directory without logs: %v", err)
	}
	if _, err := OpenPipe(missing, audit.MaxEventSize, silent()); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("a missing pipe: %v", err)
	}
}

func TestAFileThatVanishesBetweenOpeningAndReadingIsCounted(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "audit.log"), log(1, 3))
	s := silent()
	f := mustOpenFile(t, path, s)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	same(t, drain(t, f), nil)
	if s.Dropped(stats.Unreadable) != 1 {
		t.Errorf("counted %d unreadable files, want 1", s.Dropped(stats.Unreadable))
	}
}

func TestProgressGrowsWhileAFileIsRead(t *testing.T) {
	f := mustOpenFile(t, write(t, filepath.Join(t.TempDir(), "audit.log"), log(1, 20000)), silent())
	if share, _ := f.Progress(); share != 0 {
		t.Fatalf("before reading progress is %v", share)
	}
	queue := NewQueue(1) // holds one batch at a time
	go func() { queue.End(f.Run(t.Context(), queue)) }()
	b, err := queue.Take(patience)
	if err != nil {
		t.Fatal(err)
	}
	if share, _ := f.Progress(); share <= 0 || share >= 1 {
		t.Errorf("in the middle progress is %v", share)
	}
	b.Finish(true)
	takeAll(t, queue)
}

func TestReadingStopsWhenTheCaptureEnds(t *testing.T) {
	f := mustOpenFile(t, write(t, filepath.Join(t.TempDir(), "audit.log"), log(1, 20000)), silent())
	ctx, cancel := context.WithCancel(t.Context())
	queue := NewQueue(1)
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx, queue) }()
	if _, err := queue.Take(patience); err != nil { // never finished: the queue stays full
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-ended:
		if err != context.Canceled {
			t.Errorf("Run returned %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Run does not return although the capture has ended")
	}
}
