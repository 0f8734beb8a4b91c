package tail

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
)

// archive reads a gzip file of one or several members.
type archive struct {
	from  io.Reader
	unzip *gzip.Reader
}

// broken is the error of an archive that cannot be read on.
type broken struct{ error }

func isBroken(err error) bool {
	return errors.As(err, new(*broken))
}

func newArchive(f *os.File) *archive {
	return &archive{from: io.NewSectionReader(f, 0, 1<<62)}
}

// Read decompresses. An archive that ends early is broken, also when it is
// empty: it is not complete yet, or never will be.
func (a *archive) Read(p []byte) (n int, err error) {
	if a.unzip == nil {
		if a.unzip, err = gzip.NewReader(a.from); err != nil {
			a.unzip = nil
			return 0, &broken{unexpected(err)}
		}
	}
	n, err = a.unzip.Read(p)
	if err != nil && err != io.EOF {
		err = &broken{err}
	}
	return n, err
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// resume starts an archive that broke off again, and skips what was read of
// it: it may have been completed since.
func (f *file) resume() error {
	f.unzip = newArchive(f.f)
	var w window
	if _, err := io.CopyN(&w, f.unzip, f.pos); err != nil {
		return &broken{unexpected(err)}
	}
	if !bytes.Equal(w.bytes(), f.recent.bytes()) {
		return &broken{errReplaced}
	}
	return nil
}

// Write is add, as a writer.
func (w *window) Write(p []byte) (int, error) {
	w.add(p)
	return len(p), nil
}
