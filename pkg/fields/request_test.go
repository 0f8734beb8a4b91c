package fields

import "testing"

func TestParametersOfTheURIAreDecoded(t *testing.T) {
	f := newAsked(t).wants(`{"requestURI":"/api/v1/pods?a=1&b=%2Fx+y&a=2&c&d=&%65=e&f=%zz&g=1;h=2&=none&i=a=b&a=%00"}`)
	f(prefix+"request.param[a]", `1 2 \u0000`)
	f(prefix+"request.param[b]", "/x y")
	f(prefix+"request.param[c]", "")
	f(prefix+"request.param[d]", "")
	f(prefix+"request.param[e]", "e")
	f(prefix + "request.param[f]")
	f(prefix + "request.param[g]")
	f(prefix + "request.param[h]")
	f(prefix+"request.param[i]", "a=b")
	f(prefix + "request.param[none]")
	f(prefix+"request.path", "/api/v1/pods")
	newAsked(t).wants(`{"requestURI":"/a?"}`)(prefix+"request.path", "/a")
	newAsked(t).wants(`{"requestURI":7}`)(prefix + "request.path")
	newAsked(t).wants(`{"requestURI":"/a?x=1?y=2"}`)("ka.uri.param[x]", "1?y=2")
}

func TestTheCommandIsThatOfAnExec(t *testing.T) {
	f := func(reference string, want ...string) {
		t.Helper()
		newAsked(t).wants(`{"requestURI":"/x?command=sh&command=-c&command=id+-a","objectRef":`+reference+`}`)(prefix+"request.command", want...)
	}
	f(`{"resource":"pods","subresource":"exec"}`, "sh -c id -a")
	f(`{"resource":"pods","subresource":"log"}`)
	f(`{"resource":"pods"}`)
	f(`null`)
}

func TestTheClientIsTheFirstSourceAddress(t *testing.T) {
	f := func(addresses string, want ...string) {
		t.Helper()
		newAsked(t).wants(`{"sourceIPs":`+addresses+`}`)(prefix+"request.sourceip", want...)
	}
	f(`["192.0.2.7","10.0.0.1"]`, "192.0.2.7")
	f(`["2001:db8::1"]`, "2001:db8::1")
	f(`["::ffff:192.0.2.7"]`, "192.0.2.7")
	f(`["fe80::1%eth0"]`, "fe80::1")
	f(`[]`)
	f(`["unknown","192.0.2.7"]`)
	f(`[7]`)
	f(`"192.0.2.7"`)
	f(`null`)
}

func TestServiceAccountsAndNodesAreReadFromTheirUserNames(t *testing.T) {
	f := func(username, account, namespace, node string) {
		t.Helper()
		g := newAsked(t).wants(`{"user":{"username":"` + username + `"}}`)
		for name, want := range map[string]string{"serviceaccount.name": account, "serviceaccount.namespace": namespace, "node": node} {
			if want == "" {
				g(prefix + "user." + name)
			} else {
				g(prefix+"user."+name, want)
			}
		}
	}
	f("system:serviceaccount:dev:builder", "builder", "dev", "")
	f("system:serviceaccount:dev:a:b", "", "", "")
	f("system:serviceaccount:dev", "", "", "")
	f("system:serviceaccount:dev:", "", "", "")
	f("system:serviceaccount::builder", "", "", "")
	f("system:node:node-1", "", "", "node-1")
	f("system:node:", "", "", "")
	f("alice", "", "", "")
}

func TestTheUserAndWhomTheyImpersonate(t *testing.T) {
	f := newAsked(t).wants(`{"user":{"username":"a","uid":"1","groups":["x",7,"y"],"extra":{"k":["1","2"],"s":"one","authentication.kubernetes.io/pod-name":["p"],"authentication.kubernetes.io/node-name":["n"],"authentication.kubernetes.io/credential-id":["c"],"e":[]}},"impersonatedUser":{"username":"b","extra":{"k":["3"]}}}`)
	f(prefix+"user.username", "a")
	f(prefix+"user.groups", "x", "y")
	f(prefix+"user.groups[1]", "y")
	f(prefix+"user.extra[k]", "1 2")
	f(prefix+"user.extra[s]", "one")
	f(prefix + "user.extra[e]")
	f(prefix+"user.pod.name", "p")
	f(prefix+"user.pod.node", "n")
	f(prefix+"user.credential", "c")
	f("ka.impuser.name", "b")
	f(prefix+"impersonated.extra[k]", "3")
	f(prefix + "impersonated.groups")
}

func TestTheEnvelopeOfAnEvent(t *testing.T) {
	const event = `{"auditID":"a","level":"Request","stage":"Panic","requestReceivedTimestamp":"2024-05-01T10:00:00.000000Z","stageTimestamp":"2024-05-01T10:00:00.250001Z","annotations":{"audit.k8s.io/truncated":"true","cluster_name":"noted","k8s.io/deprecated":"false"}}`
	f := newAsked(t).wants(event)
	f(prefix+"level", "Request")
	f(prefix+"timestamp", "2024-05-01T10:00:00.250001Z")
	f(prefix+"latency", "250.001ms")
	f(prefix+"truncated", "true")
	f(prefix+"cluster", "noted")
	f(prefix+"deprecated", "false")
	f = newAsked(t).wants(`{"requestReceivedTimestamp":"2024-05-01T10:00:01Z","stageTimestamp":"2024-05-01T10:00:00Z","annotations":[]}`)
	f(prefix + "latency")
	f(prefix+"truncated", "false")
	f(prefix + "cluster")
	f(prefix + "deprecated")
	a := newAsked(t)
	a.event = NewEvent(func() string { return "configured" }, func() {})
	a.wants(event)(prefix+"cluster", "configured")
}
