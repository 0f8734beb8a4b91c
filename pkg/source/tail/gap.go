package tail

import (
	"bytes"
	"io"
	"time"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// gap counts what was deleted before it was read, and says which span of time
// it covers: from the last event before it to the first one behind it, or the
// rotation next to it where an event's time is not known.
func (l *log) gap(from, to time.Time) {
	l.tail.Stats.Drop(stats.Deleted, "", "log", l.path, "from", said(from), "to", said(to))
}

// said is a time as the log of Falco has it.
func said(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// missing reports the gaps in what was expected next: backups that are
// neither there nor archived any more.
func (l *log) missing(expected, there []sibling) {
	left := make(map[time.Time]bool, len(there))
	for _, s := range there {
		left[s.rotated] = true
	}
	before, from := l.endTime(), time.Time{}
	for _, s := range expected {
		if s.live() || !s.ruled {
			continue
		}
		switch {
		case left[s.rotated] && !from.IsZero():
			l.gap(from, before)
			from = time.Time{}
		case !left[s.rotated] && from.IsZero():
			from = before
		}
		before = s.rotated
	}
	if !from.IsZero() {
		l.gap(from, before)
	}
}

// endTime is the time of the last event that was read, or the rotation before
// that.
func (l *log) endTime() time.Time {
	if l.cur != nil && !l.cur.lastEvent.IsZero() {
		return l.cur.lastEvent
	}
	return l.done()
}

// lineEnding is where the API server has an event's time: it encodes the
// struct audit.k8s.io/v1 Event in order, the timestamps behind the objects.
const lineEnding = 4 << 10

var timeKey = []byte(`"stageTimestamp":"`)

// lastTime is the time of the last event in whole lines; zero where it is not
// found near the end.
func lastTime(lines []byte) time.Time {
	lines = lines[max(0, len(lines)-lineEnding):]
	i := bytes.LastIndex(lines, timeKey)
	if i < 0 {
		return time.Time{}
	}
	return timeOf(lines[i+len(timeKey):])
}

func timeOf(text []byte) time.Time {
	end := bytes.IndexByte(text, '"')
	if end < 0 {
		return time.Time{}
	}
	t, _ := audit.Time(text[:end])
	return t
}

// firstTime is the time of the first event of a file, or when it was rotated
// where that is not found near its beginning.
func (d *disk) firstTime(s *sibling) time.Time {
	f, err := d.open(s.path)
	if err != nil {
		return s.rotated
	}
	defer f.Close()
	var from io.Reader = f
	if s.archive {
		from = newArchive(f)
	}
	head, _ := io.ReadAll(io.LimitReader(from, 64<<10))
	if i := bytes.Index(head, timeKey); i >= 0 {
		if t := timeOf(head[i+len(timeKey):]); !t.IsZero() {
			return t
		}
	}
	return s.rotated
}
