package stats

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// logged returns counters at a clock that the test turns, and their log.
func logged() (*Stats, *time.Time, *bytes.Buffer) {
	var log bytes.Buffer
	s := New(slog.New(slog.NewTextHandler(&log, nil)))
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return now }
	return s, &now, &log
}

func TestEveryReasonHasAUniqueNameAndASentence(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Reasons() {
		if r.String() == "" || r.sentence() == "" {
			t.Errorf("reason %d has no name or no sentence", r)
		}
		if seen[r.String()] {
			t.Errorf("the name %q stands for two reasons", r)
		}
		seen[r.String()] = true
	}
}

func TestDropsAreCountedUnderTheirReason(t *testing.T) {
	s, _, _ := logged()
	for _, r := range Reasons() {
		for range int(r) + 1 {
			s.Drop(r, "id")
		}
	}
	for _, r := range Reasons() {
		if got, want := s.Dropped(r), uint64(r)+1; got != want {
			t.Errorf("%v: counted %d drops, want %d", r, got, want)
		}
	}
}

func TestAFloodOfDropsIsOneLogLineAMinute(t *testing.T) {
	s, now, log := logged()
	for range 1000 {
		s.Drop(BrokenJSON, "first")
	}
	if got := strings.Count(log.String(), "\n"); got != 1 {
		t.Fatalf("1000 drops within a minute made %d log lines, want 1:\n%s", got, log)
	}
	log.Reset()
	*now = now.Add(quiet)
	s.Drop(BrokenJSON, "second")
	if got := log.String(); !strings.Contains(got, "count=1000") || !strings.Contains(got, "auditID=second") {
		t.Fatalf("the next minute's line does not speak for the 999 held back and itself: %s", got)
	}
}

func TestReasonsDoNotSilenceEachOther(t *testing.T) {
	s, _, log := logged()
	s.Drop(NotJSON, "")
	s.Drop(NotEvent, "")
	if got := strings.Count(log.String(), "\n"); got != 2 {
		t.Fatalf("two reasons made %d lines, want 2:\n%s", got, log)
	}
}

func TestALongAuditIDIsCutInTheLog(t *testing.T) {
	s, _, log := logged()
	s.Drop(Oversize, strings.Repeat("a", 5000)+"\nforged=line")
	if log.Len() > 400 || strings.Contains(log.String(), "forged") {
		t.Fatalf("a client's audit id of 5000 characters reached the log: %s", log)
	}
}

func TestADropSaysWhatElseIsKnown(t *testing.T) {
	s, _, log := logged()
	s.Drop(Deleted, "", "from", "noon", "to", "one")
	if got := log.String(); !strings.Contains(got, "reason=deleted_unread") || !strings.Contains(got, "from=noon to=one") {
		t.Fatalf("the line lacks what was known: %s", got)
	}
}

func TestAPanicIsCountedAndNamed(t *testing.T) {
	s, _, log := logged()
	err := s.Recovered("extracting a field", "index out of range")
	if s.Panics.Load() != 1 || !strings.Contains(err.Error(), "extracting a field") || !strings.Contains(log.String(), "index out of range") {
		t.Fatalf("counted %d, error %v, log %s", s.Panics.Load(), err, log)
	}
}
