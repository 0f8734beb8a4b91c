// Command demo replays audit logs through the plugin and a real engine, and
// prints the alerts as they come.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/k8saudit/k8saudit/test/engine"
)

// scenes are what is replayed, in order.
var scenes = []struct{ title, log string }{
	{"The founding document's example: alice creates a privileged pod", "founding.jsonl"},
	{"A real API server's log: the same act, and what else happened", "audit.log"},
}

func main() {
	if err := play(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func play() error {
	root, err := engine.Root()
	if err != nil {
		return err
	}
	library, err := engine.Library()
	if err != nil {
		return err
	}
	e, err := engine.Find(filepath.Join(root, "build"))
	if err != nil {
		return err
	}
	rules, err := filepath.Glob(filepath.Join(root, "rules", "*rules*.yaml"))
	if err != nil {
		return err
	}
	fmt.Printf("The rules are evaluated by %s.\n", e.Name())
	for _, scene := range scenes {
		log := filepath.Join(root, "test", "testdata", scene.log)
		if err := replay(e, scene.title, engine.Run{Library: library, OpenParams: log, Rules: rules}); err != nil {
			return err
		}
	}
	return nil
}

func replay(e *engine.Engine, title string, run engine.Run) error {
	fmt.Printf("\n%s (%s)\n", title, filepath.Base(run.OpenParams))
	n := 0
	err := e.Watch(context.Background(), run, func(a engine.Alert) {
		n++
		fmt.Printf("  %s %-8s %s\n", a.Time.UTC().Format("15:04:05.000"), a.Priority, a.Text)
	})
	if err != nil {
		return fmt.Errorf("replaying %s failed: %w", run.OpenParams, err)
	}
	if n == 0 {
		return fmt.Errorf("replaying %s gave no alert, although it shows privileged pods", run.OpenParams)
	}
	return nil
}
