package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fetch runs fetch.sh into a folder and returns what it said and its exit error.
func fetch(t *testing.T, folder string, env ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "fetch.sh", folder)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// needs skips a test on a machine without a tool that fetch.sh uses.
func needs(t *testing.T, tools ...string) {
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED: this machine has no %s, without which fetch.sh cannot be tested", tool)
		}
	}
}

func TestFetchSaysWhatToDo(t *testing.T) {
	needs(t, "flock", "apt-get", "dpkg")
	f := func(name string, prepare func(t *testing.T, dir string) (folder string, env []string), want string) {
		t.Run(name, func(t *testing.T) {
			folder, env := prepare(t, t.TempDir())
			said, err := fetch(t, folder, env...)
			if err == nil {
				t.Errorf("no error, but %s", said)
			}
			for _, w := range []string{want, "install Falco"} {
				if !strings.Contains(said, w) {
					t.Errorf("%q was not said: %s", w, said)
				}
			}
			if _, err := os.Stat(filepath.Join(folder, "sysdig")); err == nil {
				t.Error("a folder that is not whole looks like one")
			}
			if _, err := os.Stat(folder + ".part"); err == nil {
				t.Error("the unfinished folder is left behind")
			}
		})
	}
	f("no apt", func(t *testing.T, dir string) (string, []string) {
		for _, tool := range []string{"flock", "dirname", "basename", "mkdir"} {
			link(t, dir, tool)
		}
		return filepath.Join(dir, "engine"), []string{"PATH=" + dir}
	}, "needs apt-get")
	f("no network", func(t *testing.T, dir string) (string, []string) {
		// Nothing listens on the discard port of the loopback address.
		conf := filepath.Join(dir, "apt.conf")
		text := `Acquire::http::Proxy "http://127.0.0.1:9"; Acquire::https::Proxy "http://127.0.0.1:9";`
		if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, "engine"), []string{"APT_CONFIG=" + conf}
	}, "Check the network")
	f("a folder with something else", func(t *testing.T, dir string) (string, []string) {
		if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return dir, nil
	}, "holds something else")
	f("a folder that cannot be made", func(t *testing.T, dir string) (string, []string) {
		file := filepath.Join(dir, "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(file, "engine"), nil
	}, "Cannot create")
}

func TestFetchLeavesAnEngineThatIsThereAlone(t *testing.T) {
	needs(t, "flock")
	folder := filepath.Join(t.TempDir(), "engine")
	program(t, filepath.Join(folder, "sysdig"), sysdigVersion)
	if said, err := fetch(t, folder); err != nil || !strings.Contains(said, "sysdig version 0.41.4") {
		t.Errorf("got %v, %s", err, said)
	}
}

func link(t *testing.T, dir, tool string) {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, filepath.Join(dir, tool)); err != nil {
		t.Fatal(err)
	}
}
