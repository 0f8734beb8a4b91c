package tail

// saveDue writes the checkpoint if something was seen by the rules since the
// last one, and that is a while ago. The first one is due at once: a Falco
// that crashes again and again gets on.
func (l *log) saveDue() {
	if now := l.tail.now(); l.saved.IsZero() || now.Sub(l.saved) >= l.tail.pause || now.Before(l.saved) {
		_ = l.save() // it was said, and is tried again
	}
}

// save writes the checkpoint. When that fails it says so, once.
func (l *log) save() error {
	seen, changed := l.ledger.take()
	if !changed {
		return nil
	}
	due, err := l.checkpoint.save(seen)
	if due {
		l.saved = l.tail.now()
	}
	if err != nil {
		l.ledger.retry()
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != l.mute {
		l.sayCheckpoint(err)
	}
	l.mute = text
	return err
}

func (l *log) sayCheckpoint(err error) {
	if err == nil {
		l.tail.Stats.Log().Info("the checkpoint is written again", "log", l.path)
		return
	}
	l.tail.Stats.Log().Warn("the checkpoint cannot be written; after a restart the audit log is read from an older place",
		"log", l.path, "checkpoint", l.checkpoint.path, "error", err.Error())
}
