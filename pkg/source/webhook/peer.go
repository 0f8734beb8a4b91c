package webhook

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// peer is what is known of the client of one connection. A connection of an
// API server lasts for weeks, and longer than its certificate or the CA that
// signed it: what the handshake found out is checked again when the client CA
// changes, and when the certificate expires.
type peer struct {
	mu    sync.Mutex
	under *identity // that admitted it
	until time.Time
}

type peerKey struct{}

// withPeer gives each connection its peer, for requests to find.
func withPeer(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, new(peer))
}

// admitted reports whether the connection's client is let in by id.
func (p *peer) admitted(id *identity, state *tls.ConnectionState, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.under == id && now.Before(p.until) {
		return true
	}
	until, err := id.admits(state, now)
	if err != nil {
		return false
	}
	p.under, p.until = id, until
	return true
}
