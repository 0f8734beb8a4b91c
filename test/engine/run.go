package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Run is what an engine is to do.
type Run struct {
	// Library is the path of libk8saudit.so.
	Library string
	// InitConfig is the plugin's init_config as text; none when it is empty.
	InitConfig string
	// OpenParams names the plugin's input, such as the path of an audit log.
	OpenParams string
	// Beside are further plugins to load, by name, as paths of their libraries.
	Beside map[string]string
	// Rules are the paths of rule files, in the order in which they are loaded.
	Rules []string
	// Disabled has the rules with "enabled: false" evaluated as well.
	Disabled bool
	// Stdin is what the plugin reads as "-"; nothing when it is nil. It is read
	// in its own goroutine and not closed.
	Stdin io.Reader
	// Log receives what the engine and the library print besides alerts; it is
	// discarded when Log is nil.
	Log io.Writer
	// Kill has the end of the context kill the engine (SIGKILL), as a crash
	// would, instead of asking it to stop.
	Kill bool
	// Finished, if set, is told what the engine's process used.
	Finished func(*os.ProcessState)
}

// Alert is one rule's match of one event.
type Alert struct {
	Event    uint64    // the event's number within the run, from 1
	Time     time.Time // the event's (evt.time), not the clock's
	Rule     string
	Priority string // in Falco's spelling: Emergency … Debug
	Text     string // the rule's output; "<NA>" stands for a value that is missing
}

// Alerts runs the rules over the whole input and returns the alerts, in the
// order of their events and, within an event, of the rules. All rules that match
// an event alert (Falco's "rule_matching: all").
//
// The error is that of Watch; the alerts up to it are returned with it.
func (e *Engine) Alerts(ctx context.Context, run Run) ([]Alert, error) {
	var alerts []Alert
	err := e.Watch(ctx, run, func(a Alert) { alerts = append(alerts, a) })
	return alerts, err
}

// Watch runs the rules and hands each alert to found while the engine goes on
// reading. It returns when the input has ended, or when ctx ends, which asks
// the engine to stop as Ctrl-C does; the error is then that of ctx.
//
// An error holds the end of what the engine printed: a rule that does not load,
// a library that refuses its configuration or its input. No error does not
// prove that the input was read to its end: sysdig exits with 0 when a plugin
// breaks off, and only Log has the reason.
func (e *Engine) Watch(ctx context.Context, run Run, found func(Alert)) error {
	if err := run.checkRules(); err != nil {
		return err
	}
	return e.withDir(func(dir string) error {
		cmd, err := e.start.evaluate(dir, run)
		if err != nil {
			return err
		}
		return e.execute(ctx, cmd, run, found)
	})
}

// checkRules finds rule files that are not there: Falco passes over them.
func (run Run) checkRules() error {
	if len(run.Rules) == 0 {
		return errors.New("no rule file to evaluate: name at least one in Rules")
	}
	for _, path := range run.Rules {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("cannot read the rule file: %w", err)
		}
	}
	return nil
}

// Print returns, for each event for which the condition holds, the output with
// its fields filled in: the low-level way to see what a field gives. The rule
// files of the run are not used.
//
// A missing value prints as "<NA>" with both engines, as it does in a rule's
// output. A condition on a missing value is false, so "not" of it is true.
func (e *Engine) Print(ctx context.Context, run Run, condition, output string) ([]string, error) {
	var lines []string
	err := e.withDir(func(dir string) error {
		path, err := writeJSON(dir, "print.yaml", []map[string]string{{
			"rule":      "print",
			"desc":      "prints fields",
			"condition": condition,
			"output":    output,
			"priority":  "DEBUG",
			"source":    Source,
		}})
		if err != nil {
			return err
		}
		run.Rules = []string{path}
		return e.Watch(ctx, run, func(a Alert) { lines = append(lines, a.Text) })
	})
	return lines, err
}

func (e *Engine) withDir(do func(dir string) error) error {
	dir, err := os.MkdirTemp("", "engine-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return do(dir)
}

// writeJSON writes a file that is read as YAML, of which JSON is a part.
func writeJSON(dir, name string, content any) (string, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	return path, os.WriteFile(path, text, 0o600)
}
