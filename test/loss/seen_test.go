// Package loss stops, kills and starts real engines again while audit events
// come in: every event has to reach the rules.
package loss

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/test/engine"
)

// patience is how long the test waits for events before it fails.
const patience = 2 * time.Minute

// rule alerts on every event, with what tells it from all others.
const rule = `
- rule: Every event
  desc: shows that the rules have seen it
  condition: k8s.audit.id exists
  output: "%k8s.audit.id %k8s.audit.stage"
  priority: DEBUG
  source: k8s_audit
`

// everyEvent writes the rule to a file.
func everyEvent(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// seen is what the rules have seen, over all runs of the engine.
type seen struct {
	mu     sync.Mutex
	events map[string]int
	grown  chan struct{} // holds a token after an event came in
}

func newSeen() *seen { return &seen{events: map[string]int{}, grown: make(chan struct{}, 1)} }

func (s *seen) add(a engine.Alert) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events[a.Text]++
	select {
	case s.grown <- struct{}{}:
	default:
	}
}

func (s *seen) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.events)
}

// wait waits until n different events were seen, or the engine has ended.
func (s *seen) wait(n int, ended <-chan error) error {
	timeout := time.After(patience)
	for s.len() < n {
		select {
		case <-s.grown:
		case err := <-ended:
			return fmt.Errorf("the engine ended by itself: %w", err)
		case <-timeout:
			return fmt.Errorf("after %v the rules have seen %d of %d events", patience, s.len(), n)
		}
	}
	return nil
}

// libsinsp returns the engine that prints an alert before it takes the next
// event. Falco prints from a thread of its own: killed, or told to stop, it
// discards alerts about events that its rules have seen.
func libsinsp(t *testing.T) *engine.Engine {
	t.Helper()
	all, err := engine.All("../../build")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if strings.HasPrefix(e.Name(), "libsinsp") {
			return e
		}
	}
	t.Skipf("NOT TESTED: what an engine has seen when it stops, only libsinsp tells; get it with test/engine/fetch.sh build/engine")
	return nil
}

// until runs the engine until n events were seen and then, if it is given, the
// condition holds, and ends it.
func until(t *testing.T, e *engine.Engine, run engine.Run, all *seen, n int, holds func() bool) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Watch(ctx, run, all.add) }()
	if err := all.wait(n, ended); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); holds != nil && !holds(); {
		if time.Since(begin) > patience {
			t.Fatalf("after %v the condition does not hold", patience)
		}
	}
	end()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("the engine was to end and ended with %v", err)
	}
}
