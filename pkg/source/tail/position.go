package tail

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// headSize is how much of a file's beginning its fingerprint covers. A line
// of the API server has its audit ID in the first 150 bytes.
const headSize = 1 << 10

// markerSize is how many bytes before an offset prove that a file is the one
// that was read up to there.
const markerSize = 256

// position is how far a log file was read. It names the file by its content,
// as it is decompressed: a name passes from file to file at each rotation, an
// inode to another file after a deletion, and an archive has the content of
// the backup that it replaces.
type position struct {
	inode            // a hint where to look first
	Head   sum       `json:"head"`   // of the file's first bytes, as many as there were up to the offset
	Offset int64     `json:"offset"` // in the content, behind the last line whose events the rules have seen
	Marker sum       `json:"marker"` // of the last bytes before the offset
	After  time.Time `json:"after"`  // rotation time of the newest backup that is older than the file
	// Rotated is the file's own rotation time, zero while it is not known.
	Rotated time.Time `json:"rotated"`
	// LastEvent is the time of the last event before the offset.
	LastEvent time.Time `json:"lastEvent"`

	file int // which file of this run it is
}

// distinct is how many bytes of content tell a file from others. Fewer are no
// event of the API server, and begin every file.
const distinct = 100

// isVague reports whether the content before the position does not tell the
// file from others.
func (p *position) isVague() bool { return p.Offset < distinct }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sum stands for a run of bytes.
type sum struct {
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func sumOf(b []byte) sum {
	hash := sha256.Sum256(b)
	return sum{len(b), hex.EncodeToString(hash[:])}
}

// window holds the last bytes of what went through it, up to markerSize.
type window struct {
	held [markerSize]byte
	n    int
}

func (w *window) bytes() []byte { return w.held[:w.n] }

func (w *window) add(p []byte) {
	if len(p) >= markerSize {
		w.n = copy(w.held[:], p[len(p)-markerSize:])
		return
	}
	keep := min(w.n, markerSize-len(p))
	copy(w.held[:], w.held[w.n-keep:w.n])
	w.n = keep + copy(w.held[keep:], p)
}
