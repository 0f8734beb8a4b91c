package k8saudit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/invopop/jsonschema"
	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/source/tail"
	"github.com/k8saudit/k8saudit/pkg/source/webhook"
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
	ClusterFromPath     bool   `json:"clusterFromPath,omitempty" jsonschema:"title=Cluster in the path,description=Lets a sender name its cluster behind the path of the webhook: /k8s-audit/production,default=false"`
	ClusterHeader       string `json:"clusterHeader,omitempty" jsonschema:"title=Cluster in a header,description=The HTTP header in which a sender names its cluster"`
	QueueBytes          uint64 `json:"queueBytes,omitempty" jsonschema:"title=Queue of the webhook,description=Size in bytes of the events that may wait for the rules before senders are told to wait,minimum=65536,maximum=17179869184,default=67108864"`
	Dedupe              *bool  `json:"dedupe,omitempty" jsonschema:"title=Deliver once,description=Delivers an event that its sender sends again only once,default=true"`
	TLS                 TLS    `json:"tls,omitempty" jsonschema:"title=TLS of the webhook,description=The certificate in files of its own and mutual TLS; instead of sslCertificate"`
	Auth                Auth   `json:"auth,omitempty" jsonschema:"title=Authentication of the webhook,description=What a sender has to show"`
	CheckpointDir       string `json:"checkpointDir,omitempty" jsonschema:"title=Checkpoints,description=Directory in which it is kept how far the rules have seen a log that is followed,default=/var/lib/falco/k8saudit"`
	StartAt             string `json:"startAt,omitempty" jsonschema:"title=Start,description=Where a log is begun that has no checkpoint yet,enum=end,enum=beginning,default=end"`
}

// TLS is how the webhook is served by https.
type TLS struct {
	CertFile     string `json:"certFile,omitempty" jsonschema:"title=Certificate,description=File with the certificate and its chain in PEM form"`
	KeyFile      string `json:"keyFile,omitempty" jsonschema:"title=Key,description=File with the key of the certificate in PEM form"`
	ClientCAFile string `json:"clientCAFile,omitempty" jsonschema:"title=Client CA,description=File with the certificates by which clients must be signed; turns mutual TLS on"`
}

// Auth is what a sender has to show.
type Auth struct {
	TokenFile string `json:"tokenFile,omitempty" jsonschema:"title=Tokens,description=File with bearer tokens; one a line; a request must carry one of them"`
}

// defaults are the values of keys that are not given.
var defaults = Config{
	SSLCertificate: "/etc/falco/falco.pem", MaxEventSize: audit.MaxEventSize, WebhookMaxBatchSize: webhook.DefaultMaxBatchSize,
	QueueBytes: 64 << 20, CheckpointDir: "/var/lib/falco/k8saudit", StartAt: string(tail.End),
}

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
	if err := c.check(); err != nil {
		return Config{}, nil, fmt.Errorf("init_config is invalid: %w", err)
	}
	warnings = c.complete()
	return c, warnings, nil
}

// check finds keys that contradict each other, and values that the schema does
// not allow: not every host checks it.
func (c *Config) check() error {
	switch {
	case (c.TLS.CertFile == "") != (c.TLS.KeyFile == ""):
		return errors.New("tls.certFile and tls.keyFile go together; give both")
	case c.TLS.CertFile != "" && c.SSLCertificate != "":
		return errors.New("sslCertificate and tls.certFile name two certificates; give one of them")
	case c.StartAt != "" && c.StartAt != string(tail.End) && c.StartAt != string(tail.Beginning):
		return fmt.Errorf("startAt is %q; it must be end or beginning", c.StartAt)
	}
	return nil
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
	c.SSLCertificate = cmp.Or(c.SSLCertificate, defaults.SSLCertificate)
	c.MaxEventSize = cmp.Or(c.MaxEventSize, defaults.MaxEventSize)
	c.WebhookMaxBatchSize = cmp.Or(c.WebhookMaxBatchSize, defaults.WebhookMaxBatchSize)
	c.QueueBytes = cmp.Or(c.QueueBytes, defaults.QueueBytes)
	c.CheckpointDir = cmp.Or(c.CheckpointDir, defaults.CheckpointDir)
	c.StartAt = cmp.Or(c.StartAt, defaults.StartAt)
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
