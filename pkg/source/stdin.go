package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/stats"
	"golang.org/x/sys/unix"
)

// Stdin reads audit events from standard input, as in
// kubectl logs … | falco: until its end, with the lines of other programs
// between the events.
type Stdin struct {
	input *interruptible
	max   int
	stats *stats.Stats
	read  atomic.Int64
}

// OpenStdin returns a source that reads file, which is standard input but in
// tests. It does not close it.
func OpenStdin(file *os.File, maxEventSize int, s *stats.Stats) (*Stdin, error) {
	input, err := newInterruptible(file)
	if err != nil {
		return nil, fmt.Errorf("standard input cannot be read: %w", err)
	}
	return &Stdin{input: input, max: maxEventSize, stats: s}, nil
}

// Run reads lines until the input ends. A last line without a newline is
// delivered.
func (s *Stdin) Run(ctx context.Context, queue *Queue) error {
	stop := context.AfterFunc(ctx, s.input.interrupt)
	defer stop()
	reader := NewReader(NewLines(LongestLine(s.max), s.stats), audit.NewSplitter(s.max, s.stats))
	from := &counter{s.input, &s.read}
	for {
		err := reader.Next(ctx, from, queue, nil)
		switch {
		case errors.Is(err, io.EOF):
			return reader.Rest(ctx, queue, nil)
		case err != nil:
			return err
		}
	}
}

// Progress tells how much was read; how much is to come is not known.
func (s *Stdin) Progress() (share float64, words string) {
	return 0, fmt.Sprintf("%d bytes of standard input", s.read.Load())
}

// Close gives up the descriptors that Run waited with.
func (s *Stdin) Close() error { return s.input.close() }

// interruptible reads from a file that blocks, and can be interrupted from
// another goroutine. Standard input cannot be made non-blocking for that: the
// flag would be that of every process which shares the terminal or pipe.
type interruptible struct {
	fd         int
	wake, done *os.File // the two ends of a pipe
}

func newInterruptible(file *os.File) (*interruptible, error) {
	wake, done, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &interruptible{fd: int(file.Fd()), wake: wake, done: done}, nil
}

// Read waits until there is something to read, or for the interruption.
func (i *interruptible) Read(p []byte) (int, error) {
	fds := []unix.PollFd{{Fd: int32(i.fd), Events: unix.POLLIN}, {Fd: int32(i.wake.Fd()), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds, -1)
		if err == nil && fds[1].Revents != 0 {
			return 0, context.Canceled
		}
		n := -1
		if err == nil {
			n, err = unix.Read(i.fd, p)
		}
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
			continue
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

func (i *interruptible) interrupt() { i.done.Write([]byte{0}) }

func (i *interruptible) close() error { return errors.Join(i.wake.Close(), i.done.Close()) }
