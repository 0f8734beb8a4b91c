package fields

import "strconv"

// clusterRows are admission webhooks and ConfigMaps.
var clusterRows = []row{
	{name: "request.object.webhooks.names", typ: Text, list: true, get: webhooks(addWebhookText("name")),
		desc: "The names of the webhooks in an admission webhook configuration."},
	{name: "request.object.webhooks.urls", typ: Text, list: true, get: webhooks(addWebhookText("clientConfig", "url")),
		desc: "The URL of each webhook; empty for one that is a service."},
	{name: "request.object.webhooks.services", typ: Text, list: true, get: webhooks(addWebhookService),
		desc: "The service of each webhook, as namespace/name:port; empty for one that is a URL."},
	{name: "request.object.webhooks.failurePolicies", typ: Text, list: true, get: webhooks(addWebhookText("failurePolicy")),
		desc: "What happens when a webhook cannot be reached: Fail or Ignore."},
	{name: "request.object.data.keys", typ: Text, list: true, get: keysAt(configMap, "data", "binaryData"),
		desc: "The keys in a ConfigMap."},
	{name: "request.object.data", ka: "ka.req.configmap.obj", typ: Text, get: jsonAt(configMap, "data"),
		desc: "The data of a ConfigMap, as JSON; never that of a Secret."},
	{ka: "ka.req.configmap.name", typ: Text, get: configMapName,
		desc: "The name of a ConfigMap."},
}

var configMap = ofResource("configmaps")

// configMapName is the name of the object when it is a ConfigMap.
func configMapName(e *Event, arg Arg, out *Values) {
	if is(child(e.at(objectRef), "resource"), "configmaps") {
		targetName(e, arg, out)
	}
}

// webhooks writes one text for each webhook of a configuration.
func webhooks(add func(webhook node, out *Values)) getter {
	return func(e *Event, _ Arg, out *Values) {
		for _, webhook := range elements(child(e.body(), "webhooks")) {
			add(webhook, out)
		}
	}
}

func addWebhookText(path ...string) func(node, *Values) {
	return func(webhook node, out *Values) { addAligned(at(webhook, path...), out) }
}

func addWebhookService(webhook node, out *Values) {
	if service := at(webhook, "clientConfig", "service"); service != nil {
		namespace, _ := text(child(service, "namespace"))
		name, _ := text(child(service, "name"))
		out.append(namespace)
		out.appendString("/")
		out.append(name)
		out.appendString(":")
		port, ok := number(child(service, "port"))
		if !ok {
			port = 443 // the API's default
		}
		out.text = strconv.AppendUint(out.text, port, 10)
	}
	out.end()
}
