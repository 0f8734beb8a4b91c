package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// served returns the name in the certificate that a new connection gets; empty
// when there is none.
func served(t *testing.T, f *falco) string {
	t.Helper()
	c, err := tls.Dial("tcp", f.source.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return ""
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func TestW8TheOldCertificateServesUntilANewPairIsWhole(t *testing.T) {
	ca := newAuthority(t, "ca")
	one, two := ca.server("one"), ca.server("two")
	var files tlsFiles
	var tick *clock
	var f *falco
	begin := func(t *testing.T) {
		files, tick = writeTLS(t, one, nil), new(clock)
		f = startWith(t, files.options(), queueBytes, tick.now).watch()
	}
	serves := func(t *testing.T, when, want string) {
		t.Helper()
		tick.turn(recheck)
		if got := served(t, f); got != want {
			t.Errorf("%s the certificate of %q is served, want %q", when, got, want)
		}
	}
	t.Run("in two steps", func(t *testing.T) {
		begin(t)
		write(t, files.cert, two.cert)
		serves(t, "with a new certificate and the old key", "one")
		write(t, files.key, two.key)
		serves(t, "with both", "two")
	})
	t.Run("key first", func(t *testing.T) {
		begin(t)
		write(t, files.key, two.key)
		serves(t, "with a new key and the old certificate", "one")
		write(t, files.cert, two.cert)
		serves(t, "with both", "two")
	})
	t.Run("piece by piece", func(t *testing.T) {
		begin(t)
		write(t, files.key, two.key)
		chain := join(two.cert, ca.pem)
		for n := 0; n < len(chain); n += 97 {
			write(t, files.cert, chain[:n])
			want := "one"
			if n == len(two.cert) {
				want = "two" // a whole file, as far as one can see
			}
			serves(t, "with a part of the certificate", want)
		}
		write(t, files.cert, chain)
		serves(t, "with the whole chain", "two")
	})
	t.Run("by a rename", func(t *testing.T) {
		begin(t)
		rename(t, write(t, files.cert+".new", two.cert), files.cert)
		serves(t, "after the first rename", "one")
		rename(t, write(t, files.key+".new", two.key), files.key)
		serves(t, "after the second", "two")
	})
	t.Run("deleted and made anew", func(t *testing.T) {
		begin(t)
		remove(t, files.cert)
		remove(t, files.key)
		serves(t, "without files", "one")
		write(t, files.cert, two.cert)
		write(t, files.key, two.key)
		serves(t, "with new files", "two")
	})
	t.Run("by one that has expired", func(t *testing.T) {
		begin(t)
		expired := ca.issue("expired", x509.ExtKeyUsageServerAuth, -time.Hour)
		write(t, files.cert, expired.cert)
		write(t, files.key, expired.key)
		serves(t, "with an expired pair", "one")
		if n := strings.Count(f.log.String(), "has expired"); n != 1 {
			t.Errorf("that the new certificate has expired was said %d times: %s", n, f.log)
		}
		write(t, files.cert, two.cert)
		write(t, files.key, two.key)
		serves(t, "with a valid one", "two")
	})
	t.Run("through a symbolic link, as in a mounted Secret", func(t *testing.T) {
		folder := t.TempDir()
		for name, p := range map[string]pair{"v1": one, "v2": two} {
			if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(folder, name, "tls.crt"), p.cert)
			write(t, filepath.Join(folder, name, "tls.key"), p.key)
		}
		link := func(version string) {
			if err := os.Symlink(version, filepath.Join(folder, "next")); err != nil {
				t.Fatal(err)
			}
			rename(t, filepath.Join(folder, "next"), filepath.Join(folder, "data"))
		}
		link("v1")
		files = tlsFiles{cert: filepath.Join(folder, "data", "tls.crt"), key: filepath.Join(folder, "data", "tls.key")}
		tick = new(clock)
		f = startWith(t, files.options(), queueBytes, tick.now).watch()
		serves(t, "at first", "one")
		link("v2")
		serves(t, "after the link has changed", "two")
	})
}

func TestW8FilesAreReadAtMostOnceASecond(t *testing.T) {
	ca := newAuthority(t, "ca")
	one, two := ca.server("one"), ca.server("two")
	files, tick := writeTLS(t, one, nil), new(clock)
	f := startWith(t, files.options(), queueBytes, tick.now)
	f.source.credentials.identity.checked.Store(tick.now().Add(time.Hour).UnixNano())
	write(t, files.cert, two.cert)
	write(t, files.key, two.key)
	if got := served(t, f); got != "one" {
		t.Errorf("the files were read again within the second: %q is served", got)
	}
}

func TestW8AnExpiredCertificateAtTheStartIsWarnedOfAndServed(t *testing.T) {
	ca := newAuthority(t, "ca")
	files := writeTLS(t, ca.issue("expired", x509.ExtKeyUsageServerAuth, -time.Hour), nil)
	f := start(t, files.options())
	if got := served(t, f); got != "expired" || !strings.Contains(f.log.String(), "has expired") {
		t.Errorf("%q is served, the log is %s", got, f.log)
	}
}

func TestW8OneFileMayHoldCertificateAndKey(t *testing.T) {
	ca := newAuthority(t, "ca")
	p := ca.server("one")
	file := write(t, "falco.pem", join(p.key, p.cert))
	f := start(t, tlsFiles{cert: file, key: file}.options()).watch()
	if a := post(tlsClient(t, ca, nil), f.url("/k8s-audit"), list()); a.status != http.StatusOK || a.proto != "HTTP/2.0" {
		t.Errorf("answered with %d over %s (%v)", a.status, a.proto, a.err)
	}
}

func TestW8TLSBefore12IsRefused(t *testing.T) {
	ca := newAuthority(t, "ca")
	f := start(t, writeTLS(t, ca.server("one"), nil).options())
	for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		c, err := tls.Dial("tcp", f.source.Addr().String(), &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if got := err == nil; got != want {
			t.Errorf("%s: connected %v (%v), want %v", tls.VersionName(version), got, err, want)
		}
		if err == nil {
			c.Close()
		}
	}
}

func TestW8MutualTLSLetsInWhoeverTheClientCAHasSigned(t *testing.T) {
	ca, clients, other := newAuthority(t, "ca"), newAuthority(t, "clients"), newAuthority(t, "other")
	f := start(t, writeTLS(t, ca.server("one"), clients.pem).options()).watch()
	check := func(name string, own *pair, want int) {
		t.Helper()
		a := post(tlsClient(t, ca, own), f.url("/k8s-audit"), list(event(name, "ResponseComplete")))
		if a.status != want {
			t.Errorf("%s: answered with %d (%v), want %d", name, a.status, a.err, want)
		}
	}
	right, wrong := clients.client("apiserver"), other.client("apiserver")
	expired := clients.issue("apiserver", x509.ExtKeyUsageClientAuth, -time.Hour)
	server := clients.server("apiserver")
	check("the right certificate", &right, http.StatusOK)
	check("one of another CA", &wrong, 0)
	check("no certificate", nil, 0)
	check("an expired one", &expired, 0)
	check("one that is a server's", &server, 0)
	f.wants(event("the right certificate", "ResponseComplete"))
	if !strings.Contains(f.log.String(), "TLS handshake error") {
		t.Errorf("that clients were shut out is not in the log: %s", f.log)
	}
}

func TestW8TheClientCAIsReplacedForOpenConnectionsToo(t *testing.T) {
	ca, before, after := newAuthority(t, "ca"), newAuthority(t, "before"), newAuthority(t, "after")
	files, tick := writeTLS(t, ca.server("one"), before.pem), new(clock)
	f := startWith(t, files.options(), queueBytes, tick.now).watch()
	old, fresh := before.client("apiserver"), after.client("apiserver")
	oldClient, freshClient := tlsClient(t, ca, &old), tlsClient(t, ca, &fresh)
	check := func(when string, wantOld, wantFresh int) {
		t.Helper()
		tick.turn(recheck)
		if a := post(oldClient, f.url("/k8s-audit"), list()); a.status != wantOld {
			t.Errorf("%s the old certificate was answered with %d (%v), want %d", when, a.status, a.err, wantOld)
		}
		if a := post(freshClient, f.url("/k8s-audit"), list()); a.status != wantFresh {
			t.Errorf("%s the new certificate was answered with %d (%v), want %d", when, a.status, a.err, wantFresh)
		}
	}
	check("at first", http.StatusOK, 0)
	write(t, files.ca, "")
	check("with an empty CA file", http.StatusOK, 0)
	write(t, files.ca, join(before.pem, after.pem[:100]))
	check("while the CA file is being written", http.StatusOK, 0)
	write(t, files.ca, join(before.pem, after.pem))
	check("with both CAs", http.StatusOK, http.StatusOK)
	write(t, files.ca, after.pem)
	tick.turn(recheck)
	if a := post(oldClient, f.url("/k8s-audit"), list()); a.status != http.StatusUnauthorized {
		t.Errorf("a connection from before was answered with %d (%v), want 401", a.status, a.err)
	}
	check("with the new CA only", 0, http.StatusOK)
}

func TestW8AClientCertificateThatExpiresEndsItsConnection(t *testing.T) {
	ca := newAuthority(t, "ca")
	tick := new(clock)
	f := startWith(t, writeTLS(t, ca.server("one"), ca.pem).options(), queueBytes, tick.now).watch()
	own := ca.client("apiserver")
	c := tlsClient(t, ca, &own)
	for _, want := range []int{http.StatusOK, http.StatusUnauthorized} {
		if a := post(c, f.url("/k8s-audit"), list()); a.status != want {
			t.Errorf("answered with %d (%v), want %d", a.status, a.err, want)
		}
		tick.turn(2 * time.Hour)
	}
}

func TestW8ABearerTokenIsNeeded(t *testing.T) {
	file, tick := write(t, "tokens", "first-token\n\n  second-token \r\nlast-token"), new(clock)
	f := startWith(t, Options{TokenFile: file}, queueBytes, tick.now).watch()
	c := newClient(t)
	check := func(name, authorization string, want int) {
		t.Helper()
		tick.turn(recheck)
		a := post(c, f.url("/k8s-audit"), list(), func(r *http.Request) {
			if authorization != "" {
				r.Header.Set("Authorization", authorization)
			}
		})
		if a.status != want {
			t.Errorf("%s: answered with %d (%v), want %d", name, a.status, a.err, want)
		}
		if want == http.StatusUnauthorized && a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: the answer does not say what is needed: %v", name, a.header)
		}
	}
	check("the first token", "Bearer first-token", http.StatusOK)
	check("one with blanks around it in the file", "Bearer second-token", http.StatusOK)
	check("the last, without a newline", "bearer last-token", http.StatusOK)
	check("no token", "", http.StatusUnauthorized)
	check("an empty token", "Bearer ", http.StatusUnauthorized)
	check("a wrong one", "Bearer nonsense", http.StatusUnauthorized)
	check("the beginning of one", "Bearer first", http.StatusUnauthorized)
	check("more than one", "Bearer first-token second-token", http.StatusUnauthorized)
	check("another scheme", "Basic first-token", http.StatusUnauthorized)
	check("no scheme", "first-token", http.StatusUnauthorized)

	write(t, file, "first-token\nnew-token\n")
	check("a new token", "Bearer new-token", http.StatusOK)
	check("one that was taken out", "Bearer second-token", http.StatusUnauthorized)
	write(t, file, "\n \n")
	check("with a file without tokens", "Bearer new-token", http.StatusOK)
	remove(t, file)
	check("without the file", "Bearer new-token", http.StatusOK)
	write(t, file, "other-token")
	check("after the file was made anew", "Bearer new-token", http.StatusUnauthorized)
	check("the only token of the new file", "Bearer other-token", http.StatusOK)
	if got := f.stats.Log(); got == nil || strings.Contains(f.log.String(), "other-token") || strings.Contains(f.log.String(), "nonsense") {
		t.Errorf("a token is in the log: %s", f.log)
	}
}

