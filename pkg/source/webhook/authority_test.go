package webhook

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// authority signs certificates.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

var serials atomic.Int64

func newAuthority(t testing.TB, name string) *authority {
	t.Helper()
	a := &authority{t: t}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
	}
	a.cert, a.key, a.pem = a.sign(template, template, nil)
	return a
}

func (a *authority) sign(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, []byte) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if signer == nil {
		signer = key
	}
	template.SerialNumber = big.NewInt(serials.Add(1))
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// pair is a certificate and its key in PEM form.
type pair struct{ cert, key []byte }

// issue signs a certificate for a server on this machine, or for a client,
// that is valid for so long from now; a negative length is that of one that
// has expired.
func (a *authority) issue(name string, usage x509.ExtKeyUsage, valid time.Duration) pair {
	a.t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{usage}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(valid), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	_, key, cert := a.sign(template, a.cert, a.key)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	return pair{cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})}
}

func (a *authority) server(name string) pair {
	return a.issue(name, x509.ExtKeyUsageServerAuth, time.Hour)
}

func (a *authority) client(name string) pair {
	return a.issue(name, x509.ExtKeyUsageClientAuth, time.Hour)
}

// write makes a file of the test, or replaces it in place.
func write[T string | []byte](t testing.TB, path string, content T) string {
	t.Helper()
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.TempDir(), path)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tlsFiles are the files of a webhook with TLS.
type tlsFiles struct{ cert, key, ca string }

func writeTLS(t testing.TB, server pair, ca []byte) tlsFiles {
	t.Helper()
	files := tlsFiles{cert: write(t, "tls.crt", server.cert), key: write(t, "tls.key", server.key)}
	if ca != nil {
		files.ca = write(t, "ca.crt", ca)
	}
	return files
}

func (f tlsFiles) options() Options {
	return Options{URL: "https://127.0.0.1:0/k8s-audit", CertFile: f.cert, KeyFile: f.key, ClientCAFile: f.ca}
}

// tlsClient returns a client that trusts the authority and has the pair, if
// there is one. It speaks HTTP/2.
func tlsClient(t testing.TB, trusted *authority, own *pair) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(trusted.cert)
	config := &tls.Config{RootCAs: roots}
	if own != nil {
		certificate, err := tls.X509KeyPair(own.cert, own.key)
		if err != nil {
			t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	c := newClient(t)
	transport := c.Transport.(*http.Transport)
	transport.TLSClientConfig, transport.ForceAttemptHTTP2 = config, true
	return c
}

// clock is a time that the test turns.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) turn(d time.Duration) { c.ahead.Add(int64(d)) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
