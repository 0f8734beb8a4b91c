package tail

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// disk is the file system that a log is on. Tests replace its functions, to
// make it fail.
type disk struct {
	open   func(path string) (*os.File, error)
	readAt func(f *os.File, p []byte, at int64) (int, error)
	names  func(dir string) ([]string, error)
}

func realDisk() *disk {
	return &disk{open: open, readAt: (*os.File).ReadAt, names: names}
}

// open opens a regular file for reading. A named pipe without a writer does
// not block it.
func open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// names lists a directory, unsorted.
func names(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// inode is which file of a file system it is, for as long as that file
// exists: afterwards another one may get the same number.
type inode struct {
	Device uint64 `json:"device"`
	Number uint64 `json:"inode"`
}

func inodeOf(info os.FileInfo) inode {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return inode{}
	}
	return inode{Device: uint64(stat.Dev), Number: stat.Ino}
}

// links is how many names the file has; none when it was deleted.
func links(info os.FileInfo) uint64 {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 1
	}
	return uint64(stat.Nlink)
}

// lastName is the last name of a file that may be deleted, without its
// directory; empty where the system does not tell.
func (f *file) lastName() string {
	connection, err := f.f.SyscallConn()
	if err != nil {
		return ""
	}
	var path string
	_ = connection.Control(func(fd uintptr) {
		path, _ = os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	})
	return filepath.Base(strings.TrimSuffix(path, " (deleted)"))
}

// stamp changes when a file is written.
type stamp struct {
	size  int64
	mtime time.Time
}

func stampOf(info os.FileInfo) stamp { return stamp{info.Size(), info.ModTime()} }
