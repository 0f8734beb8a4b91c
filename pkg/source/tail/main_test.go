package tail

import (
	"os"
	"testing"
)

// long selects the long form of the tests that have one: 200 kills, 1,000
// random programs, 1 GB. It is set by K8SAUDIT_LONG=1.
var long = os.Getenv("K8SAUDIT_LONG") == "1"

// TestMain makes this test binary the process that is killed, when it is
// started as that.
func TestMain(m *testing.M) {
	if dir := os.Getenv(victimVariable); dir != "" {
		os.Exit(victim(dir))
	}
	os.Exit(m.Run())
}
