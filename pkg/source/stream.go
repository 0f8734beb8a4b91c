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

// Stream reads audit events from standard input or a named pipe, as in
// kubectl logs … | falco: until its end, with the lines of other programs
// between the events.
type Stream struct {
	input *interruptible
	file  *os.File // to be closed; nil for standard input
	max   int
	stats *stats.Stats
	read  atomic.Int64
}

// OpenStdin returns a source that reads standard input, which it leaves open.
func OpenStdin(maxEventSize int, s *stats.Stats) (*Stream, error) {
	input, err := newInterruptible(os.Stdin)
	if err != nil {
		return nil, fmt.Errorf("standard input cannot be read: %w", err)
	}
	return &Stream{input: input, max: maxEventSize, stats: s}, nil
}

// OpenPipe returns a source that reads the named pipe at path. A writer need
// not be there yet; the input ends when the last one has closed the pipe.
func OpenPipe(path string, maxEventSize int, s *stats.Stats) (*Stream, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("the pipe %s cannot be read: %w", path, err)
	}
	file := os.NewFile(uintptr(fd), path)
	input, err := newInterruptible(file)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("the pipe %s cannot be read: %w", path, err)
	}
	return &Stream{input: input, file: file, max: maxEventSize, stats: s}, nil
}

// Run reads lines until the input ends. A last line without a newline is
// delivered.
func (s *Stream) Run(ctx context.Context, queue *Queue) error {
	stop := context.AfterFunc(ctx, s.input.interrupt)
	defer stop()
	reader := NewReader(NewLines(LongestLine(s.max), s.stats), audit.NewSplitter(s.max, s.stats))
	from := &counter{s.input, &s.read}
	for {
		if err := reader.Next(ctx, from, queue, nil); err == io.EOF {
			return reader.Rest(ctx, queue, nil)
		} else if err != nil {
			return err
		}
	}
}

// Progress tells how much was read; how much is to come is not known.
func (s *Stream) Progress() (share float64, words string) {
	return 0, fmt.Sprintf("%d bytes were read", s.read.Load())
}

// Close gives up the descriptors that Run waited with, and the pipe.
func (s *Stream) Close() error {
	err := s.input.close()
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
	}
	return err
}

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
		n := 0
		if err == nil {
			if fds[1].Revents != 0 {
				return 0, context.Canceled
			}
			n, err = unix.Read(i.fd, p)
		}
		if err == unix.EINTR || err == unix.EAGAIN {
			continue
		}
		return outcome(n, err)
	}
}

// outcome is what a system call's result means to an io.Reader.
func outcome(n int, err error) (int, error) {
	switch {
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

func (i *interruptible) interrupt() { i.done.Write([]byte{0}) }

func (i *interruptible) close() error { return errors.Join(i.wake.Close(), i.done.Close()) }
