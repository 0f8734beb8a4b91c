package webhook

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// credentials are who the webhook is and whom it lets in.
type credentials struct {
	now      func() time.Time
	identity *reloaded[identity] // nil without TLS
	tokens   *reloaded[tokens]   // nil when no token is needed
}

// newCredentials reads the files that the options name.
func newCredentials(o *Options, secure bool, now func() time.Time) (*credentials, error) {
	c := &credentials{now: now}
	if secure {
		if err := c.loadIdentity(o); err != nil {
			return nil, err
		}
	} else if o.ClientCAFile != "" {
		return nil, errors.New("a client CA file is given, but the webhook's URL begins with http://: client certificates need https://")
	}
	if o.TokenFile != "" {
		c.tokens = &reloaded[tokens]{
			what: "the token file " + o.TokenFile, paths: []string{o.TokenFile},
			parse: parseTokens, now: now, log: o.Stats.Log(),
		}
		return c, c.tokens.load()
	}
	return c, nil
}

func (c *credentials) loadIdentity(o *Options) error {
	if o.CertFile == "" || o.KeyFile == "" {
		return errors.New("the webhook's URL begins with https://, which needs a certificate file and a key file")
	}
	paths := []string{o.CertFile, o.KeyFile}
	if o.ClientCAFile != "" {
		paths = append(paths, o.ClientCAFile)
	}
	c.identity = &reloaded[identity]{
		what: "the webhook's certificate (" + strings.Join(paths, ", ") + ")", paths: paths,
		now: c.now, log: o.Stats.Log(),
	}
	c.identity.parse = func(contents [][]byte) (identity, error) {
		id, err := parseIdentity(contents, c.now())
		if errors.As(err, new(expired)) && !c.hasOther(contents[0]) {
			o.Stats.Log().Warn("API servers will refuse the webhook's certificate; replace the file", "reason", err.Error(), "file", o.CertFile)
			err = nil
		}
		return id, err
	}
	return c.identity.load()
}

// hasOther reports whether there is another certificate to stay with than the
// one read from the file. At the start there is none, and Falco has more to
// watch than this: one that has expired is used until it is replaced.
func (c *credentials) hasOther(certificate []byte) bool {
	current := c.identity.contents
	return current != nil && !bytes.Equal(current[0], certificate)
}

// config is the TLS configuration of the server; nil without TLS. Each
// handshake gets the identity of its time.
func (c *credentials) config() *tls.Config {
	if c.identity == nil {
		return nil
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return c.identity.get().config, nil
		},
	}
}

// admit returns an error when the sender of a request is not to be let in; it
// says nothing that would help to get in.
func (c *credentials) admit(r *http.Request) error {
	if c.identity != nil {
		id := c.identity.get()
		if id.clients != nil && !peerOf(r).admitted(id, r.TLS, c.now()) {
			return fmt.Errorf("%w: the client certificate is not valid any more", errUnauthorized)
		}
	}
	if c.tokens != nil && !c.tokens.get().admit(r.Header.Get("Authorization")) {
		return fmt.Errorf("%w: a valid bearer token is needed", errUnauthorized)
	}
	return nil
}

func peerOf(r *http.Request) *peer {
	p, _ := r.Context().Value(peerKey{}).(*peer)
	if p == nil {
		p = new(peer)
	}
	return p
}
