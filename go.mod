module github.com/k8saudit/k8saudit

go 1.26

require (
	github.com/falcosecurity/plugin-sdk-go v0.8.3
	github.com/valyala/fastjson v1.6.10
	go.yaml.in/yaml/v3 v3.0.4
)
