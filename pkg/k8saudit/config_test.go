package k8saudit

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAConfigurationThatSaysNothingHasTheDefaults(t *testing.T) {
	want := Config{
		SSLCertificate: "/etc/falco/falco.pem", MaxEventSize: 16 << 20, WebhookMaxBatchSize: 128 << 20, QueueBytes: 64 << 20,
		CheckpointDir: "/var/lib/falco/k8saudit", StartAt: "end",
	}
	for _, text := range []string{"", " \n", `""`, "null", "{}"} {
		if got, warnings, err := ParseConfig(text); err != nil || got != want || len(warnings) > 0 {
			t.Errorf("%q: got %+v, %q, %v, want %+v", text, got, warnings, err, want)
		}
	}
}

func TestTheIncumbentsKeysAreAccepted(t *testing.T) {
	got, _, err := ParseConfig(`{"sslCertificate":"/a.pem","maxEventSize":262144,"webhookMaxBatchSize":12582912,"useAsync":true}`)
	want := defaults
	want.SSLCertificate, want.MaxEventSize, want.WebhookMaxBatchSize, want.UseAsync = "/a.pem", 262144, 12582912, true
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestTheAliasOfMaxEventSizeIsAcceptedWithAWarning(t *testing.T) {
	f := func(text string, want uint64) {
		t.Helper()
		got, warnings, err := ParseConfig(text)
		if err != nil || got.MaxEventSize != want || len(warnings) != 1 || !strings.Contains(warnings[0], "maxEventSize") {
			t.Errorf("%s: size %d, warnings %q, %v, want %d and a warning that names maxEventSize", text, got.MaxEventSize, warnings, err, want)
		}
	}
	f(`{"maxEventBytes":1048576}`, 1048576)
	f(`{"maxEventBytes":1048576,"maxEventSize":2097152}`, 2097152)
}

func TestAnInvalidConfigurationIsRefusedByName(t *testing.T) {
	f := func(text, names string) {
		t.Helper()
		if _, _, err := ParseConfig(text); err == nil || !strings.Contains(err.Error(), names) {
			t.Errorf("%s: error %v, want one that names %s", text, err, names)
		}
	}
	f(`{"maxEventSise":1}`, `"maxEventSise"`)
	f(`{"maxEventSize":"large"}`, "maxEventSize")
	f(`{"maxEventSize":-1}`, "maxEventSize")
	f(`[]`, "map of keys")
	f(`{"tls":{"certificate":"/a"}}`, `"certificate"`)
	f(`{"tls":{"certFile":"/a"}}`, "tls.keyFile")
	f(`{"tls":{"certFile":"/a","keyFile":"/b"},"sslCertificate":"/c"}`, "sslCertificate")
	f(`{"startAt":"middle"}`, "startAt")
	f(`{"useAsync":true} {}`, "behind the configuration")
	f(`{`, "init_config")
}

func TestTheSchemaHasEveryKeyAndAllowsNothingElse(t *testing.T) {
	var schema struct {
		OneOf []struct {
			Type                 string
			Properties           map[string]struct{ Type, Description string }
			AdditionalProperties *bool
			Required             []string
		}
	}
	if err := json.Unmarshal([]byte(Schema()), &schema); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, s := range schema.OneOf {
		kinds = append(kinds, s.Type)
	}
	if got := strings.Join(kinds, " "); got != "object null string" {
		t.Fatalf("the schema allows %q, want an object, null and an empty text", got)
	}
	object := schema.OneOf[0]
	if object.AdditionalProperties == nil || *object.AdditionalProperties || len(object.Required) > 0 {
		t.Error("the schema allows unknown keys or requires some")
	}
	for _, key := range []string{"sslCertificate", "maxEventSize", "maxEventBytes", "webhookMaxBatchSize", "useAsync", "clusterName",
		"clusterFromPath", "clusterHeader", "queueBytes", "dedupe", "tls", "auth", "checkpointDir", "startAt"} {
		if object.Properties[key].Type == "" || object.Properties[key].Description == "" {
			t.Errorf("the schema does not describe %s: %s", key, Schema())
		}
	}
}
