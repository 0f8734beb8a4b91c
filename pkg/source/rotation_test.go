package source

import (
	"testing"
	"time"
)

func TestTheNameOfALogFileSaysWhichLogAndWhen(t *testing.T) {
	at := time.Date(2024, 5, 1, 10, 11, 12, 345e6, time.UTC)
	f := func(file string, want Name) {
		t.Helper()
		if got, ok := ParseName(file); !ok || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", file, got, ok, want)
		}
	}
	f("audit.log", Name{Log: "audit.log"})
	f("audit.log.gz", Name{Log: "audit.log", Archive: true})
	f("audit-2024-05-01T10-11-12.345.log", Name{Log: "audit.log", Rotated: at})
	f("audit-2024-05-01T10-11-12.345.log.gz", Name{Log: "audit.log", Rotated: at, Archive: true})
	f("kube-apiserver-audit-2024-05-01T10-11-12.345.log", Name{Log: "kube-apiserver-audit.log", Rotated: at})
	f("audit-2024-13-01T10-11-12.345.log", Name{Log: "audit-2024-13-01T10-11-12.345.log"})
	f("2024-05-01T10-11-12.345.log", Name{Log: "2024-05-01T10-11-12.345.log"})
	f("audit-log.json", Name{Log: "audit-log.json"})
}

func TestOtherFilesAreNotLogs(t *testing.T) {
	for _, file := range []string{"", ".log", ".audit.log", "audit.txt", "audit", "audit.log.lock", "audit.gz", "policy.yaml"} {
		if got, ok := ParseName(file); ok {
			t.Errorf("%q is taken for a log: %+v", file, got)
		}
	}
}

func TestBackupsAreOlderThanTheLog(t *testing.T) {
	early, late, live := Name{Rotated: time.Unix(1, 0)}, Name{Rotated: time.Unix(2, 0)}, Name{}
	for _, pair := range [][2]Name{{early, late}, {early, live}, {late, live}} {
		if !pair[0].Before(pair[1]) || pair[1].Before(pair[0]) {
			t.Errorf("%+v and %+v are in the wrong order", pair[0], pair[1])
		}
	}
	if live.Before(live) || early.Before(early) {
		t.Error("something is before itself")
	}
}

func TestTheBackupsOfALogOfAnyNameAreKnown(t *testing.T) {
	at := time.Date(2024, 5, 1, 10, 11, 12, 345e6, time.UTC)
	f := func(log, file string, archive bool) {
		t.Helper()
		if got, ok := BackupOf(log, file); !ok || got != (Name{Log: log, Rotated: at, Archive: archive}) {
			t.Errorf("%s of %s: got %+v, %v", file, log, got, ok)
		}
	}
	f("audit.log", "audit-2024-05-01T10-11-12.345.log", false)
	f("audit.log", "audit-2024-05-01T10-11-12.345.log.gz", true)
	f("audit", "audit-2024-05-01T10-11-12.345", false)
	f("audit.txt", "audit-2024-05-01T10-11-12.345.txt.gz", true)
	for _, file := range []string{"audit.log", "audit-.log", "other-2024-05-01T10-11-12.345.log", "audit-2024-05-01T10-11-12.345.txt", "my-audit-2024-05-01T10-11-12.345.log"} {
		if got, ok := BackupOf("audit.log", file); ok {
			t.Errorf("%s is taken for a backup: %+v", file, got)
		}
	}
}
