// Package webhook receives what a Kubernetes API server posts to its audit
// webhook. A request is answered with success when the rules have seen every
// event of it, and not before; whatever else happens is answered so that the
// API server sends it again.
package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/source"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// The values of options that are zero.
const (
	// DefaultMaxBatchSize is the default limit of a request's body. A batch of
	// 400 events, the API server's default, was seen to reach 10 MB.
	DefaultMaxBatchSize = 128 << 20
	// DefaultMaxConnections is the default limit of connections. An API server
	// needs one over TLS, and one for each batch in flight without.
	DefaultMaxConnections = 512
)

// How long a client may take. The API server gives up a request after 30
// seconds, and keeps an idle connection for 90 (client-go, rest and
// apimachinery, net.SetTransportDefaults): closing it earlier would race with
// its next request.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 60 * time.Second
	idleTimeout   = 120 * time.Second
	pingAfter     = 30 * time.Second // without a frame on an HTTP/2 connection
	maxHeader     = 64 << 10         // bytes
)

// draining is how long Close waits until requests are answered; what Falco
// waits for a Close is five seconds.
const draining = 3 * time.Second

// Options are how a webhook is served.
type Options struct {
	// URL is http://host:port/path or https://host:port/path.
	URL string

	// CertFile and KeyFile are the certificate with its chain and the key for
	// https, in PEM form; they may be the same file.
	CertFile, KeyFile string
	// ClientCAFile holds the certificates that a client's must be signed with,
	// in PEM form. It turns mutual TLS on; empty leaves it off.
	ClientCAFile string
	// TokenFile holds bearer tokens, one a line, of which a request needs one;
	// empty means that none is needed.
	TokenFile string

	// ClusterFromPath lets a sender append /<cluster> to the path.
	ClusterFromPath bool
	// ClusterHeader names the header in which a sender tells its cluster.
	ClusterHeader string

	// MaxBatchSize limits a request's body, in bytes, as received and
	// decompressed.
	MaxBatchSize int64
	// MaxEventSize limits an event, in bytes; see audit.Cut.
	MaxEventSize int
	// MaxConnections limits the connections at a time.
	MaxConnections int
	// Dedupe delivers events that are sent again only once.
	Dedupe bool

	Stats *stats.Stats // not nil
}

// Source is an open webhook. Its port is bound; requests are answered as long
// as Run runs.
type Source struct {
	options     Options
	address     address
	credentials *credentials
	listener    *listener
	server      *http.Server
	handler     *handler
	stop        context.CancelFunc
}

// Open binds the port and reads the certificates and tokens. The error says
// which of these is missing or wrong.
func Open(o Options) (*Source, error) { return open(o, time.Now) }

// open is Open with the clock that tells when files are to be read again.
func open(o Options, now func() time.Time) (*Source, error) {
	o.complete()
	address, err := parseAddress(o.URL)
	if err != nil {
		return nil, err
	}
	credentials, err := newCredentials(&o, address.secure, now)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address.host)
	if err != nil {
		return nil, fmt.Errorf("the webhook cannot listen: %w; check the address, and whether another program uses the port", err)
	}
	s := &Source{options: o, address: address, credentials: credentials, listener: newListener(l, o.MaxConnections)}
	s.serve()
	s.warn()
	return s, nil
}

func (o *Options) complete() {
	if o.MaxBatchSize == 0 {
		o.MaxBatchSize = DefaultMaxBatchSize
	}
	if o.MaxEventSize == 0 {
		o.MaxEventSize = audit.MaxEventSize
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = DefaultMaxConnections
	}
}

// serve makes the server.
func (s *Source) serve() {
	closing, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.handler = &handler{options: &s.options, address: s.address, credentials: s.credentials, closing: closing}
	s.server = &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		HTTP2:             &http.HTTP2Config{SendPingTimeout: pingAfter},
		TLSConfig:         s.credentials.config(),
		ConnState:         s.listener.state,
		ConnContext:       withPeer,
		ErrorLog:          newServerLog(s.options.Stats.Log(), time.Now),

		DisableGeneralOptionsHandler: true,
	}
}

// warn says what is dangerous about the configuration, or cannot work.
func (s *Source) warn() {
	log := s.options.Stats.Log()
	if !s.address.secure && !s.address.local() && s.options.TokenFile == "" {
		log.Warn("the webhook is served without TLS and without a token on an address that others can reach: whoever can connect can read what passes, and can send events that rules take for real; use https with a client CA, or with a token file", "url", s.options.URL)
	}
	// k8s.io/client-go, tools/clientcmd: "only try to read the auth information
	// if we are secure".
	if !s.address.secure && s.options.TokenFile != "" {
		log.Warn("the webhook needs a token, but is served without TLS: an API server never sends its token so, and will be refused; use https", "url", s.options.URL)
	}
}

// Addr is the address that is listened on.
func (s *Source) Addr() net.Addr { return s.listener.Addr() }

// Run answers requests until ctx is cancelled, and then lets no new
// connections in. Requests that wait for the rules are answered when their
// batches are finished.
func (s *Source) Run(ctx context.Context, queue *source.Queue) error {
	s.handler.receiver = newReceiver(&s.options, queue)
	return s.listen(ctx)
}

func (s *Source) listen(ctx context.Context) (err error) {
	defer context.AfterFunc(ctx, s.ending)()
	if s.address.secure {
		err = s.server.ServeTLS(s.listener, "", "")
	} else {
		err = s.server.Serve(s.listener)
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("the webhook cannot listen on %s any more: %w", s.address.host, err)
}

// ending refuses new connections, and interrupts the reading of bodies.
func (s *Source) ending() {
	s.stop()
	s.listener.Close()
}

// Progress tells how many events came in; how many are to come is not known.
func (s *Source) Progress() (share float64, words string) {
	return 0, fmt.Sprintf("%d events received at %s", s.options.Stats.Received.Load(), s.listener.Addr())
}

// Close waits until every request was answered, for which their batches must
// be finished, and closes all connections. It takes at most four seconds; the
// error says that a request was cut off.
func (s *Source) Close() error {
	s.ending()
	s.listener.dropNew()
	ctx, cancel := context.WithTimeout(context.Background(), draining)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if err != nil && !errors.Is(err, net.ErrClosed) {
		err = fmt.Errorf("requests to the webhook were cut off: %w", err)
	} else {
		err = nil
	}
	s.server.Close()
	s.listener.wait(time.Second)
	return err
}
