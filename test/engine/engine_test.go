package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program writes a shell script that stands in for an engine.
func program(t *testing.T, path, script string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	falcoVersion  = `echo "Falco version: 0.44.1 (x86_64)"; echo "Libs version:  0.25.4"`
	sysdigVersion = `echo "sysdig version 0.41.4+repack"`
)

func TestEnginesAreFoundInOrder(t *testing.T) {
	f := func(name, falco, onPath, fetched string, want ...string) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("FALCO", "")
			t.Setenv("PATH", filepath.Join(dir, "bin"))
			if falco != "" {
				t.Setenv("FALCO", program(t, filepath.Join(dir, "my-falco"), falco))
			}
			if onPath != "" {
				program(t, filepath.Join(dir, "bin", "falco"), onPath)
			}
			if fetched != "" {
				program(t, filepath.Join(dir, "build", "engine", "sysdig"), fetched)
			}
			all, err := All(filepath.Join(dir, "build"))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, e := range all {
				names = append(names, e.Name())
			}
			if strings.Join(names, ", ") != strings.Join(want, ", ") {
				t.Errorf("got %q, want %q", names, want)
			}
			if first, err := Find(filepath.Join(dir, "build")); err != nil || first.Name() != want[0] {
				t.Errorf("Find gives %v, %v, want %s", first, err, want[0])
			}
		})
	}
	const sysdig = "libsinsp through sysdig 0.41.4"
	f("the one that FALCO names before that on PATH", "echo Falco version: 9.8.7", falcoVersion, sysdigVersion, "Falco 9.8.7", sysdig)
	f("Falco on PATH before sysdig", "", falcoVersion, sysdigVersion, "Falco 0.44.1", sysdig)
	f("Falco alone", "", falcoVersion, "", "Falco 0.44.1")
	f("sysdig alone", "", "", sysdigVersion, sysdig)
	f("a broken Falco on PATH is passed over", "", "exit 127", sysdigVersion, sysdig)
}

func TestMissingEngineIsAnErrorThatHelps(t *testing.T) {
	f := func(name string, prepare func(t *testing.T, dir string), want ...string) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("FALCO", "")
			t.Setenv("PATH", dir)
			prepare(t, dir)
			_, err := Find(dir)
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not in the error: %v", w, err)
				}
			}
		})
	}
	f("none at all", func(*testing.T, string) {}, "run make engine", "Falco 0.41", "no Falco", "no sysdig")
	f("FALCO names none", func(t *testing.T, dir string) {
		t.Setenv("FALCO", filepath.Join(dir, "gone"))
		program(t, filepath.Join(dir, "engine", "sysdig"), sysdigVersion)
	}, "gone")
	f("FALCO names one that does not run", func(t *testing.T, dir string) {
		t.Setenv("FALCO", program(t, filepath.Join(dir, "bad"), "echo library missing >&2; exit 127"))
		program(t, filepath.Join(dir, "engine", "sysdig"), sysdigVersion)
	}, "bad --version", "127", "library missing")
	f("only a broken Falco on PATH", func(t *testing.T, dir string) { program(t, filepath.Join(dir, "falco"), "exit 3") }, "make engine", "exit status 3")
	f("only a broken sysdig", func(t *testing.T, dir string) { program(t, filepath.Join(dir, "engine", "sysdig"), "exit 4") }, "make engine", "exit status 4")
	f("one that says no version", func(t *testing.T, dir string) { program(t, filepath.Join(dir, "falco"), "echo hello") }, "names no version: hello")
}

func TestRootIsWhereGoModIs(t *testing.T) {
	dir := t.TempDir()
	below := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(below)
	if root, err := Root(); err == nil {
		t.Errorf("no error without a go.mod, but %s", root)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if root, err := Root(); err != nil || filepath.Base(root) != filepath.Base(dir) {
		t.Errorf("got %s, %v, want %s", root, err, dir)
	}
	if _, err := Library(); err == nil || !strings.Contains(err.Error(), "run make build first") {
		t.Errorf("a library that is not built gives %v", err)
	}
}
