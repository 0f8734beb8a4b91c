package engine

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/k8saudit/k8saudit/test/engine/rulefile"
)

// sysdig is libsinsp through sysdig 0.41 or newer. It knows no rule files, but
// it runs scripts ("chisels"), each with a filter and an output of its own, over
// every event of one pass: here, one chisel per rule.
type sysdig struct{}

func (sysdig) evaluate(dir string, run Run) (command, error) {
	all, err := rulefile.Load(run.Rules...)
	if err != nil {
		return command{}, err
	}
	config, err := sysdigConfig(dir, run)
	if err != nil {
		return command{}, err
	}
	r := records{mark: rand.Text()}
	args := []string{"--plugin-config-file", config}
	for _, rule := range all {
		if rule.Source != Source || (!rule.Enabled && !run.Disabled) {
			continue
		}
		path, err := writeChisel(dir, r.format(len(r.rules), rule), rule)
		if err != nil {
			return command{}, err
		}
		args = append(args, "-c", path)
		r.rules = append(r.rules, rule)
	}
	if len(r.rules) == 0 {
		// Without a chisel sysdig prints every event.
		args = append(args, "-q")
	}
	return command{args, r.split, r.alert}, nil
}

func sysdigConfig(dir string, run Run) (string, error) {
	config, err := pluginConfig(run)
	if err != nil {
		return "", err
	}
	return writeJSON(dir, "plugins.yaml", config)
}

// writeChisel writes one rule as a chisel. Its file has the rule's name, as that
// is all that sysdig says about a filter that does not compile.
func writeChisel(dir, format string, rule rulefile.Rule) (string, error) {
	const script = `description = ""
short_description = ""
category = ""
args = {}
function on_init()
	chisel.set_filter(%s)
	chisel.set_event_formatter(%s)
	return true
end
function on_event()
	return true
end
`
	path := filepath.Join(dir, strings.ReplaceAll(rule.Name, "/", "_")+".lua")
	content := fmt.Sprintf(script, luaString(rule.Condition), luaString(format))
	return path, os.WriteFile(path, []byte(content), 0o600)
}

// luaString is a text as a Lua literal, which has escapes of its own.
func luaString(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, b := range []byte(text) {
		if b < ' ' || b > '~' || b == '"' || b == '\\' {
			fmt.Fprintf(&out, `\%03d`, b)
		} else {
			out.WriteByte(b)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// records tells alerts apart in what sysdig prints. Values can hold line breaks
// and anything else, so a mark that no event can know stands at both ends.
type records struct {
	mark  string
	rules []rulefile.Rule
}

// format is a rule's output as a record. The asterisk has sysdig print "<NA>"
// for a missing value instead of leaving the whole line out; Falco puts it
// before every output.
func (r records) format(index int, rule rulefile.Rule) string {
	return fmt.Sprintf("*%s %d %%evt.num %%evt.rawtime %s %s", r.mark, index, strings.TrimPrefix(rule.Output, "*"), r.mark)
}

// split cuts the output after each record. A record without an end, as a killed
// sysdig leaves it, is dropped.
func (r records) split(data []byte, atEOF bool) (int, []byte, error) {
	end := []byte(" " + r.mark + "\n")
	if i := bytes.Index(data, end); i >= 0 {
		return i + len(end), data[:i], nil
	}
	if atEOF && len(data) > 0 {
		other, _, _ := bytes.Cut(data, []byte(r.mark))
		return len(data), bytes.TrimSuffix(other, []byte("\n")), nil
	}
	return 0, nil, nil
}

// alert reads a record. What the library printed before it is no part of it.
func (r records) alert(piece []byte) (Alert, bool, error) {
	_, record, ok := bytes.Cut(piece, []byte(r.mark+" "))
	if !ok {
		return Alert{}, false, nil
	}
	parts := strings.SplitN(string(record), " ", 4)
	if len(parts) != 4 {
		return Alert{}, false, fmt.Errorf("an alert that sysdig printed cannot be read: %s", record)
	}
	index, err1 := strconv.Atoi(parts[0])
	event, err2 := strconv.ParseUint(parts[1], 10, 64)
	nanoseconds, err3 := strconv.ParseInt(parts[2], 10, 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return Alert{}, false, fmt.Errorf("an alert that sysdig printed cannot be read: %w: %s", err, record)
	}
	rule := r.rules[index]
	return Alert{event, time.Unix(0, nanoseconds).UTC(), rule.Name, rule.Priority, parts[3]}, true, nil
}

func (sysdig) listFields(dir, library string) ([]string, error) {
	config, err := sysdigConfig(dir, Run{Library: library})
	if err != nil {
		return nil, err
	}
	return []string{"--plugin-config-file", config, "--list-markdown"}, nil
}
