package webhook

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestTheClusterIsTheLastElementOfThePath(t *testing.T) {
	f := start(t, Options{ClusterFromPath: true}).watch()
	c := newClient(t)
	check := func(path string, status int, want ...string) {
		t.Helper()
		before := len(f.seen())
		a := post(c, f.url(path), event(path, "ResponseComplete"))
		f.mu.Lock()
		got := slices.Clone(f.clusters[before:])
		f.mu.Unlock()
		if a.status != status || !slices.Equal(got, want) {
			t.Errorf("%s was answered with %d (%v), with the clusters %q; want %d and %q", path, a.status, a.err, got, status, want)
		}
	}
	check("/k8s-audit", http.StatusOK, "")
	check("/k8s-audit/prod-eu", http.StatusOK, "prod-eu")
	check("/k8s-audit/prod%20eu?timeout=30s", http.StatusOK, "prod eu")
	check("/k8s-audit/"+strings.Repeat("x", longestCluster), http.StatusOK, strings.Repeat("x", longestCluster))
	check("/k8s-audit/", http.StatusNotFound)
	check("/k8s-audit/a/b", http.StatusNotFound)
	check("/k8s-audit/a%2Fb", http.StatusNotFound)
	check("/k8s-audit/a%0Ab", http.StatusNotFound)
	check("/k8s-audit/%ff", http.StatusNotFound)
	check("/k8s-audit/"+strings.Repeat("x", longestCluster+1), http.StatusNotFound)
}

func TestTheClusterIsInTheHeaderThatTheOptionsName(t *testing.T) {
	f := start(t, Options{ClusterHeader: "X-Cluster"}).watch()
	c := newClient(t)
	check := func(name string, status int) {
		t.Helper()
		set := func(r *http.Request) { r.Header.Set("X-Cluster", name) }
		if a := post(c, f.url("/k8s-audit"), event(name, "ResponseComplete"), set); a.status != status {
			t.Errorf("the cluster %q was answered with %d (%v), want %d", name, a.status, a.err, status)
		}
	}
	check("prod", http.StatusOK)
	check("", http.StatusOK)
	check(strings.Repeat("x", longestCluster+1), http.StatusBadRequest)
	check("tab\tbed", http.StatusBadRequest)
	if got := f.clusters; !slices.Equal(got, []string{"prod", ""}) {
		t.Errorf("the clusters are %q", got)
	}
}

func TestASenderCannotNameAClusterWhereTheOptionsDoNotSayHow(t *testing.T) {
	f := start(t, Options{}).watch()
	set := func(r *http.Request) { r.Header.Set("X-Cluster", "forged") }
	if a := post(newClient(t), f.url("/k8s-audit"), event("a", "ResponseComplete"), set); a.status != http.StatusOK || f.clusters[0] != "" {
		t.Errorf("answered with %d, the cluster is %q", a.status, f.clusters)
	}
}

// The same text in two clusters is two events.
func TestEventsOfTwoClustersAreNoDuplicates(t *testing.T) {
	f := start(t, Options{ClusterFromPath: true, Dedupe: true}).watch()
	e := event("a", "ResponseComplete")
	for _, cluster := range []string{"one", "two", "one"} {
		if a := post(newClient(t), f.url("/k8s-audit/"+cluster), list(e)); a.status != http.StatusOK {
			t.Errorf("%s: answered with %d (%v)", cluster, a.status, a.err)
		}
	}
	f.wants(e, e)
}
