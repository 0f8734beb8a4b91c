package tail

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/pkg/source"
	"github.com/k8saudit/k8saudit/pkg/stats"
	"gopkg.in/natefinch/lumberjack.v2"
)

// victimVariable tells the test binary to follow the log in a directory.
const victimVariable = "K8SAUDIT_FOLLOW_AND_BE_KILLED"

// victim follows a log as Falco does, and prints what the rules see.
func victim(dir string) int {
	tail, err := Open(Options{
		Path: filepath.Join(dir, "audit.log"), CheckpointDir: filepath.Join(dir, "checkpoint"), StartAt: Beginning,
		PollInterval: 20 * time.Millisecond, Stats: stats.New(slog.New(slog.NewTextHandler(os.Stderr, nil))),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	tail.pause = time.Millisecond
	queue := source.NewQueue(256 << 10)
	go func() { queue.End(tail.Run(context.Background(), queue)) }()
	for {
		b, err := queue.Take(time.Minute)
		if err == source.ErrEmpty {
			continue
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		os.Stdout.WriteString(strings.Join(append(idsOf(b), ""), "\n"))
		b.Finish(true)
	}
}

func TestF21KilledAtRandomPointsEveryEventIsSeen(t *testing.T) {
	kills := 12
	if long {
		kills = 200
	}
	f := newFixture(t)
	f.dir = unguarded(t)
	f.options.Path = f.path("audit.log")
	random := rand.New(rand.NewPCG(21, uint64(kills)))
	w := &lumberjack.Logger{Filename: f.path("audit.log"), Compress: true}
	defer w.Close()
	seen := map[string]bool{}
	total := 0
	for range kills {
		n := random.IntN(600)
		written := make(chan error, 1)
		text, rotate := f.next(n), 1+random.IntN(200)
		go func() { written <- writeAndRotate(w, text, rotate) }()
		// What is not seen yet will be; the kill comes somewhere before its end.
		kill := random.IntN(f.written - len(seen) + 1)
		total += f.follow(seen, func() bool { kill--; return kill < 0 })
		f.must(<-written)
	}
	total += f.follow(seen, func() bool { return len(seen) == f.written })
	if len(seen) != f.written {
		t.Fatalf("%d of %d events were seen", len(seen), f.written)
	}
	if total > 3*f.written {
		t.Errorf("%d events were delivered %d times: the checkpoint does not advance", f.written, total)
	}
}

// unguarded is a temporary directory for lumberjack with compression, which
// goes on in a goroutine that its Close leaves behind.
func unguarded(t *testing.T) string {
	dir, err := os.MkdirTemp("", "k8saudit")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// writeAndRotate writes lines, with a rotation every few of them.
func writeAndRotate(w *lumberjack.Logger, text string, every int) error {
	n := 0
	for line := range strings.Lines(text) {
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
		if n++; n%every == 0 {
			nextMillisecond()
			if err := w.Rotate(); err != nil {
				return err
			}
		}
	}
	return nil
}

// nextMillisecond makes the name of the next backup another one: lumberjack
// replaces a backup of the same millisecond, and what was in it.
func nextMillisecond() {
	for now := time.Now().UnixMilli(); time.Now().UnixMilli() <= now; {
		runtime.Gosched()
	}
}

// follow starts a victim, notes what it sees, and kills it when enough says
// so. It returns how many events came.
func (f *fixture) follow(seen map[string]bool, enough func() bool) (came int) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), testPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), victimVariable+"="+f.dir)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	f.must(err)
	f.must(cmd.Start())
	killed := false
	last := ""
	for lines := bufio.NewScanner(out); ; {
		if !killed && enough() {
			cmd.Process.Kill()
			killed = true // what it has printed before counts
		}
		if !lines.Scan() {
			break
		}
		id := lines.Text()
		if len(id) != len(f.id(0)) {
			continue // cut by the kill
		}
		if id <= last {
			f.t.Errorf("after %s came %s", last, id)
		}
		last = id
		seen[id] = true
		came++
	}
	cmd.Process.Kill()
	cmd.Wait()
	if ctx.Err() != nil || strings.Contains(said.String(), "WARN") {
		f.t.Fatalf("%d of %d events were seen, then: %v\n%s", len(seen), f.written, ctx.Err(), said.String())
	}
	return came
}
