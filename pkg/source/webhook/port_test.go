package webhook

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestW10TheSamePortIsOpenedAndClosedAHundredTimes(t *testing.T) {
	ca := newAuthority(t, "ca")
	plain, secure := newClient(t), tlsClient(t, ca, nil)
	files := writeTLS(t, ca.server("one"), nil)
	for _, kind := range []struct {
		o      Options
		c      *http.Client
		rounds int
	}{{Options{URL: local}, plain, 100}, {files.options(), secure, 5}} { // HTTP/2 says goodbye for a second

		leaked := goleak.IgnoreCurrent()
		o := kind.o
		for i := range kind.rounds {
			f := startWith(t, o, queueBytes, time.Now).watch()
			o.URL = f.url("/k8s-audit") // the same port from now on
			e := event(fmt.Sprint(i), "ResponseComplete")
			a := post(kind.c, o.URL, list(e))
			if a.status != http.StatusOK { // the client may have taken a connection of the last round for alive
				a = post(kind.c, o.URL, list(e))
			}
			if a.status != http.StatusOK {
				t.Fatalf("round %d: answered with %d (%v)", i, a.status, a.err)
			}
			f.wants(e)
			f.close()
		}
		kind.c.CloseIdleConnections()
		goleak.VerifyNone(t, leaked)
	}
}

func TestClosingWithoutRunningFreesThePort(t *testing.T) {
	url := local
	for range 3 {
		s, err := Open(Options{URL: url, Stats: silent()})
		if err != nil {
			t.Fatal(err)
		}
		url = fmt.Sprintf("http://%s/k8s-audit", s.Addr())
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
