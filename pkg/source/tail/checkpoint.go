package tail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// version is that of the checkpoint's format. Another one is not read.
const version = 1

// checkpoint keeps how far a log was read in a file of its own.
type checkpoint struct {
	log  string // the path of the log
	path string // empty when there is no place to keep it
	kept []byte // what the file is known to hold
	// steps are how the file is replaced; tests end them early.
	steps []step
}

// content is what the file holds.
type content struct {
	Version int    `json:"version"`
	Log     string `json:"log"`
	progress
}

func newCheckpoint(dir, log string) *checkpoint {
	c := &checkpoint{log: log, steps: steps}
	if dir != "" {
		c.path = filepath.Join(dir, checkpointName(log))
	}
	return c
}

// checkpointName is a file name for the log's checkpoint: readable, and
// another one for every path.
func checkpointName(log string) string {
	hash := sha256.Sum256([]byte(log))
	base := strings.TrimSuffix(filepath.Base(log), filepath.Ext(log))
	return base[:min(len(base), 100)] + "-" + hex.EncodeToString(hash[:8]) + ".json"
}

// load returns what was saved; ok is false when there is nothing. An error
// says that there is something, and it cannot be used.
func (c *checkpoint) load() (p progress, ok bool, err error) {
	if c.path == "" {
		return progress{}, false, nil
	}
	data, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return progress{}, false, nil
	}
	if err != nil {
		return progress{}, false, err
	}
	var saved content
	if err := json.Unmarshal(data, &saved); err != nil {
		return progress{}, false, fmt.Errorf("%s is not a whole checkpoint: %w", c.path, err)
	}
	if err := saved.valid(c.log); err != nil {
		return progress{}, false, fmt.Errorf("%s %w", c.path, err)
	}
	c.kept = data
	return saved.progress, true, nil
}

func (c *content) valid(log string) error {
	switch {
	case c.Version != version:
		return fmt.Errorf("has version %d, and this plugin reads version %d", c.Version, version)
	case c.Log != log:
		return fmt.Errorf("belongs to the log %q", c.Log)
	}
	for i := range c.Files {
		if at := &c.Files[i]; at.Offset < 0 || at.Head.Bytes < 0 || int64(at.Head.Bytes) > at.Offset {
			return fmt.Errorf("has an offset or a length that cannot be")
		}
	}
	return nil
}

// save replaces the file, so that a crash at any moment leaves the old
// content or the new. It reports whether there was anything to write.
func (c *checkpoint) save(p progress) (due bool, err error) {
	if c.path == "" {
		return false, nil
	}
	data, err := json.MarshalIndent(content{version, c.log, p}, "", "\t")
	if err != nil {
		return false, err
	}
	if data = append(data, '\n'); bytes.Equal(data, c.kept) {
		return false, nil
	}
	c.kept = nil
	if err := c.replace(data); err != nil {
		return true, err
	}
	c.kept = data
	return true, nil
}

func (c *checkpoint) replace(data []byte) (err error) {
	r := &replacement{path: c.path, data: data}
	for _, step := range c.steps {
		if err = step(r); err != nil {
			break
		}
	}
	if r.file != nil {
		r.file.Close()
	}
	return err
}

// replacement is a file that takes another one's place.
type replacement struct {
	path string
	data []byte
	file *os.File // the new one
}

// step is one step of replacing a file.
type step func(*replacement) error

var steps = []step{
	(*replacement).makeDirectory,
	(*replacement).create,
	(*replacement).write,
	(*replacement).sync,
	(*replacement).rename,
	(*replacement).syncDirectory,
}

// name is always the same, so that crashes leave one such file at most.
func (r *replacement) name() string { return r.path + ".new" }

func (r *replacement) makeDirectory() error { return os.MkdirAll(filepath.Dir(r.path), 0o700) }

func (r *replacement) create() (err error) {
	r.file, err = os.OpenFile(r.name(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	return err
}

func (r *replacement) write() error {
	_, err := r.file.Write(r.data)
	return err
}

func (r *replacement) sync() error { return r.file.Sync() }

func (r *replacement) rename() error { return os.Rename(r.name(), r.path) }

// syncDirectory makes the rename outlive a loss of power.
func (r *replacement) syncDirectory() error {
	dir, err := os.Open(filepath.Dir(r.path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
