package webhook

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// identity is what the TLS files say: who the webhook is, and whose signature
// clients need.
type identity struct {
	config  *tls.Config
	clients *x509.CertPool // nil without mutual TLS
}

// expired is the error of a certificate that is whole, but not valid now.
type expired struct{ error }

// parseIdentity makes an identity of the contents of the certificate file, the
// key file and, with mutual TLS, the client CA file. With an expired error the
// identity can still be used.
func parseIdentity(contents [][]byte, now time.Time) (identity, error) {
	pair, err := tls.X509KeyPair(contents[0], contents[1])
	if err != nil {
		return identity{}, err
	}
	for _, content := range contents {
		if torn(content) {
			return identity{}, errors.New("a file breaks off inside a PEM block")
		}
	}
	// A configuration of its own for each reading: a session that was agreed on
	// under another client CA cannot be resumed.
	id := identity{config: &tls.Config{
		Certificates: []tls.Certificate{pair},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
	}}
	if len(contents) > 2 {
		if id.clients, err = parseCertificates(contents[2]); err != nil {
			return identity{}, err
		}
		id.config.ClientCAs, id.config.ClientAuth = id.clients, tls.RequireAndVerifyClientCert
	}
	return id, validity(pair.Leaf, now)
}

// torn reports whether the file is still being written: behind its last block
// another begins.
func torn(content []byte) bool {
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		content = rest
	}
	return bytes.Contains(content, []byte("-----BEGIN"))
}

// parseCertificates reads a file of certificates. Unlike the library's
// function it takes all or nothing: half a bundle would shut senders out.
func parseCertificates(content []byte) (*x509.CertPool, error) {
	pool, n := x509.NewCertPool(), 0
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("the client CA file holds something else than certificates: %w", err)
		}
		pool.AddCert(certificate)
		n++
	}
	if n == 0 {
		return nil, errors.New("the client CA file holds no certificate")
	}
	return pool, nil
}

func validity(leaf *x509.Certificate, now time.Time) error {
	if now.After(leaf.NotAfter) {
		return expired{fmt.Errorf("the certificate has expired at %s", leaf.NotAfter.Format(time.RFC3339))}
	}
	if now.Before(leaf.NotBefore) {
		return expired{fmt.Errorf("the certificate is not valid before %s", leaf.NotBefore.Format(time.RFC3339))}
	}
	return nil
}

// admits checks a client's certificate against the client CA, as the handshake
// has done before under the one of then. It returns until when that is so.
func (id *identity) admits(state *tls.ConnectionState, now time.Time) (until time.Time, err error) {
	if len(state.PeerCertificates) == 0 {
		return time.Time{}, errors.New("the client has no certificate")
	}
	options := x509.VerifyOptions{
		Roots: id.clients, Intermediates: x509.NewCertPool(), CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, certificate := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(certificate)
	}
	chains, err := state.PeerCertificates[0].Verify(options)
	if err != nil {
		return time.Time{}, err
	}
	return end(chains[0]), nil
}

// end is when the first certificate of a chain expires.
func end(chain []*x509.Certificate) time.Time {
	first := chain[0].NotAfter
	for _, certificate := range chain {
		if certificate.NotAfter.Before(first) {
			first = certificate.NotAfter
		}
	}
	return first
}
