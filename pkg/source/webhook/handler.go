package webhook

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/k8saudit/k8saudit/pkg/stats"
)

// What a request can be refused for before its body is read.
var (
	errPath     = errors.New("not found")
	errMethod   = errors.New("audit events are posted")
	errType     = errors.New("the content type must be application/json")
	errEncoding = errors.New("the content encoding must be gzip or none")
	errCluster  = errors.New("the cluster's name is too long or holds characters that cannot be shown")
)

// none is the reason for what is no loss.
const none stats.Reason = -1

// answers are how errors are answered, and as what they count. The API server
// waits out the Retry-After of a 429 and a 503 within its attempt; anything
// else but success costs it one of five (k8s.io/client-go, rest.withRetry;
// k8s.io/apiserver, plugin/pkg/audit/webhook).
var answers = []struct {
	err    error
	status int
	reason stats.Reason
}{
	{errFull, http.StatusTooManyRequests, none},
	{errEnding, http.StatusServiceUnavailable, none},
	{context.Canceled, http.StatusServiceUnavailable, none}, // no one reads it
	{os.ErrDeadlineExceeded, http.StatusRequestTimeout, none},
	{errTooLarge, http.StatusRequestEntityTooLarge, stats.RequestTooLarge},
	{errUnsound, http.StatusBadRequest, stats.BadRequest},
	{errBody, http.StatusBadRequest, none},
	{errCluster, http.StatusBadRequest, stats.BadRequest},
	{errUnauthorized, http.StatusUnauthorized, stats.Unauthorized},
	{errPath, http.StatusNotFound, stats.BadRequest},
	{errMethod, http.StatusMethodNotAllowed, stats.BadRequest},
	{errType, http.StatusUnsupportedMediaType, stats.BadRequest},
	{errEncoding, http.StatusUnsupportedMediaType, stats.BadRequest},
}

// extras are the headers that belong to a status.
var extras = map[int][2]string{
	http.StatusTooManyRequests:    {"Retry-After", "1"},
	http.StatusServiceUnavailable: {"Retry-After", "1"},
	http.StatusUnauthorized:       {"WWW-Authenticate", "Bearer"},
	http.StatusMethodNotAllowed:   {"Allow", http.MethodPost},
}

// handler answers the requests to a webhook. It never redirects: the API
// server takes the answer to the redirected request, a GET without events, as
// success.
type handler struct {
	options     *Options
	address     address
	credentials *credentials
	closing     context.Context // done when the capture ends
	receiver    *receiver
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if panicked := recover(); panicked != nil {
			_ = h.options.Stats.Recovered("answering a request to the webhook", panicked)
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusInternalServerError)
		}
	}()
	if r.URL.EscapedPath() == health {
		h.health(w, r)
		return
	}
	cluster, err := h.check(r)
	if err != nil {
		w.Header().Set("Connection", "close") // a stranger shall not occupy it
		h.refuse(w, err)
		return
	}
	if err = h.receive(w, r, cluster); err != nil {
		h.refuse(w, err)
	}
}

// health says whether events are received.
func (h *handler) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Connection", "close")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
	case h.closing.Err() != nil:
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

// check refuses what is not to be read, and returns the sender's cluster.
func (h *handler) check(r *http.Request) (cluster string, err error) {
	if cluster, err = h.cluster(r); err != nil {
		return "", err
	}
	if err := h.credentials.admit(r); err != nil {
		return "", err
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch encoding := r.Header.Get("Content-Encoding"); {
	case r.Method != http.MethodPost:
		return "", errMethod
	case err != nil || media != "application/json":
		return "", errType
	case encoding != "" && encoding != "identity" && encoding != "gzip":
		return "", errEncoding
	case r.ContentLength > h.options.MaxBatchSize:
		return "", errTooLarge
	}
	return cluster, nil
}

// receive takes the events of a request that was let in.
func (h *handler) receive(w http.ResponseWriter, r *http.Request, cluster string) error {
	defer h.interruptible(w)()
	err := h.take(r, cluster)
	if err != nil && h.closing.Err() != nil {
		return errEnding // and that is why the body could not be read
	}
	return err
}

func (h *handler) take(r *http.Request, cluster string) error {
	if h.closing.Err() != nil {
		return errEnding
	}
	encoding, length := r.Header.Get("Content-Encoding"), r.ContentLength
	body, err := decompress(r.Body, encoding, h.options.MaxBatchSize)
	if err != nil {
		return err
	}
	if encoding == "gzip" {
		length = -1
	}
	err = h.receiver.receive(r.Context(), body, length, cluster)
	if errors.Is(err, errFull) && r.ProtoMajor == 1 {
		// Otherwise the connection is reset while the sender still writes, and
		// it never reads that it is to wait a second.
		_, _ = io.Copy(io.Discard, &limited{r.Body, h.options.MaxBatchSize})
	}
	return err
}

// interruptible lets the end of the capture interrupt the reading of the
// request's body. Call what it returns before the request is over.
func (h *handler) interruptible(w http.ResponseWriter) (release func()) {
	interrupted := make(chan struct{})
	stop := context.AfterFunc(h.closing, func() {
		defer close(interrupted)
		// Where that is not possible, the body's timeout ends it.
		_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
	})
	return func() {
		if !stop() {
			<-interrupted
		}
	}
}

// refuse answers a request that has not succeeded, and counts what that may
// lose: the sender gives up after some attempts.
func (h *handler) refuse(w http.ResponseWriter, err error) {
	status, reason, text := http.StatusInternalServerError, none, ""
	for _, a := range answers {
		if errors.Is(err, a.err) {
			status, reason, text = a.status, a.reason, a.err.Error()
			break
		}
	}
	if reason != none {
		h.options.Stats.Drop(reason, "")
	}
	if extra := extras[status]; extra[0] != "" {
		w.Header().Set(extra[0], extra[1])
	}
	if h.closing.Err() != nil {
		w.Header().Set("Connection", "close")
	}
	http.Error(w, text, status)
}
