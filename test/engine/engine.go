// Package engine evaluates Falco rules against the plugin with a real engine,
// so that a test of a rule tests what Falco makes of it.
//
// There are two: Falco itself, and libsinsp, the filter and output engine that
// Falco embeds, started through Debian's sysdig, which fetch.sh gets. Both give
// the same alerts for the same rules and the same input.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

// Source is the event source of the plugin, and of the rules that are evaluated.
const Source = "k8s_audit"

// plugin is the name under which the library registers.
const plugin = "k8saudit"

// Engine evaluates rules. It holds no process and no file; its methods may be
// called at once from several goroutines.
type Engine struct {
	name  string
	path  string
	start starter
}

// starter is how one kind of engine is told what to do. Files that it needs go
// into dir, which is gone after the run.
type starter interface {
	evaluate(dir string, run Run) (command, error)
	listFields(dir, library string) ([]string, error)
}

// Name says which engine it is and of which version: "Falco 0.44.1", "libsinsp
// through sysdig 0.41.4".
func (e *Engine) Name() string { return e.name }

// Find returns the engine to use: the first of All.
func Find(buildDir string) (*Engine, error) {
	all, err := All(buildDir)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// All returns the engines of this machine, at least one: Falco, when the
// environment variable FALCO names one or "falco" is on PATH, and sysdig's,
// when fetch.sh put it into buildDir/engine.
//
// A Falco that FALCO names must run. One on PATH that does not is passed over,
// unless it would be the only one.
func All(buildDir string) ([]*Engine, error) {
	var all []*Engine
	falco, falcoErr := findFalco()
	if falcoErr != nil && os.Getenv("FALCO") != "" {
		return nil, falcoErr
	}
	if falcoErr == nil {
		all = append(all, falco)
	}
	sysdig, sysdigErr := findSysdig(filepath.Join(buildDir, "engine", "sysdig"))
	if sysdigErr == nil {
		all = append(all, sysdig)
	}
	if all == nil {
		return nil, fmt.Errorf("no engine to evaluate rules with: run make engine, which fetches one, or put Falco 0.41 or newer on PATH (%w)", errors.Join(falcoErr, sysdigErr))
	}
	return all, nil
}

func findFalco() (*Engine, error) {
	name := os.Getenv("FALCO")
	if name == "" {
		name = "falco"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("no Falco: %w", err)
	}
	v, err := version(path)
	if err != nil {
		return nil, err
	}
	return &Engine{"Falco " + v, path, falco{}}, nil
}

func findSysdig(path string) (*Engine, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("no sysdig: %w", err)
	}
	v, err := version(path)
	if err != nil {
		return nil, err
	}
	return &Engine{"libsinsp through sysdig " + v, path, sysdig{}}, nil
}

// startTimeout is for an engine that hangs where it should only say its version.
const startTimeout = 30 * time.Second

var versionNumber = regexp.MustCompile(`\d+\.\d+\.\d+`)

// version asks a program for its version: the first number of what it answers.
func version(path string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w\n%s", path, err, out)
	}
	v := versionNumber.Find(out)
	if v == nil {
		return "", fmt.Errorf("%s --version names no version: %s", path, out)
	}
	return string(v), nil
}
