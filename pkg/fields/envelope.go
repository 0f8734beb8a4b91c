package fields

import (
	"github.com/k8saudit/k8saudit/pkg/audit"
)

// eventRows are the event itself: what the API server says about the record,
// not about the request.
var eventRows = []row{
	{name: "id", ka: "ka.auditid", typ: Text, get: memberText(auditID),
		desc: "The audit ID, the same in every stage of one request. A client can choose it (Audit-ID header): it is neither unique nor to be trusted."},
	{name: "level", typ: Text, get: memberText(level),
		desc: "The audit level of the event: Metadata, Request or RequestResponse."},
	{name: "stage", ka: "ka.stage", typ: Text, get: memberText(stage),
		desc: "The stage of the request: RequestReceived, ResponseStarted, ResponseComplete or Panic."},
	{name: "timestamp", typ: Timestamp, get: memberTime(stageTimestamp),
		desc: "When the stage was reached."},
	{name: "received", typ: Timestamp, get: memberTime(requestReceivedTimestamp),
		desc: "When the API server received the request."},
	{name: "latency", typ: Duration, get: latency,
		desc: "The time from the receipt of the request to this stage."},
	{name: "size", typ: Number, get: size,
		desc: "The size of the event in bytes, as it was received; of an event that was cut, what is left."},
	{name: "truncated", typ: Flag, get: isTruncated,
		desc: "True when the objects of the event were removed for its size, by the API server or because of maxEventSize."},
	{name: "blind", typ: Flag, get: isBlind,
		desc: "True when the audit policy kept an object from the log that rules look into, once for each resource and hour: the request changed it, and the event is of level Metadata."},
	{name: "cluster", ka: "ka.cluster.name", typ: Text, get: clusterName,
		desc: "The cluster that the event comes from: clusterName of the configuration, else what its sender told the webhook, else the annotation cluster_name."},
	{name: "value", typ: Text, arg: KeyArg, get: anyValue,
		desc: "Anything in the event, by JSON pointer: value[/requestObject/spec/nodeName]. Objects and arrays are shown as JSON."},
}

func latency(e *Event, _ Arg, out *Values) {
	received, ok := audit.Time(e.string(requestReceivedTimestamp))
	reached, ok2 := audit.Time(e.string(stageTimestamp))
	if ok && ok2 && !reached.Before(received) {
		out.addNumber(uint64(reached.Sub(received)))
	}
}

func size(e *Event, _ Arg, out *Values) { out.addNumber(uint64(len(e.raw))) }

func isTruncated(e *Event, _ Arg, out *Values) {
	out.addFlag(is(child(e.at(annotations), "audit.k8s.io/truncated"), "true"))
}

func clusterName(e *Event, _ Arg, out *Values) {
	if name := e.cluster(); name != "" {
		out.add([]byte(name))
		return
	}
	addText(child(e.at(annotations), "cluster_name"), out)
}
