package source

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/k8saudit/k8saudit/pkg/stats"
)

// chunked gives a text in pieces of random length.
type chunked struct {
	rest   string
	random *rand.Rand
}

func (c *chunked) Read(p []byte) (int, error) {
	if c.rest == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 1+c.random.IntN(40))], c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// lines reads everything, and returns the blocks joined and the rest.
func lines(t *testing.T, l *Lines, from io.Reader) (joined, rest string) {
	t.Helper()
	var all strings.Builder
	var buf []byte
	for {
		block, err := l.Next(from, buf)
		if err == io.EOF {
			return all.String(), string(l.Rest())
		}
		if err != nil {
			t.Fatal(err)
		}
		if block[len(block)-1] != '\n' {
			t.Fatalf("a block does not end with a newline: %q", block)
		}
		all.Write(block)
		buf = block
	}
}

func TestAnyChunkingGivesTheSameLines(t *testing.T) {
	text := "a\n\nbb\r\n" + strings.Repeat("c", 200) + "\n" + strings.Repeat("d\n", 50) + "the end"
	want := text[:strings.LastIndex(text, "\n")+1]
	for seed := range uint64(200) {
		l := NewLines(1<<20, silent())
		got, rest := lines(t, l, &chunked{text, rand.New(rand.NewPCG(seed, 1))})
		if got != want || rest != "the end" {
			t.Fatalf("seed %d: got %q and %q", seed, got, rest)
		}
		if l.Offset() != int64(len(text)) {
			t.Fatalf("seed %d: offset %d, want %d", seed, l.Offset(), len(text))
		}
	}
}

func TestALineAboveTheLimitIsSkippedAndTheNextIsRead(t *testing.T) {
	long := `{"kind":"Event","auditID":"giant","x":"` + strings.Repeat("x", 3*chunk) + "\"}\n"
	for seed := range uint64(20) {
		s := silent()
		l := NewLines(chunk, s)
		text := "before\n" + long + "after\n" + long + long + "last\n"
		var from io.Reader = &chunked{text, rand.New(rand.NewPCG(seed, 2))}
		if seed%2 == 0 {
			from = strings.NewReader(text)
		}
		got, rest := lines(t, l, from)
		if got != "before\nafter\nlast\n" || rest != "" {
			t.Fatalf("seed %d: got %.100q and %.100q", seed, got, rest)
		}
		if s.Dropped(stats.Oversize) != 3 || l.Offset() != int64(len(text)) {
			t.Fatalf("seed %d: dropped %d, want 3; offset %d of %d", seed, s.Dropped(stats.Oversize), l.Offset(), len(text))
		}
	}
}

func TestALineUpToTheLimitIsRead(t *testing.T) {
	long := strings.Repeat("x", 5<<20)
	got, _ := lines(t, NewLines(6<<20, silent()), strings.NewReader("a\n"+long+"\nb\n"))
	if got != "a\n"+long+"\nb\n" {
		t.Fatalf("a line of 5 MiB was not read whole: %d bytes", len(got))
	}
}

func TestAReaderAtItsEndCanBeAskedAgainWhenTheFileHasGrown(t *testing.T) {
	l := NewLines(1<<20, silent())
	if _, err := l.Next(strings.NewReader("half a"), nil); err != io.EOF {
		t.Fatal(err)
	}
	if l.Offset() != 0 || l.Held() != len("half a") {
		t.Fatalf("offset %d, held %d: half a line counts as completed", l.Offset(), l.Held())
	}
	block, err := l.Next(strings.NewReader(" line\nmore"), nil)
	if err != nil || string(block) != "half a line\n" {
		t.Fatalf("got %q, %v", block, err)
	}
	if l.Offset() != int64(len("half a line\n")) {
		t.Fatalf("offset %d", l.Offset())
	}
}

func TestAnErrorOfTheReaderIsTold(t *testing.T) {
	l := NewLines(1<<20, silent())
	from := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("a\nb")))
	var err error
	for range 3 {
		if _, err = l.Next(from, nil); err != nil {
			break
		}
	}
	if err != iotest.ErrTimeout {
		t.Fatalf("got %v, want the reader's error", err)
	}
}

type still struct{}

func (still) Read([]byte) (int, error) { return 0, nil }

func TestAReaderThatGivesNothingDoesNotSpin(t *testing.T) {
	if _, err := NewLines(1<<20, silent()).Next(still{}, nil); err != io.ErrNoProgress {
		t.Fatalf("got %v", err)
	}
}
