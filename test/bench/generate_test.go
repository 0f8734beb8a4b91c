package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAGeneratedLogHasItsMixAndAnAuditIDForEachEvent(t *testing.T) {
	g, err := newGenerator("../testdata/audit.log")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "audit.log")
	size, err := g.write(path, mixes["production"], 1000)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || int64(len(text)) != size {
		t.Fatalf("%d bytes, said to be %d: %v", len(text), size, err)
	}
	ids, levels := map[string]bool{}, map[string]int{}
	for line := range strings.Lines(string(text)) {
		var e struct{ AuditID, Level, StageTimestamp string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if _, err := time.Parse(time.RFC3339Nano, e.StageTimestamp); err != nil {
			t.Error(err)
		}
		ids[e.AuditID] = true
		levels[e.Level]++
	}
	if len(ids) != 1000 || levels["Metadata"] != 900 || levels["RequestResponse"] != 100 {
		t.Errorf("%d audit ids, levels %v", len(ids), levels)
	}
}

func TestEveryStageSeesEveryEvent(t *testing.T) {
	for _, name := range stageOrder {
		if n, err := stages[name]("../testdata/audit.log"); err != nil || n != 307 {
			t.Errorf("%s: %d events, %v, want 307", name, n, err)
		}
	}
}

func TestTheMedianIsThatOfEachFigureByItself(t *testing.T) {
	got := median([]usage{{1, 30, 200}, {3, 10, 100}, {2, 20, 300}})
	if want := (usage{2, 20, 200}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
