package k8saudit

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestTheREADMEsConfigurationIsValidAndComplete loads the configuration that
// the README shows.
func TestTheREADMEsConfigurationIsValidAndComplete(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- config:begin -->\n```yaml\n")
	example, _, found := strings.Cut(rest, "```\n<!-- config:end -->")
	if !found {
		t.Fatal("the README has no configuration between its markers")
	}
	var parsed struct {
		InitConfig map[string]any `yaml:"init_config"`
	}
	if err := yaml.Unmarshal([]byte(example), &parsed); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(parsed.InitConfig)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ParseConfig(string(text)); err != nil {
		t.Errorf("the README's configuration is refused: %v", err)
	}
	for i := range reflect.TypeFor[Config]().NumField() {
		key, _, _ := strings.Cut(reflect.TypeFor[Config]().Field(i).Tag.Get("json"), ",")
		if !strings.Contains(string(readme), key) {
			t.Errorf("the README does not mention %s", key)
		}
	}
}
