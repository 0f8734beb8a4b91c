package k8saudit

// #include <stdint.h>
// #include <stdlib.h>
//
// // ss_plugin_log_fn_t
// typedef void (*log_function)(void *owner, const char *component, const char *message, int32_t severity);
//
// static void call_log(void *function, void *owner, const char *message, int32_t severity)
// {
// 	((log_function)function)(owner, NULL, message, severity);
// }
import "C"

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"unsafe"
)

// sink is where log lines go: to Falco's log, or, in a host that offers none,
// to a writer. Falco may not be called any more once it has destroyed the
// plugin; what is said then goes nowhere.
type sink struct {
	mu       sync.Mutex
	function unsafe.Pointer // ss_plugin_log_fn_t of Falco, or nil
	owner    unsafe.Pointer
	writer   io.Writer
}

// severities are Falco's (ss_plugin_log_severity) for each level.
var severities = map[slog.Level]C.int32_t{slog.LevelDebug: 7, slog.LevelInfo: 6, slog.LevelWarn: 4, slog.LevelError: 3}

// write logs one line.
func (s *sink) write(level slog.Level, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.function == nil {
		if s.writer != nil {
			fmt.Fprintf(s.writer, "%s: %s: %s\n", Name, strings.ToLower(level.String()), line)
		}
		return
	}
	text := C.CString(line)
	defer C.free(unsafe.Pointer(text))
	C.call_log(s.function, s.owner, text, severities[level])
}

// close makes the sink swallow whatever is still to come.
func (s *sink) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.function, s.owner, s.writer = nil, nil, nil
}

// logHandler makes one line of a log record: its sentence, and what it is about
// in brackets. What comes from outside is quoted, so that it cannot forge a
// line.
type logHandler struct {
	sink  *sink
	attrs []slog.Attr
}

func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	attrs := h.attrs
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs[:len(attrs):len(attrs)], a)
		return true
	})
	h.sink.write(r.Level, r.Message+bracketed(attrs))
	return nil
}

// bracketed is ( key=value, … ), without the values that are empty.
func bracketed(attrs []slog.Attr) string {
	var words []string
	for _, a := range attrs {
		value := a.Value.Resolve()
		text := value.String()
		if text == "" {
			continue
		}
		if value.Kind() == slog.KindString || value.Kind() == slog.KindAny {
			text = fmt.Sprintf("%q", text)
		}
		words = append(words, a.Key+"="+text)
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logHandler{h.sink, append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

// WithGroup has no groups to offer: a line of a log is read by people.
func (h *logHandler) WithGroup(string) slog.Handler { return h }
