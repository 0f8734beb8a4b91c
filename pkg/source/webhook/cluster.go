package webhook

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestCluster is the length of the longest name that a cluster may have, in
// bytes: that of a DNS name.
const longestCluster = 253

// cluster returns the name of the cluster that a request comes from, where the
// sender says it: as the last element of the path, or in a header.
func (h *handler) cluster(r *http.Request) (string, error) {
	name, err := h.clusterInPath(r.URL.EscapedPath())
	if err != nil || name != "" || h.options.ClusterHeader == "" {
		return name, err
	}
	name = r.Header.Get(h.options.ClusterHeader)
	if !validCluster(name) {
		return "", errCluster
	}
	return name, nil
}

// clusterInPath compares the path as it stands in the request line, so that
// there is one way only to write it.
func (h *handler) clusterInPath(path string) (string, error) {
	if path == h.address.path {
		return "", nil
	}
	escaped, found := strings.CutPrefix(path, h.address.path+"/")
	if !found || !h.options.ClusterFromPath {
		return "", errPath
	}
	name, err := url.PathUnescape(escaped)
	if err != nil || name == "" || strings.Contains(name, "/") || !validCluster(name) {
		return "", errPath
	}
	return name, nil
}

// validCluster reports whether a name can be shown in an alert as it is.
func validCluster(name string) bool {
	return len(name) <= longestCluster && utf8.ValidString(name) && strings.IndexFunc(name, unicode.IsControl) < 0
}
