package fields

// member is one of the members of an audit event (k8s.io/apiserver,
// pkg/apis/audit/v1, Event).
type member int

const (
	level member = iota
	auditID
	stage
	requestURI
	verb
	user
	impersonatedUser
	sourceIPs
	userAgent
	objectRef
	responseStatus
	requestObject
	responseObject
	requestReceivedTimestamp
	stageTimestamp
	annotations
	requestInfo // of the simplified form
	requestBody // of the simplified form

	members = int(iota)
)

// memberNames are the members' keys in the event's JSON.
var memberNames = map[string]member{
	"level": level, "auditID": auditID, "stage": stage, "requestURI": requestURI, "verb": verb, "user": user,
	"impersonatedUser": impersonatedUser, "sourceIPs": sourceIPs, "userAgent": userAgent, "objectRef": objectRef,
	"responseStatus": responseStatus, "requestObject": requestObject, "responseObject": responseObject,
	"requestReceivedTimestamp": requestReceivedTimestamp, "stageTimestamp": stageTimestamp, "annotations": annotations,
	"requestInfo": requestInfo, "requestBody": requestBody,
}
