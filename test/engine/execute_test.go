package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// scripted is a Falco that a shell script plays.
func scripted(t *testing.T, script string) (*Engine, Run) {
	t.Helper()
	path := program(t, filepath.Join(t.TempDir(), "falco"), script)
	return &Engine{"Falco", path, falco{}}, Run{Rules: []string{ruleFile(t, "[]")}}
}

const alertLine = `echo '{"time":"2026-01-02T03:04:05.000000001Z","rule":"r","priority":"Error","message":"a b","output":"x","output_fields":{"evt.num":7}}'`

func TestAlertIsReadFromFalcosJSON(t *testing.T) {
	e, run := scripted(t, alertLine)
	alerts, err := e.Alerts(context.Background(), run)
	want := Alert{7, time.Date(2026, 1, 2, 3, 4, 5, 1, time.UTC), "r", "Error", "a b"}
	if err != nil || len(alerts) != 1 || alerts[0] != want {
		t.Errorf("got %+v, %v, want %+v", alerts, err, want)
	}
}

func TestFailureCarriesAlertsSoFarAndWhatWasPrinted(t *testing.T) {
	e, run := scripted(t, alertLine+"; echo the reason >&2; exit 3")
	alerts, err := e.Alerts(context.Background(), run)
	if len(alerts) != 1 || err == nil || !strings.Contains(err.Error(), "the reason") || !strings.Contains(err.Error(), "status 3") {
		t.Errorf("got %+v, %v", alerts, err)
	}
}

func TestUnreadableAlertIsAnErrorAndTheRestIsRead(t *testing.T) {
	e, run := scripted(t, "echo '{broken'; "+alertLine)
	alerts, err := e.Alerts(context.Background(), run)
	if len(alerts) != 1 || err == nil || !strings.Contains(err.Error(), "{broken") {
		t.Errorf("got %+v, %v", alerts, err)
	}
}

func TestLogReceivesEverythingElse(t *testing.T) {
	var log bytes.Buffer
	e, run := scripted(t, "echo on stdout; "+alertLine+"; echo on stderr >&2")
	run.Log = &log
	if _, err := e.Alerts(context.Background(), run); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); !strings.Contains(text, "on stdout\n") || !strings.Contains(text, "on stderr\n") || strings.Contains(text, "evt.num") {
		t.Errorf("got %q", text)
	}
}

func TestErrorShowsTheEndOfALongLog(t *testing.T) {
	e, run := scripted(t, "i=0; while [ $i -lt 1000 ]; do echo line $i, which is long enough >&2; i=$((i+1)); done; exit 1")
	_, err := e.Alerts(context.Background(), run)
	if err == nil || !strings.Contains(err.Error(), "line 999,") || len(err.Error()) > 2*tailSize {
		t.Errorf("the error has not just the end: %v", err)
	}
}

func TestStdinReachesTheEngine(t *testing.T) {
	e, run := scripted(t, "read -r line; echo \"got $line\" >&2; exit 1")
	run.Stdin = strings.NewReader("an event\n")
	if _, err := e.Alerts(context.Background(), run); err == nil || !strings.Contains(err.Error(), "got an event") {
		t.Errorf("got %v", err)
	}
}

func TestEngineIsInterruptedWhenTheContextEnds(t *testing.T) {
	e, run := scripted(t, "trap 'echo stopped >&2; exit 0' INT; "+alertLine+"; while :; do read -r line; done")
	stdin, _ := io.Pipe()
	defer stdin.Close()
	var log bytes.Buffer
	run.Stdin, run.Log = stdin, &log
	ctx, cancel := context.WithCancel(context.Background())
	err := e.Watch(ctx, run, func(Alert) { cancel(); stdin.Close() })
	if !errors.Is(err, context.Canceled) || !strings.Contains(log.String(), "stopped") {
		t.Errorf("got %v, log %q", err, log.String())
	}
}

func TestEngineThatIsGoneIsAnError(t *testing.T) {
	e := &Engine{"Falco", filepath.Join(t.TempDir(), "gone"), falco{}}
	if _, err := e.Alerts(context.Background(), Run{Rules: []string{ruleFile(t, "[]")}}); err == nil || !strings.Contains(err.Error(), "does not start") {
		t.Errorf("got %v", err)
	}
	if _, err := e.Fields(context.Background(), "x.so"); err == nil || !strings.Contains(err.Error(), "x.so") {
		t.Errorf("got %v", err)
	}
}
