package tail

// saveDue writes the checkpoint if something was seen by the rules since the
// last one, and that is a while ago. The first one is written at once: a crash
// soon after the start must not lead back to where the last run began.
func (l *log) saveDue() {
	now := l.tail.now()
	since := now.Sub(l.saved)
	if !l.saved.IsZero() && 0 <= since && since < l.tail.pause || !l.ledger.ahead() {
		return
	}
	l.saved = now
	_ = l.save() // it was said, and is tried again
}

// save writes the checkpoint. When that fails it says so, once.
func (l *log) save() error {
	seen, changed := l.ledger.take()
	if !changed {
		return nil
	}
	err := l.checkpoint.save(seen)
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
