package engine

import (
	"fmt"
	"os"
	"path/filepath"
)

// Root returns the folder of the repository that the working directory is in:
// the nearest one above with a go.mod.
func Root() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod in %s or above: run this inside the repository", start)
		}
	}
}

// Library returns the path of the library that "make build" makes.
func Library() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "build", "libk8saudit.so")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the library is not built: run make build first (%w)", err)
	}
	return path, nil
}
