package fields

import (
	"path"
	"strconv"
)

// specRows are what the specifications of other objects than pods say.
var specRows = []row{
	{name: spec + "type", ka: "ka.req.service.type", typ: Text, get: textAt((*Event).body, "spec", "type"),
		desc: "The type of a Service: ClusterIP, NodePort, LoadBalancer, ExternalName."},
	{name: spec + "ports", typ: Text, list: true, get: servicePorts,
		desc: "The ports of a Service, as port/protocol: 443/TCP."},
	{ka: "ka.req.service.ports", typ: Text, list: true, get: eachJSONAt((*Event).body, "spec", "ports"),
		desc: "The ports of a Service, each as JSON."},
	{name: spec + "nodePorts", typ: Text, list: true, get: nodePorts,
		desc: "The ports of the node that a Service asks for."},
	{name: spec + "externalIPs", typ: Text, list: true, get: textsAt((*Event).body, "spec", "externalIPs"),
		desc: "The external addresses of a Service, for which nodes take traffic."},
	{name: spec + "externalName", typ: Text, get: textAt((*Event).body, "spec", "externalName"),
		desc: "The name that a Service of type ExternalName stands for."},
	{name: spec + "loadBalancerSourceRanges", typ: Text, list: true, get: textsAt((*Event).body, "spec", "loadBalancerSourceRanges"),
		desc: "The networks that may use the load balancer of a Service."},
	{name: spec + "selector", typ: Text, list: true, get: pairsAt((*Event).body, "spec", "selector"),
		desc: "The labels by which a Service selects pods, as key=value."},
	{name: spec + "persistentVolume.hostPath", typ: Text, get: persistentVolumePath("hostPath"),
		desc: "The path of the node behind a PersistentVolume, cleaned: /etc for /var/../etc/."},
	{name: spec + "persistentVolume.local", typ: Text, get: persistentVolumePath("local"),
		desc: "The path of a node's own disk behind a PersistentVolume, cleaned."},
	{name: spec + "persistentVolume.csi", typ: Text, get: textAt(persistentVolume, "spec", "csi", "driver"),
		desc: "The CSI driver behind a PersistentVolume."},
	{name: spec + "tls", typ: Flag, get: ingressTLS,
		desc: "Whether an Ingress has TLS."},
	{name: spec + "hosts", typ: Text, list: true, get: ingressHosts,
		desc: "The hosts of an Ingress."},
	{name: spec + "ingressClass", typ: Text, get: ingressClass,
		desc: "The class of an Ingress, by its field or else its annotation."},
	{name: spec + "replicas", typ: Number, get: numberAt((*Event).body, "spec", "replicas"),
		desc: "How many replicas a workload asks for."},
}

// ofResource is the object when the request is about that resource.
func ofResource(resource string) finder {
	return func(e *Event) node {
		if !is(child(e.at(objectRef), "resource"), resource) {
			return nil
		}
		return e.body()
	}
}

func servicePorts(e *Event, _ Arg, out *Values) {
	for _, port := range elements(at(e.body(), "spec", "ports")) {
		n, ok := number(child(port, "port"))
		if !ok {
			continue
		}
		out.text = strconv.AppendUint(out.text, n, 10)
		out.appendString("/")
		if protocol, ok := text(child(port, "protocol")); ok {
			out.append(protocol)
		} else {
			out.appendString("TCP") // the API's default
		}
		out.end()
	}
}

func nodePorts(e *Event, _ Arg, out *Values) {
	for _, port := range elements(at(e.body(), "spec", "ports")) {
		if n, ok := number(child(port, "nodePort")); ok && n > 0 {
			out.addNumber(n)
		}
	}
}

var persistentVolume = ofResource("persistentvolumes")

// persistentVolumePath is the cleaned path of a PersistentVolume of that type.
func persistentVolumePath(kind string) getter {
	return func(e *Event, _ Arg, out *Values) {
		if s, _ := text(at(persistentVolume(e), "spec", kind, "path")); len(s) > 0 {
			out.add([]byte(path.Clean(string(s))))
		}
	}
}

var ingress = ofResource("ingresses")

func ingressTLS(e *Event, _ Arg, out *Values) {
	if v := child(ingress(e), "spec"); v != nil {
		out.addFlag(len(elements(child(v, "tls"))) > 0)
	}
}

func ingressHosts(e *Event, _ Arg, out *Values) {
	for _, rule := range elements(at(ingress(e), "spec", "rules")) {
		addText(child(rule, "host"), out)
	}
}

func ingressClass(e *Event, _ Arg, out *Values) {
	_ = addNonEmpty(at(ingress(e), "spec", "ingressClassName"), out) ||
		addNonEmpty(at(ingress(e), "metadata", "annotations", "kubernetes.io/ingress.class"), out)
}
