// Package follow follows the log of a writer that rotates as the API server
// does, in a real engine that is killed and started again: every event has to
// reach the rules.
package follow

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
	"gopkg.in/natefinch/lumberjack.v2"
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

// event is an audit event of about 800 bytes.
func event(i int) string {
	return fmt.Sprintf(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id-%d","stage":"ResponseComplete",`+
		`"requestURI":"/api/v1/namespaces/default/pods/%s","verb":"get","user":{"username":"system:node:a","groups":["system:nodes"]},`+
		`"sourceIPs":["192.0.2.1"],"objectRef":{"resource":"pods","namespace":"default"},"responseStatus":{"metadata":{},"code":200},`+
		`"requestReceivedTimestamp":"2024-05-01T10:00:00.000001Z","stageTimestamp":"2024-05-01T10:00:00.000002Z"}`, i, strings.Repeat("x", 350)) + "\n"
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

// wait waits until n different events were seen.
func (s *seen) wait(n int) error {
	timeout := time.After(patience)
	for s.len() < n {
		select {
		case <-s.grown:
		case <-timeout:
			return fmt.Errorf("after %v the rules have seen %d of %d events", patience, s.len(), n)
		}
	}
	return nil
}

// libsinsp returns the engine that prints an alert before it takes the next
// event. Falco prints from a thread of its own: killed, it takes alerts about
// events with it that its rules have seen.
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
	t.Skipf("NOT TESTED: kill -9 needs libsinsp; get it with test/engine/fetch.sh build/engine")
	return nil
}

// write writes the events first to last-1 at full speed, rotating at 1 MB and
// compressing, as the API server's own rotation library does.
func write(path string, first, last int) error {
	w := &lumberjack.Logger{Filename: path, MaxSize: 1, Compress: true}
	for i := first; i < last; i++ {
		if _, err := w.Write([]byte(event(i))); err != nil {
			return err
		}
	}
	return w.Close()
}

func TestEveryEventReachesTheRulesAlthoughTheEngineIsKilledTenTimes(t *testing.T) {
	const kills, each = 10, 4000
	library, err := engine.Library()
	if err != nil {
		t.Fatal(err)
	}
	e, dir, rules := libsinsp(t), t.TempDir(), filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(rules, []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, "audit.log")
	run := engine.Run{
		Library: library, Rules: []string{rules}, Kill: true,
		OpenParams: "file://" + log + "?startAt=beginning&checkpointDir=" + filepath.Join(dir, "checkpoints"),
	}
	all := newSeen()
	for round := range kills {
		written := make(chan error, 1)
		go func() { written <- write(log, round*each, (round+1)*each) }()
		// Killed in the middle: half of what this round writes was seen.
		crash(t, e, run, all, round*each+each/2)
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	}
	crash(t, e, run, all, kills*each)
	reportMissing(t, all, kills*each)
}

// crash runs the engine until n events were seen, and kills it.
func crash(t *testing.T, e *engine.Engine, run engine.Run, all *seen, n int) {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Watch(ctx, run, all.add) }()
	err := all.wait(n)
	kill()
	if watched := <-ended; !errors.Is(watched, context.Canceled) {
		t.Fatalf("the engine ended by itself: %v", watched)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func reportMissing(t *testing.T, all *seen, n int) {
	t.Helper()
	again := 0
	for i := range n {
		times := all.events[fmt.Sprintf("id-%d ResponseComplete", i)]
		if times == 0 {
			t.Errorf("event %d was never seen", i)
		}
		again += max(0, times-1)
	}
	if extra := len(all.events) - n; extra != 0 {
		t.Errorf("%d events were seen that nobody wrote", extra)
	}
	t.Logf("%d events, %d of them seen again after a crash", n, again)
}
