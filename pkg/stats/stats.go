// Package stats counts what happens to audit events on their way to the rules.
//
// It has the one function through which any lost event goes: Stats.Drop. An
// event that was received is either delivered or dropped for a Reason; there
// is no third way.
package stats

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// quiet is how long a message about one reason is held back after it was
// logged: a hostile client can provoke drops, and must not be able to fill
// the disk with our words about them.
const quiet = time.Minute

// longestID is how many bytes of an audit ID a log line shows. The ID is
// chosen by the client, who may send an Audit-ID header of any length.
const longestID = 64

// Stats are the counters of one plugin. They may be used from any goroutine.
type Stats struct {
	Received   Counter // audit events found in the input
	Bytes      Counter // bytes of those events, as received
	Delivered  Counter // audit events handed to Falco
	Duplicates Counter // audit events sent again, which had been handed to Falco before
	Cut        Counter // audit events above the size limit, delivered without their objects
	Malformed  Counter // audit events delivered, an object of which could not be decoded
	Panics     Counter // panics that were stopped before they reached Falco

	drops [reasons]Counter
	log   *slog.Logger
	now   func() time.Time

	mu    sync.Mutex
	lines [reasons]line
}

// Counter is a number that only grows.
type Counter struct{ atomic.Uint64 }

// line is the state of one reason's log line.
type line struct {
	last   time.Time
	unsaid uint64
}

// New returns counters that log to log; log may not be nil.
func New(log *slog.Logger) *Stats {
	return &Stats{log: log, now: time.Now}
}

// Log is where the plugin says what it has to say.
func (s *Stats) Log() *slog.Logger { return s.log }

// Drop counts something that will not reach the rules, and logs it, at most
// once a minute for each reason. The auditID names it where it is known; it is
// shown quoted and cut short, for a client can choose it. What else is known
// may be given as pairs of a key and a value, as log/slog takes them.
func (s *Stats) Drop(reason Reason, auditID string, known ...any) {
	s.drops[reason].Add(1)
	if unsaid, due := s.due(reason); due {
		said := append([]any{"reason", reason.String(), "auditID", short(auditID), "count", unsaid}, known...)
		s.log.Warn(reason.sentence(), said...)
	}
}

// Dropped is how many were dropped for that reason.
func (s *Stats) Dropped(reason Reason) uint64 { return s.drops[reason].Load() }

// due reports whether a line about that reason may be logged now, and how
// many drops it stands for.
func (s *Stats) due(reason Reason) (unsaid uint64, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.lines[reason]
	l.unsaid++
	now := s.now()
	if !l.last.IsZero() && now.Sub(l.last) < quiet {
		return 0, false
	}
	unsaid = l.unsaid
	l.last, l.unsaid = now, 0
	return unsaid, true
}

// Recovered counts a panic and logs it. Call it with the value of recover();
// where says what was being done.
func (s *Stats) Recovered(where string, panicked any) error {
	s.Panics.Add(1)
	err := fmt.Errorf("a fault in the plugin was stopped while it was %s: %v; please report it", where, panicked)
	if s.Panics.Load() == 1 {
		s.log.Error(err.Error())
	}
	return err
}

func short(id string) string {
	if len(id) > longestID {
		return id[:longestID] + "…"
	}
	return id
}
