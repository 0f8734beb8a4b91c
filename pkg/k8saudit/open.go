package k8saudit

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/k8saudit/k8saudit/pkg/source"
	"github.com/k8saudit/k8saudit/pkg/source/tail"
	"github.com/k8saudit/k8saudit/pkg/source/webhook"
)

// scheme is a form of open_params.
type scheme struct {
	prefix string
	open   func(p *Plugin, params string) (source.Source, error)
	// queue is how many bytes of events may wait for the rules.
	queue func(c *Config) uint64
}

// schemes are tried in order; the last one takes what the others do not.
var schemes = []scheme{
	{"file://", openTail, readAhead},
	{"http://", openWebhook, webhookQueue},
	{"https://", openWebhook, webhookQueue},
	{"-", openStdin, readAhead},
	{"", openPath, readAhead},
}

// fileQueue is how much is read ahead of the rules, in bytes: what waits in a
// file need not wait in memory.
const fileQueue = 4 << 20

func readAhead(*Config) uint64      { return fileQueue }
func webhookQueue(c *Config) uint64 { return c.QueueBytes }

// openSource opens what open_params names. It returns the source, and how many
// bytes of its events may wait for the rules.
func (p *Plugin) openSource(params string) (s source.Source, queueBytes int64, err error) {
	params = strings.TrimSpace(params)
	if params == "" {
		return nil, 0, errors.New("open_params is empty: give the path of an audit log or of a directory with audit logs, - for standard input, file:///path to follow a log, or http://host:port/path for the webhook")
	}
	for _, scheme := range schemes {
		if strings.HasPrefix(params, scheme.prefix) && (scheme.prefix != "-" || params == "-") {
			s, err = scheme.open(p, params)
			return s, int64(scheme.queue(&p.config)), err
		}
	}
	return nil, 0, fmt.Errorf("open_params %q is not understood", params)
}

// openTail follows the log that a URL names.
func openTail(p *Plugin, params string) (source.Source, error) {
	options, err := tail.ParseURL(params, tail.Options{
		StartAt: tail.Start(p.config.StartAt), CheckpointDir: p.config.CheckpointDir,
		MaxEventSize: int(p.config.MaxEventSize), Stats: p.stats,
	})
	if err != nil {
		return nil, err
	}
	t, err := tail.Open(options)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// openWebhook serves the webhook at a URL.
func openWebhook(p *Plugin, params string) (source.Source, error) {
	c := &p.config
	options := webhook.Options{
		URL: params, CertFile: c.TLS.CertFile, KeyFile: c.TLS.KeyFile, ClientCAFile: c.TLS.ClientCAFile, TokenFile: c.Auth.TokenFile,
		ClusterFromPath: c.ClusterFromPath, ClusterHeader: c.ClusterHeader,
		MaxBatchSize: int64(c.WebhookMaxBatchSize), MaxEventSize: int(c.MaxEventSize), Dedupe: c.Dedupe == nil || *c.Dedupe, Stats: p.stats,
	}
	if options.CertFile == "" {
		options.CertFile, options.KeyFile = c.SSLCertificate, c.SSLCertificate
	}
	w, err := webhook.Open(options)
	if err != nil {
		return nil, err // and not a nil *webhook.Source, which is a Source
	}
	return w, nil
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
