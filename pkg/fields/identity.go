package fields

import "bytes"

// userRows are who made the request.
var userRows = []row{
	{name: "user.username", ka: "ka.user.name", typ: Text, get: textAt(root(user), "username"),
		desc: "The user who made the request; under impersonation the real one."},
	{name: "user.uid", typ: Text, get: textAt(root(user), "uid"),
		desc: "The user's UID."},
	{name: "user.groups", ka: "ka.user.groups", typ: Text, list: true, get: textsAt(root(user), "groups"),
		desc: "The user's groups."},
	{name: "user.extra", typ: Text, arg: KeyArg, get: keyAt(root(user), "extra"),
		desc: "Further information from authentication, by key; several values are joined by a space."},
	{name: "user.serviceaccount.name", typ: Text, get: serviceAccount(1),
		desc: "The name of the service account, when the user is one (system:serviceaccount:namespace:name)."},
	{name: "user.serviceaccount.namespace", typ: Text, get: serviceAccount(0),
		desc: "The namespace of the service account, when the user is one."},
	{name: "user.node", typ: Text, get: nodeName,
		desc: "The name of the node, when the user is a kubelet (system:node:name)."},
	{name: "user.pod.name", typ: Text, get: extra("authentication.kubernetes.io/pod-name"),
		desc: "The pod to which the user's token is bound."},
	{name: "user.pod.node", typ: Text, get: extra("authentication.kubernetes.io/node-name"),
		desc: "The node to which the user's token is bound."},
	{name: "user.credential", typ: Text, get: extra("authentication.kubernetes.io/credential-id"),
		desc: "The ID of the token or certificate that was used."},
	{name: "impersonated.username", ka: "ka.impuser.name", typ: Text, get: textAt(root(impersonatedUser), "username"),
		desc: "The user whom the request was made as. A refused impersonation has none."},
	{name: "impersonated.uid", typ: Text, get: textAt(root(impersonatedUser), "uid"),
		desc: "The UID of the impersonated user."},
	{name: "impersonated.groups", typ: Text, list: true, get: textsAt(root(impersonatedUser), "groups"),
		desc: "The groups of the impersonated user."},
	{name: "impersonated.extra", typ: Text, arg: KeyArg, get: keyAt(root(impersonatedUser), "extra"),
		desc: "Further information on the impersonated user, by key; several values are joined by a space."},
}

// The names by which service accounts and kubelets are known
// (k8s.io/apiserver, pkg/authentication/serviceaccount and pkg/authentication/user).
var (
	serviceAccountPrefix = []byte("system:serviceaccount:")
	nodePrefix           = []byte("system:node:")
)

// serviceAccount is a part of the service account's name: 0 its namespace, 1
// its name.
func serviceAccount(part int) getter {
	return func(e *Event, _ Arg, out *Values) {
		name, _ := text(child(e.at(user), "username"))
		rest, ok := bytes.CutPrefix(name, serviceAccountPrefix)
		if !ok {
			return
		}
		namespace, account, _ := cutText(rest, ":")
		if len(namespace) > 0 && len(account) > 0 && bytes.IndexByte(account, ':') < 0 {
			out.add([...][]byte{namespace, account}[part])
		}
	}
}

func nodeName(e *Event, _ Arg, out *Values) {
	name, _ := text(child(e.at(user), "username"))
	if node, ok := bytes.CutPrefix(name, nodePrefix); ok && len(node) > 0 {
		out.add(node)
	}
}

// extra is what authentication noted under that key.
func extra(key string) getter {
	get := keyAt(root(user), "extra")
	return func(e *Event, _ Arg, out *Values) { get(e, Arg{Key: key}, out) }
}
