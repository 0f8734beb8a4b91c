package rulefile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// item is one element of a rule file, of any kind. A nil pointer is a key that
// is not there.
type item struct {
	List       string            `yaml:"list"`
	Macro      string            `yaml:"macro"`
	Rule       string            `yaml:"rule"`
	Items      []string          `yaml:"items"`
	Condition  *string           `yaml:"condition"`
	Output     *string           `yaml:"output"`
	Desc       *string           `yaml:"desc"`
	Priority   *string           `yaml:"priority"`
	Source     *string           `yaml:"source"`
	Enabled    *bool             `yaml:"enabled"`
	Tags       []string          `yaml:"tags"`
	Exceptions []exception       `yaml:"exceptions"`
	Append     bool              `yaml:"append"`
	Override   map[string]string `yaml:"override"`
}

// kind is what an item can be, told by its first key.
type kind struct {
	key  string
	keys []string // the other keys that it may have
	add  func(*collection, item) error
}

var kinds = []kind{
	{"required_engine_version", nil, ignore},
	{"required_plugin_versions", nil, ignore},
	{"list", []string{"items", "append", "override"}, (*collection).addList},
	{"macro", []string{"condition", "append", "override"}, (*collection).addMacro},
	{"rule", []string{
		"condition", "output", "desc", "priority", "source", "enabled", "tags",
		"exceptions", "append", "override", "warn_evttypes",
	}, (*collection).addRule},
}

func ignore(*collection, item) error { return nil }

// add decodes one element of a rule file and merges it into the collection.
func (c *collection) add(node *yaml.Node) error {
	keys, err := mappingKeys(node)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(kinds, func(k kind) bool { return slices.Contains(keys, k.key) })
	if i < 0 {
		return fmt.Errorf("an item with the keys %s is neither a rule, a macro nor a list", strings.Join(keys, ", "))
	}
	known := append(slices.Clone(kinds[i].keys), kinds[i].key)
	if err := refuseUnknown(keys, known); err != nil {
		return fmt.Errorf("a %s: %w", kinds[i].key, err)
	}
	var it item
	if err := node.Decode(&it); err != nil {
		return err
	}
	return kinds[i].add(c, it)
}

func refuseUnknown(keys, known []string) error {
	for _, key := range keys {
		if !slices.Contains(known, key) {
			return fmt.Errorf("unknown key %q: known are %s", key, strings.Join(known, ", "))
		}
	}
	return nil
}

func mappingKeys(node *yaml.Node) ([]string, error) {
	if node.Kind != yaml.MappingNode {
		return nil, errors.New("a map was expected: rule, macro, list or exception, each with its keys")
	}
	var keys []string
	for i := 0; i < len(node.Content); i += 2 {
		keys = append(keys, node.Content[i].Value)
	}
	return keys, nil
}
