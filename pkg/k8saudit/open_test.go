package k8saudit

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/k8saudit/k8saudit/pkg/source"
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
	f("file://audit.log", "three slashes")
	f("file:///var/log/audit.log?startat=end", "startat", "startAt")
	f("http://127.0.0.1:0", "path")
	f("https://127.0.0.1:0/k8s-audit", "/etc/falco/falco.pem")
	if os.Getuid() != 0 {
		secret := filepath.Join(dir, "secret.log")
		if err := os.WriteFile(secret, nil, 0o000); err != nil {
			t.Fatal(err)
		}
		f(secret, "secret.log", "permission denied")
	}
}

func TestALogIsFollowedAndTheWebhookServed(t *testing.T) {
	log := filepath.Join(t.TempDir(), "audit.log")
	p := started(t, `{"startAt":"beginning","checkpointDir":"`+t.TempDir()+`"}`)
	if err := os.WriteFile(log, []byte(privilegedPod+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	i, err := p.Open("file://" + log)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := next(t, i); err != nil || len(got) != 1 || got[0] != privilegedPod {
		t.Errorf("the log that is followed gives %q, %v", got, err)
	}
	i.Close()
	hook, err := p.Open("http://127.0.0.1:0/k8s-audit")
	if err != nil {
		t.Fatal(err)
	}
	hook.Close()
}

func TestTheClusterThatASenderToldReachesItsEventsOnly(t *testing.T) {
	h := newHost(t, "")
	instance, _ := opened(t, func(ctx context.Context, queue *source.Queue) error {
		for _, cluster := range []string{"one", "", "two"} {
			if err := queue.Put(ctx, &source.Batch{Events: named(privilegedPod), Cluster: cluster}); err != nil {
				return err
			}
		}
		return nil
	})
	defer instance.Close()
	h.plugin.open.Store(instance)
	var got []string
	for len(got) < 3 {
		n, array, err := instance.NextBatch()
		if err != nil && err != sdk.ErrTimeout {
			t.Fatal(err)
		}
		for k := range n {
			in := &eventInput{event: *(*unsafe.Pointer)(unsafe.Add(array, k*8)), number: uint64(len(got))}
			got = append(got, show(h.ask(in, "k8s.audit.cluster")[0]))
		}
	}
	if want := []string{"one", "", "two"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
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