// The comparison must not stop at the first token that fits, nor at the first
// byte that does not: all hashes are compared as a whole. What can be seen of
// that from outside is that a token's place in the file makes no difference to
// whether it is let in, and that no token but a whole one is.
func TestW8TokensAreComparedByTheirHashes(t *testing.T) {
	all, err := parseTokens([][]byte{[]byte("aaaa\nbbbb\ncccc\naaaa\n")})
	if err != nil || len(all) != 4 {
		t.Fatalf("%d tokens (%v)", len(all), err)
	}
	for token, want := range map[string]bool{"aaaa": true, "bbbb": true, "cccc": true, "aaa": false, "aaaaa": false, "": false, string(all[0][:]): false} {
		if got := all.admit("Bearer " + token); got != want {
			t.Errorf("%q: let in %v, want %v", token, got, want)
		}
	}
}

func TestW8AWrongFileIsAnErrorOfOpen(t *testing.T) {
	ca := newAuthority(t, "ca")
	one, two := ca.server("one"), ca.server("two")
	missing := filepath.Join(t.TempDir(), "missing")
	check := func(name string, o Options, want string) {
		t.Helper()
		if o.URL == "" {
			o.URL = "https://127.0.0.1:0/k8s-audit"
		}
		o.Stats = silent()
		s, err := Open(o)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q in it", name, err, want)
		}
	}
	whole := writeTLS(t, one, ca.pem)
	check("no certificate", Options{}, "needs a certificate file")
	check("a missing certificate", Options{CertFile: missing, KeyFile: whole.key}, missing)
	check("a missing key", Options{CertFile: whole.cert, KeyFile: missing}, missing)
	check("a missing client CA", Options{CertFile: whole.cert, KeyFile: whole.key, ClientCAFile: missing}, missing)
	check("another certificate's key", Options{CertFile: whole.cert, KeyFile: write(t, "key", two.key)}, "private key")
	check("no certificate in the file", Options{CertFile: write(t, "cert", "hello"), KeyFile: whole.key}, "cannot be used")
	check("no certificate in the client CA file", Options{CertFile: whole.cert, KeyFile: whole.key, ClientCAFile: write(t, "ca", "hello")}, "holds no certificate")
	check("a key in the client CA file", Options{CertFile: whole.cert, KeyFile: whole.key, ClientCAFile: write(t, "ca", one.key)}, "something else")
	check("a client CA file that breaks off", Options{CertFile: whole.cert, KeyFile: whole.key, ClientCAFile: write(t, "ca", join(ca.pem, ca.pem[:99]))}, "breaks off")
	check("client certificates without TLS", Options{URL: local, ClientCAFile: whole.ca}, "need https://")
	check("a missing token file", Options{URL: local, TokenFile: missing}, missing)
	check("an empty token file", Options{URL: local, TokenFile: write(t, "tokens", "\n")}, "holds no token")
	check("a folder as token file", Options{URL: local, TokenFile: t.TempDir()}, "cannot be read")
}
