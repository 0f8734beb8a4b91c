package engine

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// falco is Falco 0.41 or newer.
type falco struct{}

func (falco) evaluate(dir string, run Run) (command, error) {
	config, err := falcoConfig(dir, run)
	if err != nil {
		return command{}, err
	}
	// Without --disable-source Falco waits for system calls after the input's
	// end, even with the engine kind nodriver.
	args := []string{"-c", config, "--disable-source", "syscall"}
	return command{args, bufio.ScanLines, falcoAlert}, nil
}

func falcoConfig(dir string, run Run) (string, error) {
	config, err := pluginConfig(run)
	if err != nil {
		return "", err
	}
	maps.Copy(config, map[string]any{
		"engine":             map[string]string{"kind": "nodriver"},
		"rules_files":        run.Rules,
		"rules":              ruleSwitches(run.Disabled),
		"rule_matching":      "all",
		"priority":           "debug",
		"watch_config_files": false,
		"buffered_outputs":   false,
		"json_output":        true,
		// The text alone: "output" has the time and the priority before it.
		"json_include_message_property": true,
		"append_output":                 []any{map[string]any{"extra_fields": []string{"evt.num"}}},
		"stdout_output":                 map[string]bool{"enabled": true},
		"syslog_output":                 map[string]bool{"enabled": false},
		"webserver":                     map[string]bool{"enabled": false},
		"log_stderr":                    true,
		"log_syslog":                    false,
		"log_level":                     "info",
	})
	return writeJSON(dir, "falco.yaml", config)
}

// ruleSwitches enables what the rule files disable.
func ruleSwitches(disabled bool) []any {
	if !disabled {
		return []any{}
	}
	return []any{map[string]any{"enable": map[string]string{"rule": "*"}}}
}

// falcoAlert reads one line of Falco's JSON output.
func falcoAlert(line []byte) (Alert, bool, error) {
	var a struct {
		Time     time.Time
		Rule     string
		Priority string
		Message  string
		Fields   struct {
			Event uint64 `json:"evt.num"`
		} `json:"output_fields"`
	}
	if len(line) == 0 || line[0] != '{' {
		return Alert{}, false, nil
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return Alert{}, false, fmt.Errorf("an alert that Falco printed cannot be read: %w: %s", err, line)
	}
	return Alert{a.Fields.Event, a.Time, a.Rule, a.Priority, a.Message}, true, nil
}

func (falco) listFields(dir, library string) ([]string, error) {
	config, err := falcoConfig(dir, Run{Library: library})
	if err != nil {
		return nil, err
	}
	return []string{"-c", config, "--list=" + Source, "--markdown"}, nil
}
