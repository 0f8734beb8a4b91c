package tail

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

func TestAURLNamesALogAndSetsItsOptions(t *testing.T) {
	given := Options{CheckpointDir: "/given", StartAt: End, MaxEventSize: 5, Stats: stats.New(slog.New(slog.DiscardHandler))}
	f := func(url string, want Options) {
		t.Helper()
		want.Stats = given.Stats
		if got, err := ParseURL(url, given); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", url, got, err, want)
		}
	}
	f("file:///var/log/audit.log", Options{Path: "/var/log/audit.log", CheckpointDir: "/given", StartAt: End, PollInterval: time.Second, MaxEventSize: 5})
	f("file://localhost/a/../b//audit.log", Options{Path: "/b/audit.log", CheckpointDir: "/given", StartAt: End, PollInterval: time.Second, MaxEventSize: 5})
	f("file:///var/log/*/audit%20log?startAt=beginning&pollInterval=250ms&checkpointDir=/elsewhere",
		Options{Path: "/var/log/*/audit log", CheckpointDir: "/elsewhere", StartAt: Beginning, PollInterval: 250 * time.Millisecond, MaxEventSize: 5})
	f("file:///a.log?checkpointDir=", Options{Path: "/a.log", StartAt: End, PollInterval: time.Second, MaxEventSize: 5})
}

func TestAURLThatCannotBeFollowedIsAnErrorThatSaysWhy(t *testing.T) {
	f := func(url string, says ...string) {
		t.Helper()
		_, err := ParseURL(url, Options{})
		if err == nil {
			t.Errorf("%s is taken", url)
			return
		}
		for _, word := range says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: the error lacks %q: %v", url, word, err)
			}
		}
	}
	f("file://audit.log", "three slashes")
	f("file://", "three slashes")
	f("file:audit.log", "three slashes")
	f("file:///a.log#x", "#x")
	f("file:///a.log?startat=end", "startat", "startAt", "pollInterval", "checkpointDir")
	f("file:///a.log?startAt=middle", "middle", "end", "beginning")
	f("file:///a.log?pollInterval=soon", "pollInterval", "soon")
	f("file:///a.log?pollInterval=-1s", "negative")
	f("file:///a.log?a;b", "malformed")
	f("file:///a.log.gz", "archive", "once")
	f("file:///a[.log", "malformed", "[")
	f("file:///%zz", "%zz")
}

func TestOptionsHaveDefaults(t *testing.T) {
	o := Options{Path: "/a.log"}
	if err := o.complete(); err != nil {
		t.Fatal(err)
	}
	if want := (Options{Path: "/a.log", StartAt: End, PollInterval: time.Second, MaxEventSize: audit.MaxEventSize}); o != want {
		t.Fatalf("got %+v, want %+v", o, want)
	}
	if _, err := Open(Options{Path: "relative.log"}); err == nil {
		t.Fatal("a relative path is taken")
	}
}
