package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/stats"
	"golang.org/x/sys/unix"
)

// Files reads one log file, or the logs of a directory, once from beginning
// to end.
type Files struct {
	paths []string
	total int64        // bytes on disk
	read  atomic.Int64 // of these

	max   int
	stats *stats.Stats
}

// OpenFile returns a source that reads the file at path once; a name that
// ends in .gz is decompressed.
func OpenFile(path string, maxEventSize int, s *stats.Stats) (*Files, error) {
	return openFiles([]string{path}, maxEventSize, s)
}

// OpenDirectory returns a source that reads the audit logs in a directory
// once: backups in the order of the rotation time in their names, then the
// logs themselves. Other files and sub-directories are ignored.
func OpenDirectory(path string, maxEventSize int, s *stats.Stats) (*Files, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("the directory cannot be listed: %w", err)
	}
	var paths []string
	for _, name := range order(entries) {
		paths = append(paths, filepath.Join(path, name))
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("the directory %s holds no audit log: files are read whose names end in .log, .json, .jsonl, .ndjson or one of these and .gz", path)
	}
	return openFiles(paths, maxEventSize, s)
}

func openFiles(paths []string, maxEventSize int, s *stats.Stats) (*Files, error) {
	f := &Files{paths: paths, max: maxEventSize, stats: s}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err == nil {
			err = unix.Access(path, unix.R_OK)
		}
		if err != nil {
			return nil, fmt.Errorf("the audit log %s cannot be read: %w", path, err)
		}
		f.total += info.Size()
	}
	return f, nil
}

// Run reads one file after the other.
func (f *Files) Run(ctx context.Context, queue *Queue) error {
	for _, path := range f.paths {
		if err := f.file(ctx, path, queue); err != nil {
			return err
		}
	}
	return nil
}

// file reads one file to its end. A file that has become unreadable, and an
// archive that breaks off, cost what could not be read of them; the next file
// is still read.
func (f *Files) file(ctx context.Context, path string, queue *Queue) error {
	file, err := os.Open(path)
	if err != nil {
		f.stats.Drop(stats.Unreadable, path)
		return nil
	}
	defer file.Close()
	from, err := f.decompressed(path, file)
	if err == nil {
		err = f.lines(ctx, from, queue)
	}
	if archive := new(broken); errors.As(err, &archive) {
		f.stats.Drop(stats.BadArchive, path)
		return nil
	}
	return err
}

// decompressed returns the file's content, counting the bytes read from disk.
func (f *Files) decompressed(path string, file *os.File) (io.Reader, error) {
	counted := &counter{file, &f.read}
	if filepath.Ext(path) != ".gz" {
		return counted, nil
	}
	return newArchive(counted)
}

func (f *Files) lines(ctx context.Context, from io.Reader, queue *Queue) error {
	lines := NewLines(LongestLine(f.max), f.stats)
	reader := NewReader(lines, audit.NewSplitter(f.max, f.stats))
	for {
		err := reader.Next(ctx, from, queue, nil)
		if err == nil {
			continue
		}
		if restErr := reader.Rest(ctx, queue, nil); restErr != nil {
			return restErr
		}
		if err == io.EOF {
			return nil
		}
		return err
	}
}

// Progress is the share of the bytes on disk that was read.
func (f *Files) Progress() (share float64, words string) {
	read := f.read.Load()
	if f.total > 0 {
		share = min(1, float64(read)/float64(f.total))
	}
	return share, fmt.Sprintf("%.2f%% - %d of %d bytes in %d files", share*100, read, f.total, len(f.paths))
}

// Close has nothing to give up: each file is closed when it was read.
func (f *Files) Close() error { return nil }

// counter counts what is read.
type counter struct {
	io.Reader
	n *atomic.Int64
}

func (c *counter) Read(p []byte) (n int, err error) {
	n, err = c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}
