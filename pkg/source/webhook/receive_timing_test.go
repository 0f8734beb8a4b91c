package webhook

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/source"
	auditinternal "k8s.io/apiserver/pkg/apis/audit"
)

// batchOf is the API server's default batch of 400 events of about 1 KB, none
// of which was in another batch.
func batchOf(batch int) string {
	items := make([]string, 400)
	for i := range items {
		items[i] = padded(fmt.Sprintf("%d-%d", batch, i), 900)
	}
	return list(items...)
}

// perEvent reports how long an event takes, of batches of 400.
func perEvent(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(400*b.N), "ns/event")
	b.ReportMetric(float64(400*b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkReceive is the way from a body to the queue and back, without HTTP.
func BenchmarkReceive(b *testing.B) {
	for _, dedupe := range []bool{false, true} {
		b.Run(fmt.Sprintf("dedupe %v", dedupe), func(b *testing.B) {
			r, done := acknowledging(b, Options{Dedupe: dedupe})
			body := []byte(batchOf(0))
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if dedupe {
					r.duplicates.forget()
				}
				if err := r.receive(context.Background(), bytes.NewReader(body), int64(len(body)), ""); err != nil {
					b.Fatal(err)
				}
			}
			perEvent(b)
			done()
		})
	}
}

// forget makes every event new again.
func (s *duplicates) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.recent)
	clear(s.before)
}

// acknowledging returns a receiver whose batches are acknowledged at once.
func acknowledging(b *testing.B, o Options) (*receiver, func()) {
	o.Stats = silent()
	o.complete()
	queue := source.NewQueue(queueBytes)
	var taking sync.WaitGroup
	taking.Go(func() {
		for {
			batch, err := queue.Take(patience)
			if err != nil {
				return
			}
			batch.Finish(true)
		}
	})
	return newReceiver(&o, queue), func() { queue.End(nil); taking.Wait() }
}

// BenchmarkPost is the same over HTTP, eight requests at a time.
func BenchmarkPost(b *testing.B) {
	ca := newAuthority(b, "ca")
	for name, o := range map[string]Options{"HTTP": {}, "HTTPS": writeTLS(b, ca.server("one"), nil).options()} {
		b.Run(name, func(b *testing.B) {
			f := startWith(b, o, queueBytes, new(clock).now)
			f.discard()
			c := tlsClient(b, ca, nil)
			c.Transport.(*http.Transport).MaxIdleConnsPerHost = 8
			body := batchOf(0)
			b.SetBytes(int64(len(body)))
			b.SetParallelism(4)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if a := post(c, f.url("/k8s-audit"), body); a.status != http.StatusOK {
						b.Errorf("answered with %d (%v)", a.status, a.err)
					}
				}
			})
			perEvent(b)
			f.close()
		})
	}
}

// discard acknowledges everything without keeping it.
func (f *falco) discard() {
	f.watching.Go(func() {
		for {
			select {
			case <-f.stop:
				return
			default:
			}
			if batch, err := f.queue.Take(1e6); err == nil {
				batch.Finish(true)
			}
		}
	})
}

// BenchmarkAPIServer is the whole way from the API server's client, which
// encodes the events and takes most of the time.
func BenchmarkAPIServer(b *testing.B) {
	f := startWith(b, Options{Dedupe: true}, queueBytes, new(clock).now)
	f.discard()
	client := webhookBackend(b, kubeconfig(b, f.url("/k8s-audit"), nil, nil, ""))
	batch := 0
	for b.Loop() {
		b.StopTimer()
		batch++
		events := make([]*auditinternal.Event, 400)
		for i := range events {
			events[i] = auditEvent(fmt.Sprint(batch), i, 500)
		}
		b.StartTimer()
		if !client.ProcessEvents(events...) {
			b.Fatal("the API server's call has failed")
		}
	}
	perEvent(b)
	f.close()
}

// BenchmarkLines is what reading the same events from a file takes, with which
// the webhook is compared.
func BenchmarkLines(b *testing.B) {
	var log strings.Builder
	for i := range 400 {
		log.WriteString(strings.Replace(padded(fmt.Sprintf("0-%d", i), 900), "{", `{"kind":"Event","apiVersion":"audit.k8s.io/v1",`, 1) + "\n")
	}
	const times = 50
	file := write(b, "audit.log", strings.Repeat(log.String(), times))
	b.SetBytes(int64(log.Len()))
	for n := 0; n < b.N; n += times {
		s, err := source.OpenFile(file, 16<<20, silent())
		if err != nil {
			b.Fatal(err)
		}
		queue := source.NewQueue(queueBytes)
		go func() { queue.End(s.Run(context.Background(), queue)) }()
		for {
			batch, err := queue.Take(patience)
			if err != nil {
				break
			}
			batch.Finish(true)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	perEvent(b)
}
