package stats

// Reason is why something that was received does not reach the rules.
type Reason int

const (
	// NotJSON is text that does not begin like JSON, such as another
	// program's log line between the audit events of a container's output.
	NotJSON Reason = iota
	// BrokenJSON begins like JSON and does not end like it: a line torn by a
	// full disk, or half a request body.
	BrokenJSON
	// NotEvent is sound JSON that is no audit event.
	NotEvent
	// Oversize is an event that is above the limit even without its objects,
	// or a line too long to be read at all.
	Oversize
	// BadArchive is a compressed backup that cannot be read to its end.
	BadArchive
	// Unreadable is a file that was there and could not be read.
	Unreadable
	// RequestTooLarge is a request to the webhook with a body above the limit.
	RequestTooLarge
	// Unauthorized is a request to the webhook without a valid bearer token or
	// client certificate.
	Unauthorized
	// BadRequest is a request to the webhook that is none of an API server's.
	BadRequest
	// Deleted is a rotated log that was deleted before it was read: one for
	// each gap, however many files it takes.
	Deleted

	reasons = iota
)

// words are a reason's name, as metrics and logs have it, and what the log
// line says.
var words = [reasons]struct{ name, sentence string }{
	NotJSON:    {"not_json", "the input holds text that is not JSON; it was skipped"},
	BrokenJSON: {"broken_json", "the input holds JSON that breaks off or is malformed; it was skipped"},
	NotEvent:   {"not_an_audit_event", "the input holds JSON that is not a Kubernetes audit event; it was skipped"},
	Oversize:   {"oversize", "an audit event is too large even without its objects; raise maxEventSize"},
	BadArchive: {"bad_archive", "a compressed backup cannot be read to its end; what was read before was delivered"},
	Unreadable: {"unreadable", "a log file cannot be read; check its permissions"},

	RequestTooLarge: {"request_too_large", "a request to the webhook was refused for its size; raise webhookMaxBatchSize or lower --audit-webhook-batch-max-size"},
	Unauthorized:    {"unauthorized", "a request to the webhook was refused: it had no valid bearer token or client certificate"},
	BadRequest:      {"bad_request", "a request to the webhook was refused: its path, method, encoding or body is not that of the audit webhook"},
	Deleted:         {"deleted_unread", "a rotated audit log was deleted before it was read; keep more backups (--audit-log-maxbackup, --audit-log-maxage)"},
}

// Reasons are all there are, in order.
func Reasons() []Reason {
	all := make([]Reason, reasons)
	for i := range all {
		all[i] = Reason(i)
	}
	return all
}

// String is the reason's name, in the form of a metric label.
func (r Reason) String() string { return words[r].name }

func (r Reason) sentence() string { return words[r].sentence }
