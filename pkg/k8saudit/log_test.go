package k8saudit

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func logged(do func(*slog.Logger)) string {
	var out bytes.Buffer
	do(slog.New(&logHandler{sink: &sink{writer: &out}}))
	return out.String()
}

func TestALogLineIsASentenceAndWhatItIsAbout(t *testing.T) {
	f := func(want string, do func(*slog.Logger)) {
		t.Helper()
		if got := logged(do); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f("k8saudit: info: it starts\n", func(l *slog.Logger) { l.Info("it starts") })
	f("k8saudit: warn: a line was dropped (reason=\"oversize\", count=3)\n", func(l *slog.Logger) {
		l.Warn("a line was dropped", "reason", "oversize", "auditID", "", "count", 3)
	})
	f("k8saudit: error: failed (file=\"a\", error=\"no space\")\n", func(l *slog.Logger) {
		l.With("file", "a").Error("failed", "error", errors.New("no space"))
	})
	f("", func(l *slog.Logger) { l.Debug("nobody wants to know") })
}

func TestWhatComesFromOutsideCannotForgeALine(t *testing.T) {
	got := logged(func(l *slog.Logger) { l.Warn("dropped", "auditID", "x\nk8saudit: info: all is well") })
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, `\n`) {
		t.Errorf("got %q", got)
	}
}

func TestNothingIsLoggedAfterThePluginIsDestroyed(t *testing.T) {
	var out bytes.Buffer
	p := New()
	p.sink.writer = &out
	if err := p.start(`{"useAsync":true}`); err != nil {
		t.Fatal(err)
	}
	before := out.String()
	if !strings.Contains(before, "useAsync") {
		t.Fatalf("the warning is missing: %q", before)
	}
	p.Destroy()
	p.stats.Log().Error("too late")
	if out.String() != before {
		t.Errorf("logged after Destroy: %q", out.String())
	}
}
