package source

import (
	"os"
	"slices"
)

// order returns the names of the logs among the entries, oldest first.
func order(entries []os.DirEntry) []string {
	type log struct {
		Name
		file string
	}
	var logs []log
	for _, entry := range entries {
		if name, ok := ParseName(entry.Name()); ok && !entry.IsDir() {
			logs = append(logs, log{name, entry.Name()})
		}
	}
	slices.SortStableFunc(logs, func(a, b log) int { // stable: entries come sorted by name
		if a.Before(b.Name) {
			return -1
		}
		if b.Before(a.Name) {
			return 1
		}
		return 0
	})
	var names []string
	for i, l := range logs {
		// While it is being compressed, a backup exists twice: X.log and, not
		// complete yet, X.log.gz.
		if l.Archive && !l.Rotated.IsZero() && i > 0 && logs[i-1].file+".gz" == l.file {
			continue
		}
		names = append(names, l.file)
	}
	return names
}
