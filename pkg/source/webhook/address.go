package webhook

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"strings"
)

// health is the path that tells whether the source is open.
const health = "/healthz"

// address is where the webhook is served.
type address struct {
	host   string // host:port to listen on
	path   string // as it stands in a request line
	secure bool   // https
}

// parseAddress reads http://host:port/path or https://host:port/path. The host
// may be left out, which stands for every address of the machine.
func parseAddress(text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil {
		if reason := new(url.Error); errors.As(err, &reason) {
			err = reason.Err
		}
		return address{}, fmt.Errorf("the webhook's URL %q is malformed: %w", text, err)
	}
	for _, check := range addressChecks {
		if check.wrong(u) {
			return address{}, fmt.Errorf("the webhook's URL %q %s", text, check.sentence)
		}
	}
	return address{host: u.Host, path: u.EscapedPath(), secure: u.Scheme == "https"}, nil
}

// addressChecks are what can be wrong with the URL.
var addressChecks = []struct {
	wrong    func(u *url.URL) bool
	sentence string
}{
	{func(u *url.URL) bool { return u.Scheme != "http" && u.Scheme != "https" }, "does not begin with http:// or https://"},
	{func(u *url.URL) bool { return u.Port() == "" }, "has no port: write http://host:port/path"},
	{func(u *url.URL) bool { return u.Path == "" || u.Path == "/" }, "has no path: write http://host:port/k8s-audit"},
	// The API server cleans the path in its kubeconfig before it sends.
	{func(u *url.URL) bool { return path.Clean(u.Path) != u.Path }, "has a path that no API server sends: leave out slashes at its end, //, . and .."},
	{func(u *url.URL) bool { return u.Path == health }, "has the path " + health + ", which tells whether the webhook is up: choose another"},
	{func(u *url.URL) bool { return u.User != nil }, "holds a user: use a token file"},
	{func(u *url.URL) bool { return u.RawQuery != "" || u.Fragment != "" || u.ForceQuery }, "has something behind the path"},
}

// local reports whether only this machine can connect.
func (a address) local() bool {
	host, _, _ := net.SplitHostPort(a.host)
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}
