package tail

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/k8saudit/k8saudit/pkg/source"
)

// sibling is one of the files of a log: a backup, or, last in order, the log
// itself.
type sibling struct {
	path    string
	inode   inode
	rotated time.Time // zero for the log itself
	archive bool
	ruled   bool // named by the API server's rotation: its end is final
	size    int64
}

func (s *sibling) live() bool { return s.rotated.IsZero() }

// errBusy is the error of a directory that changes while it is listed.
var errBusy = errors.New("the directory changes faster than it can be listed")

// siblings lists the backups of the log at path that were rotated after
// floor, oldest first, and the log itself behind them. What is not there is
// no error. It looks until two looks agree, since a rotation or compression
// can hide a file from one. When none do the error is errBusy, and what is
// returned is as far as two agree.
func (d *disk) siblings(path string, floor time.Time) ([]sibling, error) {
	last, err := d.look(path, floor)
	var both []sibling
	for range looks {
		if err != nil {
			return nil, err
		}
		var now []sibling
		if now, err = d.look(path, floor); err != nil {
			return nil, err
		}
		if slices.EqualFunc(last, now, sameFile) {
			return now, nil
		}
		last, both = now, agreed(last, now)
	}
	return both, errBusy
}

// looks is how often a directory is listed again.
const looks = 5

// sameFile reports whether two looks saw the same: a backup is the same as its
// archive.
func sameFile(a, b sibling) bool {
	if a.ruled && b.ruled {
		return a.rotated.Equal(b.rotated)
	}
	return a.path == b.path && a.inode == b.inode
}

// agreed are the backups at the beginning of two looks that both saw.
func agreed(a, b []sibling) []sibling {
	n := 0
	for n < len(a) && n < len(b) && a[n].ruled && sameFile(a[n], b[n]) {
		n++
	}
	return b[:n]
}

// look lists the files of a log once.
func (d *disk) look(path string, floor time.Time) ([]sibling, error) {
	var found []sibling
	for _, place := range places(path) {
		more, err := d.backups(place, floor)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	slices.SortStableFunc(found, func(a, b sibling) int {
		if c := a.rotated.Compare(b.rotated); c != 0 {
			return c
		}
		return strings.Compare(a.path, b.path)
	})
	found = withoutCopies(found)
	info, err := os.Stat(path)
	if err == nil {
		found = append(found, sibling{path: path, inode: inodeOf(info), size: info.Size()})
	}
	return found, unlessMissing(err)
}

// places are the paths beside which backups of a log may be: that by which it
// is followed, and, when that is a symbolic link, the one it leads to, where
// its writer knows it.
func places(path string) []string {
	target, err := filepath.EvalSymlinks(path)
	if err != nil || target == path {
		return []string{path}
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil && filepath.Join(dir, filepath.Base(path)) == target {
		return []string{path} // only the way to it has links
	}
	return []string{path, target}
}

// backups lists the backups beside the log at path.
func (d *disk) backups(path string, floor time.Time) ([]sibling, error) {
	dir, base := filepath.Split(path)
	names, err := d.names(dir)
	if err != nil {
		return nil, unlessMissing(err)
	}
	slices.Sort(names)
	var found []sibling
	for _, name := range names {
		s, ok, err := backup(dir, base, name, floor)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, s)
		}
	}
	return found, nil
}

// backup says what the file name is, if it is a backup of the log base.
func backup(dir, base, name string, floor time.Time) (s sibling, ok bool, err error) {
	n, ruled := source.BackupOf(base, name)
	if !ruled && !isNumbered(base, name) || ruled && !n.Rotated.After(floor) {
		return sibling{}, false, nil
	}
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return sibling{}, false, unlessMissing(err)
	}
	s = sibling{
		path: filepath.Join(dir, name), inode: inodeOf(info), size: info.Size(),
		rotated: n.Rotated, archive: strings.HasSuffix(name, ".gz"), ruled: ruled,
	}
	if !ruled {
		s.rotated = info.ModTime().UTC()
	}
	return s, info.Mode().IsRegular() && s.rotated.After(floor), nil
}

// numbered is what logrotate(8) puts behind the name of a log: a number that
// each rotation changes, or with dateext a date.
var numbered = regexp.MustCompile(`^(\.\d{1,4}|-\d{8}(-\d+)?)$`)

// isNumbered reports whether name is that of a backup that logrotate made.
// When it was rotated is not in the name; it was when it was last written.
func isNumbered(base, name string) bool {
	name = strings.TrimSuffix(name, ".gz")
	if rest, ok := strings.CutPrefix(name, base); ok {
		return numbered.MatchString(rest)
	}
	ending := filepath.Ext(base)
	rest, ok := strings.CutPrefix(name, strings.TrimSuffix(base, ending))
	if !ok || ending == "" {
		return false
	}
	rest, ok = strings.CutSuffix(rest, ending)
	return ok && numbered.MatchString(rest)
}

// withoutCopies leaves out the archives that are beside the backup they are
// made from: an archive is complete when that is gone.
func withoutCopies(found []sibling) []sibling {
	paths := make(map[string]bool, len(found))
	for _, s := range found {
		paths[s.path] = true
	}
	return slices.DeleteFunc(found, func(s sibling) bool {
		return s.archive && paths[strings.TrimSuffix(s.path, ".gz")]
	})
}

// unlessMissing makes no error of a file that is not there.
func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
