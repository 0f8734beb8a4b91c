package source

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

func TestLinesThatComeOneByOneHoldNoMoreMemoryThanTheQueueCounts(t *testing.T) {
	s := stats.New(slog.New(slog.DiscardHandler))
	r := NewReader(NewLines(1<<20, s), audit.NewSplitter(1<<20, s))
	q := NewQueue(1 << 30)
	var read int64
	for i := range 1000 {
		line := fmt.Sprintf(`{"kind":"Event","auditID":"%d"}`+"\n", i)
		read += int64(len(line))
		if err := r.Next(context.Background(), strings.NewReader(line), q, nil); err != nil {
			t.Fatal(err)
		}
	}
	held := int64(0)
	for {
		b, err := q.Take(0)
		if err != nil {
			break
		}
		held += int64(cap(b.Events[0].Raw[:0:cap(b.Events[0].Raw)]))
	}
	if held > 4*read || q.Used() < held {
		t.Fatalf("%d bytes of single lines hold %d bytes of memory, of which the queue counts %d", read, held, q.Used())
	}
}

func TestABlockWithoutEventsOccupiesTheQueue(t *testing.T) {
	s := stats.New(slog.New(slog.DiscardHandler))
	r := NewReader(NewLines(1<<20, s), audit.NewSplitter(1<<20, s))
	q := NewQueue(1 << 30)
	noise := strings.NewReader(strings.Repeat("no event\n", 10_000))
	for r.Next(context.Background(), noise, q, nil) != io.EOF {
	}
	if q.Used() < 90_000 {
		t.Fatalf("90,000 bytes without an event are counted as %d", q.Used())
	}
}
