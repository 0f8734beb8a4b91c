// Package rulefile reads Falco rule files and expands their lists, macros and
// exceptions, so that an engine that knows only filters can evaluate them.
//
// It does what Falco's own loader does (userspace/engine/rule_loader_*.cpp of
// falcosecurity/falco), its peculiarities included, because a rule must mean
// the same to both. It is stricter in three things that Falco passes over with
// a warning or in silence: unknown keys, items that are of no kind, and lists
// nested deeper than Falco expands.
//
// required_engine_version and required_plugin_versions are read and not
// checked: only the engine that loads the library can.
package rulefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v3"
)

// Rule is a rule as an engine evaluates it.
type Rule struct {
	Name      string
	Desc      string
	Condition string // one filter: no macro, list or exception is left in it
	Output    string // as written, without surrounding blanks
	Priority  string // in Falco's spelling: Emergency … Debug
	Source    string // the event source; Falco's default is "syscall"
	Enabled   bool
	Tags      []string
}

// Load reads rule files in the order given, as Falco's rules_files, and returns
// their rules in the order in which each was first defined. What a file uses
// must be defined in it or in a file before it.
//
// An error names the file and the line or the rule it is about.
func Load(paths ...string) ([]Rule, error) {
	var c collection
	var rules []Rule
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("cannot read the rule file: %w", err)
		}
		if err := c.read(content); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		// Falco, too, compiles all that it has after each file.
		if rules, err = c.expand(); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return rules, nil
}

// read adds the items of one rule file, which may hold several YAML documents.
func (c *collection) read(content []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var nodes []yaml.Node
		err := decoder.Decode(&nodes)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("a rule file is a YAML list of rules, macros and lists: %w", err)
		}
		for i := range nodes {
			if err := c.add(&nodes[i]); err != nil {
				return fmt.Errorf("line %d: %w", nodes[i].Line, err)
			}
		}
	}
}
