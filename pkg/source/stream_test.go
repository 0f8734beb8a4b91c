package source

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/stats"
	"golang.org/x/sys/unix"
)

// pipe returns a source that reads a named pipe, and its writing end.
func pipe(t *testing.T, s *stats.Stats) (*Stream, *os.File) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	stream, err := OpenPipe(path, audit.MaxEventSize, s)
	if err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return stream, writer
}

func TestF26APipeIsReadToItsEndWithOtherLinesBetween(t *testing.T) {
	s := silent()
	stream, writer := pipe(t, s)
	huge := strings.Replace(event(2), "Metadata", strings.Repeat("M", 2<<20), 1)
	go func() {
		io.WriteString(writer, "I0501 10:00:00.000000       1 server.go:42] listening\n"+event(1)+"\n")
		io.WriteString(writer, huge+"\n\n{\"torn\": \n"+event(3))
		writer.Close()
	}()
	same(t, drain(t, stream), []string{event(1), huge, event(3)})
	if s.Dropped(stats.NotJSON) != 1 || s.Dropped(stats.BrokenJSON) != 1 {
		t.Errorf("dropped %d that are no JSON and %d that are broken, want 1 and 1", s.Dropped(stats.NotJSON), s.Dropped(stats.BrokenJSON))
	}
}

func TestEventsAreDeliveredBeforeThePipeIsClosed(t *testing.T) {
	stream, writer := pipe(t, silent())
	queue := NewQueue(1 << 20)
	go func() { queue.End(stream.Run(t.Context(), queue)) }()
	for i := range 3 {
		if _, err := io.WriteString(writer, event(i)+"\n"); err != nil {
			t.Fatal(err)
		}
		b, err := queue.Take(patience)
		if err != nil || string(b.Events[0].Raw) != event(i) {
			t.Fatalf("event %d does not arrive while the pipe is open: %v", i, err)
		}
		b.Finish(true)
	}
	writer.Close()
	if _, err := queue.Take(patience); err != io.EOF {
		t.Fatalf("at the end: %v", err)
	}
}

func TestAReadThatWaitsForInputIsInterrupted(t *testing.T) {
	stream, writer := pipe(t, silent())
	defer writer.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- stream.Run(ctx, NewQueue(1)) }()
	cancel()
	select {
	case err := <-ended:
		if err != context.Canceled {
			t.Errorf("Run returned %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Run still waits for input although the capture has ended")
	}
	if err := stream.Close(); err != nil {
		t.Error(err)
	}
}
