package webhook

import (
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/stats"
)

func TestAURLNeedsAHostAPortAndAPath(t *testing.T) {
	good := func(url string, want address) {
		t.Helper()
		if got, err := parseAddress(url); err != nil || got != want {
			t.Errorf("%s: %+v (%v), want %+v", url, got, err, want)
		}
	}
	good("http://:9765/k8s-audit", address{":9765", "/k8s-audit", false})
	good("https://localhost:9765/a/b", address{"localhost:9765", "/a/b", true})
	good("http://[::1]:9765/k8s-audit", address{"[::1]:9765", "/k8s-audit", false})
	good("http://0.0.0.0:9765/k8s%20audit", address{"0.0.0.0:9765", "/k8s%20audit", false})

	bad := func(url, want string) {
		t.Helper()
		if _, err := parseAddress(url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q in it", url, err, want)
		}
	}
	bad("http://:9765", "no path")
	bad("http://:9765/", "no path")
	bad("http://localhost/k8s-audit", "no port")
	bad("http://localhost:/k8s-audit", "no port")
	bad("http://localhost:port/k8s-audit", "malformed")
	bad("ftp://localhost:9765/k8s-audit", "http://")
	bad("http://:9765/k8s-audit/", "slashes")
	bad("http://:9765//k8s-audit", "slashes")
	bad("http://:9765/a/../b", "slashes")
	bad("http://:9765/healthz", "/healthz")
	bad("http://user:secret@:9765/k8s-audit", "token file")
	bad("http://:9765/k8s-audit?a=b", "behind the path")
	bad("http://:9765/k8s-audit#a", "behind the path")
	bad("http://:9765/%zz", "malformed")
}

func TestAPortInUseIsAnErrorOfOpen(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = Open(Options{URL: "http://" + l.Addr().String() + "/k8s-audit", Stats: silent()})
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("the error is %v", err)
	}
	_, err = Open(Options{URL: "http://127.0.0.1:99999/k8s-audit", Stats: silent()})
	if err == nil || !strings.Contains(err.Error(), "99999") {
		t.Errorf("the error of a port that cannot be is %v", err)
	}
}

func silent() *stats.Stats { return stats.New(slog.New(slog.DiscardHandler)) }

func TestPlainHTTPForOthersWithoutATokenIsWarnedOf(t *testing.T) {
	check := func(o Options, want bool) {
		t.Helper()
		f := start(t, o)
		defer f.close()
		if got := strings.Contains(f.log.String(), "without TLS and without a token"); got != want {
			t.Errorf("%s, token file %q: warned %v, want %v; the log is %q", o.URL, o.TokenFile, got, want, f.log)
		}
	}
	token := write(t, "token", "secret\n")
	check(Options{URL: "http://127.0.0.1:0/k8s-audit"}, false)
	check(Options{URL: "http://localhost:0/k8s-audit"}, false)
	check(Options{URL: "http://127.0.0.1:0/k8s-audit", TokenFile: token}, false)
	if !(address{host: "[::1]:0"}).local() {
		t.Error("[::1] does not count as local")
	}
	for _, host := range []string{":9765", "0.0.0.0:9765", "[::]:9765", "192.0.2.1:9765", "example.org:9765"} {
		if (address{host: host}).local() {
			t.Errorf("%s counts as local", host)
		}
	}
	f := &Source{address: address{host: ":9765"}}
	log := new(journal)
	f.options.Stats = stats.New(slog.New(slog.NewTextHandler(log, nil)))
	f.warn()
	if !strings.Contains(log.String(), "without TLS and without a token") {
		t.Error("an address that others can reach is not warned of")
	}
	f.options.TokenFile = token
	log.text.Reset()
	f.warn()
	if got := log.String(); strings.Contains(got, "without a token") || !strings.Contains(got, "never sends its token") {
		t.Errorf("with a token the warning is %q", got)
	}
}
