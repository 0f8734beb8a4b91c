package k8saudit

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
)

// recordings is a folder of audit logs recorded from a real API server. They
// are too large to be kept here; a developer has them beside the project.
const recordings = "../../../shared/audit"

// delivered reads open_params to the end, as Falco does.
func delivered(t *testing.T, params string) []string {
	t.Helper()
	i, err := started(t, "").Open(params)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	var all []string
	for {
		got, err := next(t, i)
		if err == sdk.ErrEOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, got...)
	}
}

// wantDelivered fails unless what was read from params is what is wanted, in
// order, byte for byte.
func wantDelivered(t *testing.T, params string, want []string) {
	t.Helper()
	got := delivered(t, params)
	if len(want) == 0 {
		t.Fatalf("%s holds no events to compare with", params)
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%s: event %d is %.300s, want %.300s", params, i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d events, want %d", params, len(got), len(want))
	}
}

// linesOf are the lines of a log, found with the standard library only.
func linesOf(t *testing.T, from io.Reader) []string {
	t.Helper()
	var all []string
	r := bufio.NewReader(from)
	for {
		line, err := r.ReadString('\n')
		if line = strings.TrimSpace(line); line != "" {
			if !json.Valid([]byte(line)) {
				t.Fatalf("a line is no JSON: %.100s", line)
			}
			all = append(all, line)
		}
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func openRecording(t *testing.T, path string) io.Reader {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if filepath.Ext(path) != ".gz" {
		return f
	}
	unzip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return unzip
}

// unpacked unpacks an archive of recordings into a folder of its own.
func unpacked(t *testing.T, path string) string {
	t.Helper()
	dir := t.TempDir()
	r := tar.NewReader(openRecording(t, path))
	for {
		header, err := r.Next()
		if err == io.EOF {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		to := filepath.Join(dir, filepath.Clean("/"+header.Name))
		content, err := io.ReadAll(r)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(to), 0o700)
		}
		if err == nil {
			err = os.WriteFile(to, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryEventOfTheTestDataIsDeliveredInOrderAsItStood(t *testing.T) {
	for _, name := range []string{"founding.jsonl", "audit.log"} {
		path := filepath.Join("../../test/testdata", name)
		wantDelivered(t, path, linesOf(t, openRecording(t, path)))
	}
}

// needRecordings skips a test, loudly, where the recordings are not.
func needRecordings(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(recordings); err != nil {
		t.Skipf("NOT TESTED: the recorded audit logs are not beside the project (%s)", recordings)
	}
}

func TestEveryEventOfEveryRecordedLogIsDelivered(t *testing.T) {
	needRecordings(t)
	logs, err := filepath.Glob(filepath.Join(recordings, "*.log.gz"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("no recorded logs: %v", err)
	}
	for _, path := range logs {
		wantDelivered(t, path, linesOf(t, openRecording(t, path)))
	}
}

func TestEveryEventOfARecordedRotationIsDelivered(t *testing.T) {
	needRecordings(t)
	var dir string
	var names []string
	err := filepath.WalkDir(unpacked(t, filepath.Join(recordings, "rotated.tar.gz")), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".log") {
			dir, names = filepath.Dir(path), append(names, filepath.Base(path))
		}
		return err
	})
	if err != nil || len(names) < 40 {
		t.Fatalf("%d rotated logs: %v", len(names), err)
	}
	slices.SortFunc(names, func(a, b string) int { // the live file, audit.log, is the last
		if a == "audit.log" || b == "audit.log" {
			return -strings.Compare(a, b) * len("audit.log")
		}
		return strings.Compare(a, b)
	})
	var want []string
	for _, name := range names {
		want = append(want, linesOf(t, openRecording(t, filepath.Join(dir, name)))...)
	}
	wantDelivered(t, dir, want)
}

func TestEveryItemOfEveryRecordedPostIsDelivered(t *testing.T) {
	needRecordings(t)
	posts := 0
	err := filepath.WalkDir(unpacked(t, filepath.Join(recordings, "webhook.tar.gz")), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(body, []byte(`{"kind":"EventList"`)) {
			return err
		}
		var list struct{ Items []json.RawMessage }
		if err := json.Unmarshal(body, &list); err != nil {
			return err
		}
		var want []string
		for _, item := range list.Items {
			want = append(want, string(item))
		}
		wantDelivered(t, path, want)
		posts++
		return nil
	})
	if err != nil || posts == 0 {
		t.Fatalf("%d posts: %v", posts, err)
	}
}
