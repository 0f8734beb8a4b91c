package k8saudit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/invopop/jsonschema"
	"github.com/k8saudit/k8saudit/pkg/audit"
)

// Config is the plugin's init_config. Falco gives it as JSON, made from the
// YAML of its own configuration, and checks it against Schema before.
type Config struct {
	SSLCertificate      string `json:"sslCertificate,omitempty" jsonschema:"title=TLS certificate,description=File with the key and the certificate of the webhook in PEM form,default=/etc/falco/falco.pem"`
	MaxEventSize        uint64 `json:"maxEventSize,omitempty" jsonschema:"title=Largest event,description=Size in bytes above which an event loses its response object and then its request object,minimum=1024,maximum=268435456,default=16777216"`
	MaxEventBytes       uint64 `json:"maxEventBytes,omitempty" jsonschema:"title=Alias of maxEventSize,description=Accepted because it stands in the values of widely used charts; use maxEventSize,minimum=1024,maximum=268435456"`
	WebhookMaxBatchSize uint64 `json:"webhookMaxBatchSize,omitempty" jsonschema:"title=Largest webhook request,description=Size in bytes above which a request body is refused,minimum=1024,maximum=4294967296,default=134217728"`
	UseAsync            bool   `json:"useAsync,omitempty" jsonschema:"title=Without effect,description=Accepted for compatibility: extraction is always synchronous,default=false"`
	ClusterName         string `json:"clusterName,omitempty" jsonschema:"title=Cluster name,description=The name of the cluster that all events come from; k8s.audit.cluster has it"`
}

// The values of keys that are not given.
const (
	defaultCertificate  = "/etc/falco/falco.pem"
	defaultMaxBatchSize = 128 << 20
)

// ParseConfig reads an init_config: a JSON object, null or nothing at all. A
// key that is not known is an error that names it. The warnings are sentences
// for the log.
func ParseConfig(text string) (c Config, warnings []string, err error) {
	text = strings.TrimSpace(text)
	if text == "" || text == `""` {
		text = "null"
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return Config{}, nil, fmt.Errorf("init_config is invalid: %s", reworded(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Config{}, nil, errors.New("init_config is invalid: something stands behind the configuration")
	}
	warnings = c.complete()
	return c, warnings, nil
}

// complete fills in what was not given.
func (c *Config) complete() (warnings []string) {
	if c.MaxEventBytes != 0 {
		warnings = append(warnings, "maxEventBytes is an alias: write maxEventSize")
		if c.MaxEventSize == 0 {
			c.MaxEventSize = c.MaxEventBytes
		}
	}
	if c.UseAsync {
		warnings = append(warnings, "useAsync has no effect: extraction is always synchronous")
	}
	if c.SSLCertificate == "" {
		c.SSLCertificate = defaultCertificate
	}
	if c.MaxEventSize == 0 {
		c.MaxEventSize = audit.MaxEventSize
	}
	if c.WebhookMaxBatchSize == 0 {
		c.WebhookMaxBatchSize = defaultMaxBatchSize
	}
	return warnings
}

// reworded says what the decoder says in a sentence that names the key.
func reworded(err error) string {
	if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) {
		if wrong.Field == "" {
			return "it must be a map of keys, not a " + wrong.Value
		}
		return fmt.Sprintf("%s must be a %s, not a %s", wrong.Field, wrong.Type, wrong.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// Schema is the JSON schema of the configuration, made from Config. It allows
// null, which is what an empty map of YAML becomes on its way, and an empty
// text.
func Schema() string {
	reflector := jsonschema.Reflector{ExpandedStruct: true, DoNotReference: true, Anonymous: true}
	object := reflector.Reflect(Config{})
	object.Version = ""
	none := uint64(0)
	schema := &jsonschema.Schema{
		Version: "http://json-schema.org/draft-07/schema#",
		OneOf:   []*jsonschema.Schema{object, {Type: "null"}, {Type: "string", MaxLength: &none}},
	}
	text, err := json.Marshal(schema)
	if err != nil {
		return ""
	}
	return string(text)
}
