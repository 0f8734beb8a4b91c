package loss

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/test/engine"
	"gopkg.in/natefinch/lumberjack.v2"
)

// event is an audit event of about 800 bytes.
func event(i int) string {
	return fmt.Sprintf(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id-%d","stage":"ResponseComplete",`+
		`"requestURI":"/api/v1/namespaces/default/pods/%s","verb":"get","user":{"username":"system:node:a","groups":["system:nodes"]},`+
		`"sourceIPs":["192.0.2.1"],"objectRef":{"resource":"pods","namespace":"default"},"responseStatus":{"metadata":{},"code":200},`+
		`"requestReceivedTimestamp":"2024-05-01T10:00:00.000001Z","stageTimestamp":"2024-05-01T10:00:00.000002Z"}`, i, strings.Repeat("x", 350)) + "\n"
}

// write writes the events first to last-1 at full speed.
func write(w io.Writer, first, last int) error {
	for i := first; i < last; i++ {
		if _, err := io.WriteString(w, event(i)); err != nil {
			return err
		}
	}
	return nil
}

// apiServer is what writes the log: the API server's own rotation library,
// rotating at 1 MB and compressing. There may be one of them for a log: of two,
// which compress the same backup, one deletes what the other has made of it. It
// compresses in a goroutine that outlives Close, so the test waits for the end of it.
func apiServer(t *testing.T, path string) io.Writer {
	w := &lumberjack.Logger{Filename: path, MaxSize: 1, Compress: true}
	t.Cleanup(func() {
		w.Close()
		for begin := time.Now(); time.Since(begin) < patience; {
			plain, _ := filepath.Glob(strings.TrimSuffix(path, ".log") + "-*.log")
			if len(plain) == 0 {
				return
			}
		}
		t.Errorf("after %v the backups are still not compressed", patience)
	})
	return w
}

func TestEveryEventReachesTheRulesAlthoughTheEngineIsKilledTenTimes(t *testing.T) {
	const kills, each = 10, 4000
	library, err := engine.Library()
	if err != nil {
		t.Fatal(err)
	}
	e, dir := libsinsp(t), t.TempDir()
	log := filepath.Join(dir, "audit.log")
	checkpoints := filepath.Join(dir, "checkpoints")
	run := engine.Run{
		Library: library, Rules: []string{everyEvent(t)}, Kill: true, OpenParams: "file://" + log + "?startAt=beginning&checkpointDir=" + checkpoints,
	}
	all, writer := newSeen(), apiServer(t, log)
	for round := range kills {
		written := make(chan error, 1)
		go func() { written <- write(writer, round*each, (round+1)*each) }()
		// Every other time it is killed in the middle, else after a checkpoint.
		saved := content(t, checkpoints)
		until(t, e, run, all, round*each+each/2, func() bool { return round%2 == 0 || content(t, checkpoints) != saved })
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	}
	until(t, e, run, all, kills*each, nil)
	reportMissing(t, all, kills*each)
}

// content is what the files in a directory hold.
func content(t *testing.T, dir string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, path := range paths {
		text, _ := os.ReadFile(path) // it may be replaced at this moment
		all += string(text)
	}
	return all
}

func reportMissing(t *testing.T, all *seen, n int) {
	t.Helper()
	again := 0
	for i := range n {
		times := all.events[fmt.Sprintf("id-%d ResponseComplete", i)]
		if times == 0 {
			t.Errorf("event %d was never seen", i)
		}
		again += max(0, times-1)
	}
	if extra := len(all.events) - n; extra != 0 {
		t.Errorf("%d events were seen that nobody wrote", extra)
	}
	t.Logf("%d events, %d of them seen again after a crash", n, again)
}
