package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/k8saudit/k8saudit/pkg/source"
	"github.com/k8saudit/k8saudit/pkg/stats"
	"go.uber.org/goleak"
)

// patience is how long a test waits for a condition before it fails.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// journal is a log that a test reads while it is written.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// falco does with a webhook what Falco's plugin does with it: it opens it, takes
// batches, acknowledges one when it comes for the next, and closes it.
type falco struct {
	t      testing.TB
	source *Source
	queue  *source.Queue
	stats  *stats.Stats
	log    *journal
	cancel context.CancelFunc
	ended  chan error

	inHand *source.Batch

	mu       sync.Mutex
	events   []string // that the rules have seen
	clusters []string // of these

	watching sync.WaitGroup
	stop     chan struct{}
}

const queueBytes = 64 << 20

// local is a URL on a free port of this machine.
const local = "http://127.0.0.1:0/k8s-audit"

// start opens a webhook that the test closes, at the latest when it ends.
func start(t testing.TB, o Options) *falco {
	t.Helper()
	return startWith(t, o, queueBytes, time.Now)
}

// startWith is start with the size of the queue in bytes, the clock, and what is
// to be changed before requests are answered.
func startWith(t testing.TB, o Options, limit int64, now func() time.Time, prepare ...func(*Source)) *falco {
	t.Helper()
	f := &falco{t: t, log: new(journal), ended: make(chan error, 1), stop: make(chan struct{})}
	f.stats = stats.New(slog.New(slog.NewTextHandler(f.log, nil)))
	o.Stats = f.stats
	if o.URL == "" {
		o.URL = local
	}
	var err error
	if f.source, err = open(o, now); err != nil {
		t.Fatal(err)
	}
	for _, change := range prepare {
		change(f.source)
	}
	f.queue = source.NewQueue(limit)
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	f.source.handler.receiver = newReceiver(&f.source.options, f.queue) // as Run does; tests look into it
	go func() {
		err := f.source.listen(ctx)
		f.queue.End(err)
		f.ended <- err
	}()
	t.Cleanup(f.close)
	return f
}

// url is where the webhook is.
func (f *falco) url(path string) string {
	scheme, _, _ := strings.Cut(f.source.options.URL, ":")
	return fmt.Sprintf("%s://%s%s", scheme, f.source.Addr(), path)
}

// next acknowledges the batch in hand and takes another.
func (f *falco) next(wait time.Duration) error {
	f.finish(true)
	b, err := f.queue.Take(wait)
	if err == nil {
		f.inHand = b
	}
	return err
}

// finish gives the batch in hand back.
func (f *falco) finish(seen bool) {
	if f.inHand == nil {
		return
	}
	f.mu.Lock()
	if seen {
		for _, e := range f.inHand.Events {
			f.events = append(f.events, string(e.Raw))
			f.clusters = append(f.clusters, f.inHand.Cluster)
		}
	}
	f.mu.Unlock()
	f.inHand.Finish(seen)
	f.inHand = nil
}

// watch lets the rules see everything that comes, until close.
func (f *falco) watch() *falco {
	f.watching.Go(func() {
		for {
			select {
			case <-f.stop:
				return
			default:
			}
			if err := f.next(time.Millisecond); err != nil && !errors.Is(err, source.ErrEmpty) {
				return
			}
		}
	})
	return f
}

// close closes the webhook as the plugin does; closing twice is fine.
func (f *falco) close() {
	f.t.Helper()
	if f.cancel == nil {
		return
	}
	begun := time.Now()
	close(f.stop)
	f.watching.Wait()
	f.cancel()
	f.cancel = nil
	f.finish(false)
	f.queue.Abandon()
	if err := <-f.ended; err != nil {
		f.t.Errorf("the webhook has ended with an error: %v", err)
	}
	if err := f.source.Close(); err != nil {
		f.t.Errorf("closing: %v", err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		f.t.Errorf("closing took %s, above the five seconds that Falco waits", took)
	}
	if used := f.queue.Used(); used != 0 {
		f.t.Errorf("%d bytes are still in the queue", used)
	}
	if b := f.source.handler.receiver.budget; b.used != 0 {
		f.t.Errorf("%d bytes of the memory for requests were not given back", b.used)
	}
}

func (f *falco) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.events...)
}

// wants waits until the rules have seen exactly these events, in order.
func (f *falco) wants(want ...string) {
	f.t.Helper()
	eventually(f.t, fmt.Sprintf("the rules to see %d events", len(want)), func() bool { return len(f.seen()) >= len(want) })
	got := f.seen()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		f.t.Errorf("the rules saw %q, want %q", got, want)
	}
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited %s in vain for %s", patience, what)
		}
	}
}

// answer is what a webhook answers.
type answer struct {
	status int
	header http.Header
	body   string
	proto  string
	err    error
}

// newClient returns a client of its own, whose connections end with the test.
func newClient(t testing.TB) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// post sends a body as an API server does.
func post(c *http.Client, url, body string, change ...func(*http.Request)) answer {
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	r.Header.Set("Content-Type", "application/json")
	for _, c := range change {
		c(r)
	}
	return do(c, r)
}

func do(c *http.Client, r *http.Request) answer {
	response, err := c.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(body), response.Proto, err}
}

// posting posts in the background.
func posting(c *http.Client, url, body string, change ...func(*http.Request)) <-chan answer {
	answers := make(chan answer, 1)
	go func() { answers <- post(c, url, body, change...) }()
	return answers
}

// event is an audit event as it stands in a list.
func event(id, stage string) string {
	return fmt.Sprintf(`{"level":"Metadata","auditID":%q,"stage":%q,"requestURI":"/api","verb":"get"}`, id, stage)
}

// padded is an event with a request object of n bytes.
func padded(id string, n int) string {
	return fmt.Sprintf(`{"level":"Request","auditID":%q,"stage":"ResponseComplete","requestObject":{"x":%q}}`, id, strings.Repeat("x", n))
}

func list(items ...string) string {
	return `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[` + strings.Join(items, ",") + "]}\n"
}

// numbered are events with different content.
func numbered(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = event(fmt.Sprintf("%s-%d", prefix, i), "ResponseComplete")
	}
	return all
}

// dropped says how many were dropped for each reason that occurred.
func dropped(s *stats.Stats) string {
	var b bytes.Buffer
	for _, r := range stats.Reasons() {
		if n := s.Dropped(r); n > 0 {
			fmt.Fprintf(&b, "%v=%d ", r, n)
		}
	}
	return strings.TrimSpace(b.String())
}
