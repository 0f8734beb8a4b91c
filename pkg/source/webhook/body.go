package webhook

import (
	"compress/gzip"
	"fmt"
	"io"
)

// decompress returns the content of a body as it was before it was encoded,
// and refuses to read more than max bytes of either.
func decompress(body io.Reader, encoding string, max int64) (io.Reader, error) {
	body = &limited{body, max}
	if encoding != "gzip" {
		return body, nil
	}
	unzip, err := gzip.NewReader(body)
	if err != nil {
		return nil, classify(err)
	}
	return &limited{unzip, max}, nil
}

// limited is a reader that fails when there is more to read than left bytes.
type limited struct {
	io.Reader
	left int64
}

func (l *limited) Read(p []byte) (n int, err error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1] // one more shows that there is more
	}
	n, err = l.Reader.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, fmt.Errorf("%w", errTooLarge)
	}
	return n, err
}
