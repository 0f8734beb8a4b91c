package tail

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"github.com/k8saudit/k8saudit/pkg/source"
)

// errReplaced is what reading returns when the content before the place that
// was reached is another one: the file was truncated, and perhaps has grown
// past that place again.
var errReplaced = errors.New("the file was truncated")

// file is one file of a log while it is read: the log itself, a backup, or an
// archive. Offsets are those of the decompressed content.
type file struct {
	disk  *disk
	f     *os.File
	path  string // by which it was opened
	inode inode
	id    int
	unzip io.Reader // of an archive, else nil

	lines   *source.Lines
	base    int64 // of the content, where lines began to count
	pos     int64 // behind the last byte that was read
	head    []byte
	headSum sum
	recent  window // before pos
	line    window // before the end of the last line that is complete
	midline bool

	after, rotated time.Time // as position has them
	lastEvent      time.Time

	final    bool      // it is no longer the log itself
	ruled    bool      // the API server has rotated it: nobody writes it any more
	grew     bool      // it was written after the log had become another file
	replaced bool      // see Read
	torn     bool      // an archive that broke off
	dead     bool      // it cannot be read on
	trying   stamp     // what it was like when it was last looked at
	ended    stamp     // the same, when it was last read to its end
	failed   stamp     // the same, when it could not be read on
	largest  int64     // size that was seen before trying
	since    time.Time // when it failed, or last grew
}

// newFile takes f over. It is to be read from its beginning.
func newFile(d *disk, f *os.File, path string, archive bool, lines *source.Lines) (*file, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	file := &file{disk: d, f: f, path: path, inode: inodeOf(info), lines: lines}
	if archive {
		file.unzip = newArchive(f)
	}
	return file, nil
}

func (f *file) close() { f.f.Close() }

// offset is where the last complete line ends.
func (f *file) offset() int64 { return f.base + f.lines.Offset() }

// position is how far the file was read, in complete lines.
func (f *file) position() position {
	if n := min(int64(len(f.head)), f.offset()); n != int64(f.headSum.Bytes) || n == 0 {
		f.headSum = sumOf(f.head[:n])
	}
	return position{
		inode: f.inode, file: f.id,
		Head: f.headSum, Offset: f.offset(), Marker: sumOf(f.line.bytes()),
		After: f.after, Rotated: f.rotated, LastEvent: f.lastEvent,
	}
}

// changed reports whether the file may hold something new since it was last
// read to its end.
func (f *file) changed() bool {
	info, err := f.f.Stat()
	if err != nil {
		return true // reading will tell
	}
	f.largest = max(f.largest, f.trying.size)
	f.trying = stampOf(info)
	return f.trying != f.ended
}

// Read reads on. The end of the file is no final answer. When the content
// before the place that was reached has changed the error is errReplaced, and
// so it is from then on.
func (f *file) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil {
		n, err = f.fill(p)
		n = f.note(p[:n])
	}
	if err == io.EOF {
		f.ended = f.trying
	}
	return n, err
}

// fill reads a run of bytes at pos.
func (f *file) fill(p []byte) (n int, err error) {
	if f.unzip != nil {
		return f.unzip.Read(p)
	}
	if err := f.check(); err != nil {
		return 0, err
	}
	n, err = f.disk.readAt(f.f, p, f.pos)
	if n == 0 {
		return 0, err
	}
	// Truncated while it was read: what came is the old content or the new.
	// It is delivered as the one, and read again as the other.
	f.replaced = f.check() != nil
	return n, nil
}

// check returns errReplaced when the bytes before pos are not those that were
// read there.
func (f *file) check() error {
	if f.replaced {
		return errReplaced
	}
	var b [markerSize]byte
	want := f.recent.bytes()
	n, err := f.disk.readAt(f.f, b[:len(want)], f.pos-int64(len(want)))
	if err != nil && err != io.EOF {
		return err
	}
	if !bytes.Equal(b[:n], want) {
		return errReplaced
	}
	return nil
}

// note keeps account of what was read, and returns how much of it is to be
// delivered: a hole at the beginning of a line is not.
func (f *file) note(p []byte) (kept int) {
	if len(p) == 0 {
		return 0
	}
	skip := f.hole(p)
	end := bytes.LastIndexByte(p, '\n') + 1
	if end = max(end, skip); end > 0 {
		f.line = f.recent
		f.line.add(p[:end])
		f.lastEvent = later(f.lastEvent, lastTime(p[:end]))
	}
	f.took(p)
	f.base += int64(skip)
	if skip < len(p) {
		f.midline = p[len(p)-1] != '\n'
	}
	return copy(p, p[skip:])
}

// hole is how many NUL bytes p begins with, at the beginning of a line. A file
// system leaves them where a crash lost what was written, and a writer that
// goes on behind the end of a truncated file does; they may be more than
// memory can hold.
func (f *file) hole(p []byte) int {
	if f.midline {
		return 0
	}
	return len(p) - len(bytes.TrimLeft(p, "\x00"))
}

// took moves pos behind p.
func (f *file) took(p []byte) {
	if room := headSize - len(f.head); room > 0 {
		f.head = append(f.head, p[:min(room, len(p))]...)
	}
	f.recent.add(p)
	f.pos += int64(len(p))
}

// endRest ends the line that is not complete: it is delivered as it is.
func (f *file) endRest() { f.line, f.midline = f.recent, false }

// moveTo moves on to an offset of a file of which no line was read yet. ok is
// false when there is no such offset.
func (f *file) moveTo(offset int64) (ok bool, err error) {
	if f.unzip != nil {
		_, err = io.CopyN(skipped{f}, f.unzip, offset-f.pos)
	} else {
		err = f.jump(offset)
	}
	f.base, f.line = f.pos, f.recent
	if err == io.EOF || isBroken(err) {
		return false, nil
	}
	return err == nil, err
}

// jump is moveTo for a file that is not compressed.
func (f *file) jump(offset int64) error {
	head := make([]byte, min(headSize, offset))
	marker := make([]byte, min(markerSize, offset))
	if _, err := f.disk.readAt(f.f, head, 0); err != nil {
		return err
	}
	if _, err := f.disk.readAt(f.f, marker, offset-int64(len(marker))); err != nil {
		return err
	}
	f.head, f.pos, f.recent = head, offset, window{}
	f.recent.add(marker)
	return nil
}

// isAt reports whether the file, of which no line was read yet, is the one
// that was read up to the position, and moves there if it is.
func (f *file) isAt(p *position) (same bool, err error) {
	if ok, err := f.moveTo(int64(p.Head.Bytes)); !ok || sumOf(f.head) != p.Head {
		return false, err
	}
	ok, err := f.moveTo(p.Offset)
	f.lastEvent = p.LastEvent
	return ok && sumOf(f.recent.bytes()) == p.Marker, err
}

// endOfLines is where the last complete line ends that the file has now.
func (f *file) endOfLines() (int64, error) {
	info, err := f.f.Stat()
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 64<<10)
	for end := info.Size(); end > 0; {
		p := buf[:min(end, int64(len(buf)))]
		n, err := f.disk.readAt(f.f, p, end-int64(len(p)))
		if err != nil && err != io.EOF {
			return 0, err
		}
		if i := bytes.LastIndexByte(p[:n], '\n'); i >= 0 {
			return end - int64(len(p)) + int64(i) + 1, nil
		}
		end -= int64(len(p))
	}
	return 0, nil
}

// skipped is a writer that notes what is skipped.
type skipped struct{ *file }

func (s skipped) Write(p []byte) (int, error) {
	s.took(p)
	return len(p), nil
}
