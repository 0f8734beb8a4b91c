package webhook

import (
	"log"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// quiet is how long the server's own messages are held back after one was
// logged: whoever can connect can cause them, by a failed TLS handshake.
const quiet = time.Minute

// serverLog passes on what the HTTP server has to say, at most once a minute.
type serverLog struct {
	log *slog.Logger
	now func() time.Time

	mu     sync.Mutex
	last   time.Time
	unsaid int
}

func newServerLog(l *slog.Logger, now func() time.Time) *log.Logger {
	return log.New(&serverLog{log: l, now: now}, "", 0)
}

// Write logs one message.
func (s *serverLog) Write(message []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsaid++
	if now := s.now(); s.last.IsZero() || now.Sub(s.last) >= quiet {
		first, _, _ := strings.Cut(string(message), "\n")
		s.log.Warn("a connection to the webhook failed", "reason", first, "count", s.unsaid)
		s.last, s.unsaid = now, 0
	}
	return len(message), nil
}
