package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// command is what is started, and how what it prints on standard output is read.
type command struct {
	args  []string
	split bufio.SplitFunc
	// alert reads one piece of the output. ok is false for a piece that is
	// none; it then goes to the log.
	alert func(piece []byte) (a Alert, ok bool, err error)
}

const (
	// stopTimeout is how long an engine may take to stop when asked.
	stopTimeout = 10 * time.Second
	// maxPiece bounds one alert: an output may hold a whole request object.
	maxPiece = 64 << 20
	// tailSize is how much of what an engine printed an error shows.
	tailSize = 8 << 10
)

func (e *Engine) execute(ctx context.Context, c command, run Run, found func(Alert)) error {
	printed := &tail{log: run.Log}
	cmd := exec.CommandContext(ctx, e.path, c.args...)
	cmd.Stdin, cmd.Stderr = run.Stdin, printed
	if !run.Kill {
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	}
	cmd.WaitDelay = stopTimeout
	// Times in outputs are local times to an engine.
	cmd.Env = append(os.Environ(), "TZ=UTC")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s does not start: %w", e.name, err)
	}
	readErr := c.read(out, printed, found)
	err = cmd.Wait()
	if run.Finished != nil {
		run.Finished(cmd.ProcessState)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// An engine that has ended with success did not want the rest of Stdin.
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if err = errors.Join(readErr, err); err != nil {
		return fmt.Errorf("%s: %w\n%s", e.name, err, printed.text)
	}
	return nil
}

// read reads to the end even after an error, since an engine that cannot print
// does not end.
func (c command) read(out io.Reader, other io.Writer, found func(Alert)) error {
	pieces := bufio.NewScanner(out)
	pieces.Buffer(nil, maxPiece)
	pieces.Split(c.split)
	var first error
	for pieces.Scan() {
		a, ok, err := c.alert(pieces.Bytes())
		if err != nil && first == nil {
			first = err
		}
		if ok {
			found(a)
		} else if len(pieces.Bytes()) > 0 {
			fmt.Fprintf(other, "%s\n", pieces.Bytes())
		}
	}
	if err := pieces.Err(); err != nil {
		first = errors.Join(first, err)
		_, _ = io.Copy(io.Discard, out)
	}
	return first
}

// tail passes on what is written to it and keeps the end. An engine's two
// outputs are written to it at once.
type tail struct {
	mu   sync.Mutex
	log  io.Writer
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailSize; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	if t.log != nil {
		return t.log.Write(p)
	}
	return len(p), nil
}
