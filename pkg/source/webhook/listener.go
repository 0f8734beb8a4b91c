package webhook

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// listener lets a limited number of connections in; more wait in the kernel's
// backlog. It knows which connections have sent nothing yet.
type listener struct {
	net.Listener
	slots  chan struct{}
	closed chan struct{}
	once   sync.Once

	mu    sync.Mutex
	fresh map[net.Conn]bool
}

func newListener(l net.Listener, limit int) *listener {
	return &listener{
		Listener: l, slots: make(chan struct{}, limit), closed: make(chan struct{}),
		fresh: make(map[net.Conn]bool),
	}
}

// Accept waits for a connection and for a slot for it.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &connection{Conn: c, listener: l}, nil
}

// Close lets no more connections in. It may be called more than once.
func (l *listener) Close() (err error) {
	l.once.Do(func() {
		close(l.closed)
		err = l.Listener.Close()
	})
	return err
}

// state is told by the server what its connections do.
func (l *listener) state(c net.Conn, state http.ConnState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if state == http.StateNew {
		l.fresh[c] = true
	} else {
		delete(l.fresh, c)
	}
}

// dropNew closes the connections on which nothing was received: the server's
// Shutdown would wait for each of them for five seconds.
func (l *listener) dropNew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.fresh {
		c.Close()
	}
}

// wait waits until every connection is closed, but no longer than limit.
func (l *listener) wait(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for range cap(l.slots) {
		select {
		case l.slots <- struct{}{}: // one that no connection has
		case <-timer.C:
			return
		}
	}
}

// connection gives its slot back when it is closed.
type connection struct {
	net.Conn
	listener *listener
	once     sync.Once
}

func (c *connection) Close() error {
	defer c.once.Do(func() { <-c.listener.slots })
	return c.Conn.Close()
}
