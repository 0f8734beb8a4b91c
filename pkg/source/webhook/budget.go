package webhook

import "sync"

// budget bounds the memory of all requests together: of what is being read,
// and of what waits for the rules.
type budget struct {
	limit int64

	mu   sync.Mutex
	used int64
}

// take takes n bytes for one who holds some already, if there are any left.
// What is larger than the whole budget is let in when it is alone.
func (b *budget) take(n, held int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used > held && b.used+n > b.limit {
		return false
	}
	b.used += n
	return true
}

func (b *budget) give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
}

// lease is one request's share of the budget. It is held until the request is
// over and none of its batches is in anyone's hands.
type lease struct {
	budget *budget

	mu      sync.Mutex
	size    int64
	holders int
}

// lease takes a share of n bytes, with one holder; nil when there is no room.
func (b *budget) lease(n int64) *lease {
	if !b.take(n, 0) {
		return nil
	}
	return &lease{budget: b, size: n, holders: 1}
}

// grow makes the share larger, if there is room.
func (l *lease) grow(n int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.budget.take(n, l.size) {
		return false
	}
	l.size += n
	return true
}

func (l *lease) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holders++
}

func (l *lease) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holders--; l.holders == 0 {
		l.budget.give(l.size)
	}
}
