package k8saudit

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/k8saudit/k8saudit/pkg/source"
)

// scheme is a form of open_params.
type scheme struct {
	prefix string
	open   func(p *Plugin, params string) (source.Source, error)
}

// schemes are tried in order; the last one takes what the others do not.
var schemes = []scheme{
	{"file://", notYet("following a log")},
	{"http://", notYet("the webhook")},
	{"https://", notYet("the webhook")},
	{"-", openStdin},
	{"", openPath},
}

// openSource opens what open_params names.
func (p *Plugin) openSource(params string) (source.Source, error) {
	params = strings.TrimSpace(params)
	if params == "" {
		return nil, errors.New("open_params is empty: give the path of an audit log or of a directory with audit logs, or - for standard input")
	}
	for _, s := range schemes {
		if strings.HasPrefix(params, s.prefix) && (s.prefix != "-" || params == "-") {
			return s.open(p, params)
		}
	}
	return nil, fmt.Errorf("open_params %q is not understood", params)
}

func notYet(what string) func(*Plugin, string) (source.Source, error) {
	return func(_ *Plugin, params string) (source.Source, error) {
		return nil, fmt.Errorf("open_params %q is not supported yet: %s comes with a later version; give the path of a file or directory, or - for standard input", params, what)
	}
}

func openStdin(p *Plugin, _ string) (source.Source, error) {
	return source.OpenStdin(int(p.config.MaxEventSize), p.stats)
}

// openPath opens a file, the logs of a directory, or a pipe, to be read once.
func openPath(p *Plugin, params string) (source.Source, error) {
	if scheme, _, found := strings.Cut(params, "://"); found {
		return nil, fmt.Errorf("open_params %q has the unknown scheme %q: use a path, or - for standard input", params, scheme)
	}
	info, err := os.Stat(params)
	if err != nil {
		return nil, fmt.Errorf("open_params names an audit log that cannot be read: %w; check the path and its permissions", err)
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return source.OpenDirectory(params, int(p.config.MaxEventSize), p.stats)
	case mode.IsRegular():
		return source.OpenFile(params, int(p.config.MaxEventSize), p.stats)
	}
	return source.OpenPipe(params, int(p.config.MaxEventSize), p.stats)
}
