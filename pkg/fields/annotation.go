package fields

// annotationRows are what the API server's authentication, authorization and
// admission noted on the event.
var annotationRows = []row{
	{name: "annotation", typ: Text, arg: KeyArg, get: keyAt(root(annotations)),
		desc: "The annotation of that key: annotation[authorization.k8s.io/decision]."},
	{name: "annotations", typ: Text, list: true, get: pairsAt(root(annotations)),
		desc: "All annotations of the event, as key=value."},
	{name: "auth.decision", ka: "ka.auth.decision", typ: Text, get: annotated("authorization.k8s.io/decision"),
		desc: "The authorization's decision: allow or forbid. A request that admission refuses has allow."},
	{name: "auth.reason", ka: "ka.auth.reason", typ: Text, get: annotated("authorization.k8s.io/reason"),
		desc: "The authorization's reason, such as the role binding that allowed the request."},
	{name: "auth.openshift.decision", ka: "ka.auth.openshift.decision", typ: Text, get: annotated("authentication.openshift.io/decision"),
		desc: "The decision of OpenShift's authentication."},
	{name: "auth.openshift.username", ka: "ka.auth.openshift.username", typ: Text, get: annotated("authentication.openshift.io/username"),
		desc: "The user name that OpenShift's authentication saw."},
	{name: "podsecurity.violations", ka: "ka.security.pod.violations", typ: Text, get: annotated("pod-security.kubernetes.io/audit-violations"),
		desc: "What of the Pod Security standard in audit mode the request violates."},
	{name: "podsecurity.enforced", typ: Text, get: annotated("pod-security.kubernetes.io/enforce-policy"),
		desc: "The Pod Security standard that was enforced: privileged:latest, baseline:v1.30 and so on."},
	{name: "policy.failure", ka: "ka.validations.admission.policy.failure", typ: Text, get: annotated("validation.policy.admission.k8s.io/validation_failure"),
		desc: "What validating admission policies found wrong with the request, as JSON."},
	{name: "deprecated", typ: Flag, get: annotatedTrue("k8s.io/deprecated"),
		desc: "True when the request used a deprecated API version."},
	{name: "token.stale", typ: Text, get: annotated("authentication.k8s.io/stale-token"),
		desc: "Which service account used a bound token past the expiry that its owner was told."},
	{name: "token.legacy", typ: Text, get: annotated("authentication.k8s.io/legacy-token"),
		desc: "Which service account used a token from a secret, which does not expire."},
}

func annotated(key string) getter { return textAt(root(annotations), key) }

func annotatedTrue(key string) getter {
	return func(e *Event, _ Arg, out *Values) {
		if v := child(e.at(annotations), key); v != nil {
			out.addFlag(is(v, "true"))
		}
	}
}
