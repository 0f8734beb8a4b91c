package engine

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// Field is a field of the plugin as the engine lists it.
type Field struct {
	Name string
	Type string // libsinsp's name of it: CHARBUF, UINT64, LIST(CHARBUF) …
	Desc string
}

// Fields lists the fields that the library declares, in its order.
func (e *Engine) Fields(ctx context.Context, library string) ([]Field, error) {
	var fields []Field
	err := e.withDir(func(dir string) error {
		args, err := e.start.listFields(dir, library)
		if err != nil {
			return err
		}
		var printed bytes.Buffer
		cmd := exec.CommandContext(ctx, e.path, args...)
		cmd.Stderr = &printed
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s cannot list the fields of %s: %w\n%s", e.name, library, err, printed.Bytes())
		}
		fields = parseFields(string(out))
		return nil
	})
	return fields, err
}

// A row of the Markdown table that both engines print (libsinsp,
// filter_fieldclass_info::as_markdown).
var fieldRow = regexp.MustCompile("^`([^`]+)` \\| (\\S+) \\| (.*)$")

// parseFields reads the tables of the plugin's field classes, and leaves out
// those of the engine's own.
func parseFields(markdown string) []Field {
	var fields []Field
	ours := false
	for line := range strings.Lines(markdown) {
		line = strings.TrimSpace(line)
		if class, ok := strings.CutPrefix(line, "## Field Class: "); ok {
			ours = strings.HasPrefix(class, plugin)
		}
		if row := fieldRow.FindStringSubmatch(line); ours && row != nil {
			fields = append(fields, Field{row[1], row[2], row[3]})
		}
	}
	return fields
}
