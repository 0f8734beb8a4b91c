package k8saudit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// started returns a plugin with that configuration.
func started(t *testing.T, config string) *Plugin {
	t.Helper()
	p := New()
	p.sink.writer = testLog{t}
	if err := p.start(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Destroy)
	return p
}

// testLog is a plugin's log in a test.
type testLog struct{ t *testing.T }

func (l testLog) Write(line []byte) (int, error) {
	l.t.Logf("log: %s", line)
	return len(line), nil
}

func TestWhatCannotBeOpenedIsAnErrorThatNamesItAndTheReason(t *testing.T) {
	dir := t.TempDir()
	f := func(params string, names ...string) {
		t.Helper()
		instance, err := started(t, "").Open(params)
		if err == nil {
			instance.Close()
			t.Errorf("%q was opened", params)
			return
		}
		for _, name := range names {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%q: the error does not name %q: %v", params, name, err)
			}
		}
	}
	f("", "empty")
	f(" \t", "empty")
	f(filepath.Join(dir, "missing.log"), "missing.log", "no such file")
	f(dir, dir, "no audit log")
	f("ftp://host/log", "ftp", "unknown scheme")
	f("file:///var/log/audit.log", "not supported yet")
	f("http://127.0.0.1:9765/k8s-audit", "not supported yet")
	f("https://127.0.0.1:9765/k8s-audit", "not supported yet")
	if os.Getuid() != 0 {
		secret := filepath.Join(dir, "secret.log")
		if err := os.WriteFile(secret, nil, 0o000); err != nil {
			t.Fatal(err)
		}
		f(secret, "secret.log", "permission denied")
	}
}

func TestADashIsStandardInputOnlyAlone(t *testing.T) {
	if _, err := started(t, "").Open("-x.log"); err == nil || !strings.Contains(err.Error(), "-x.log") {
		t.Errorf("a path that begins with a dash: %v", err)
	}
}

func TestTheAuditLogsOfThisMachineAreNamed(t *testing.T) {
	root := t.TempDir()
	for _, path := range []string{"var/log/kubernetes/audit/audit.log", "var/lib/rancher/k3s/server/logs/audit.log", "var/log/other.log"} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found := findLogs(root)
	if len(found) != 2 || !strings.HasSuffix(found[0].Value, "/audit/audit.log") || !strings.HasSuffix(found[1].Value, "k3s/server/logs/audit.log") {
		t.Errorf("found %+v", found)
	}
	if none := findLogs(filepath.Join(root, "nothing")); none == nil || len(none) != 0 {
		t.Errorf("where there is no log, found %#v, want an empty list", none)
	}
}

func TestEveryFieldIsDescribedToFalco(t *testing.T) {
	p := New()
	entries := p.Fields()
	if len(entries) != len(p.table.Fields) {
		t.Fatalf("%d entries for %d fields", len(entries), len(p.table.Fields))
	}
	for i, e := range entries {
		if e.Name != p.table.Fields[i].Name || e.Type == "" || e.Desc == "" {
			t.Errorf("field %d is told as %+v", i, e)
		}
	}
}
