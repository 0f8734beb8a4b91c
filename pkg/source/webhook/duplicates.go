package webhook

import (
	"crypto/sha256"
	"hash"
	"sync"

	"github.com/k8saudit/k8saudit/pkg/audit"
)

// remembered is how many events are known again at least, and twice that is
// the most. The API server sends a batch again within some 80 seconds, when
// the answer was late or lost; at 40 bytes an event this takes 10 MB.
const remembered = 1 << 17

// key tells events apart by their whole content: half of its SHA-256. The
// audit ID is the client's to choose, and a weaker hash would let a client hide
// an event behind an earlier one that it has made to fit.
type key [sha256.Size / 2]byte

// hasher makes keys; it belongs to one goroutine.
type hasher struct {
	sha     hash.Hash
	cluster []byte
	sum     []byte
}

// begin makes h ready for the events of that cluster: the same text in two
// clusters is two events.
func (h *hasher) begin(cluster string) {
	if h.sha == nil {
		h.sha = sha256.New()
	}
	h.cluster = append(append(h.cluster[:0], cluster...), 0)
}

// key is the key of an event.
func (h *hasher) key(e *audit.Event) key {
	h.sha.Reset()
	h.sha.Write(h.cluster)
	h.sha.Write(e.Raw)
	h.sum = h.sha.Sum(h.sum[:0])
	return key(h.sum)
}

// delivery is the fate of one batch in the queue.
type delivery struct {
	done chan struct{} // closed when it is known
	seen bool          // by the rules
}

// duplicates knows the events that the rules have seen, as far as memory goes,
// and those that are on their way to them.
type duplicates struct {
	limit int // of a generation

	mu      sync.Mutex
	pending map[key]*delivery
	recent  map[key]struct{} // seen
	before  map[key]struct{} // seen earlier: what recent was when it was full
}

func newDuplicates(limit int) *duplicates {
	return &duplicates{
		limit: limit, pending: make(map[key]*delivery),
		recent: make(map[key]struct{}), before: make(map[key]struct{}),
	}
}

// enter reports whether the event is new: then it is on its way with d. Else
// the rules have seen it, or it is on its way with other, whose fate it
// shares.
func (s *duplicates) enter(k key, d *delivery) (isNew bool, other *delivery) {
	if _, seen := s.recent[k]; seen {
		return false, nil
	}
	if _, seen := s.before[k]; seen {
		return false, nil
	}
	if other := s.pending[k]; other != nil {
		return false, other
	}
	s.pending[k] = d
	return true, nil
}

// settle takes what became of the events of one delivery. Those that the rules
// have not seen are forgotten: sent again, they are new.
func (s *duplicates) settle(keys []key, seen bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		delete(s.pending, k)
		if seen {
			s.remember(k)
		}
	}
}

func (s *duplicates) remember(k key) {
	if len(s.recent) >= s.limit {
		s.recent, s.before = s.before, s.recent
		clear(s.recent)
	}
	s.recent[k] = struct{}{}
}
