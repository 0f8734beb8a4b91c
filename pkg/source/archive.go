package source

import (
	"compress/gzip"
	"io"
)

// archive reads a gzip file of one or several members.
type archive struct{ *gzip.Reader }

// broken is the error of an archive that cannot be read on.
type broken struct{ error }

func newArchive(from io.Reader) (io.Reader, error) {
	unzip, err := gzip.NewReader(from)
	if err == io.EOF {
		return eof{}, nil // an empty file: nothing was written yet
	}
	if err != nil {
		return nil, &broken{err}
	}
	return archive{unzip}, nil
}

func (a archive) Read(p []byte) (n int, err error) {
	n, err = a.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = &broken{err}
	}
	return n, err
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }
