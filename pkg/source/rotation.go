package source

import (
	"path/filepath"
	"strings"
	"time"
)

// rotationTime is how the API server names a backup: it renames audit.log to
// audit-2006-01-02T15-04-05.000.log, in UTC (natefinch/lumberjack, the
// rotation library of kube-apiserver's log backend), and compresses that to
// audit-2006-01-02T15-04-05.000.log.gz.
const rotationTime = "2006-01-02T15-04-05.000"

// Name is what the name of a log file says.
type Name struct {
	Log     string    // the name of the log that it belongs to: audit.log
	Rotated time.Time // when it was rotated; zero for the log itself
	Archive bool      // compressed
}

// logEndings are the endings by which a file in a directory is a log.
var logEndings = map[string]bool{".log": true, ".json": true, ".jsonl": true, ".ndjson": true}

// ParseName reads a file's name (without its directory). ok is false when it
// is not that of a log or of one of its backups.
func ParseName(name string) (n Name, ok bool) {
	if strings.HasPrefix(name, ".") {
		return Name{}, false
	}
	name, n.Archive = strings.CutSuffix(name, ".gz")
	ending := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ending)
	if !logEndings[ending] || stem == "" {
		return Name{}, false
	}
	n.Log = name
	if cut := len(stem) - len(rotationTime) - 1; cut > 0 && stem[cut] == '-' {
		if t, err := time.Parse(rotationTime, stem[cut+1:]); err == nil {
			n.Log, n.Rotated = stem[:cut]+ending, t
		}
	}
	return n, true
}

// BackupOf reads the name of a backup of the log that is named log, whatever
// ending that has (none of them needs a directory). ok is false when name is
// not that of a backup of this log.
func BackupOf(log, name string) (n Name, ok bool) {
	ending := filepath.Ext(log)
	name, n.Archive = strings.CutSuffix(name, ".gz")
	stamp, ok := strings.CutPrefix(name, strings.TrimSuffix(log, ending)+"-")
	if !ok {
		return Name{}, false
	}
	if stamp, ok = strings.CutSuffix(stamp, ending); !ok {
		return Name{}, false
	}
	t, err := time.Parse(rotationTime, stamp)
	n.Log, n.Rotated = log, t
	return n, err == nil
}

// Before reports whether what n names was written before what m names, when
// both belong to the same log: backups in order of their rotation, the log
// itself last.
func (n Name) Before(m Name) bool {
	if n.Rotated.IsZero() || m.Rotated.IsZero() {
		return !n.Rotated.IsZero() && m.Rotated.IsZero()
	}
	return n.Rotated.Before(m.Rotated)
}
