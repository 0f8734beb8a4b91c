package webhook

import "os"

// long reports whether the tests that take minutes are wanted in full.
func long() bool { return os.Getenv("K8SAUDIT_LONG") == "1" }
