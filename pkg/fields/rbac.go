package fields

// rbacRows are roles and bindings.
var rbacRows = []row{
	{name: "request.object.roleRef.kind", typ: Text, get: textAt((*Event).body, "roleRef", "kind"),
		desc: "The kind of role that a binding gives: Role or ClusterRole."},
	{name: "request.object.roleRef.name", ka: "ka.req.binding.role", typ: Text, get: textAt((*Event).body, "roleRef", "name"),
		desc: "The name of the role that a binding gives."},
	{name: "request.object.subjects.users", ka: "ka.req.binding.subjects.user_names", typ: Text, list: true, get: subjects("User", false),
		desc: "The users that a binding gives the role to."},
	{name: "request.object.subjects.groups", ka: "ka.req.binding.subjects.group_names", typ: Text, list: true, get: subjects("Group", false),
		desc: "The groups that a binding gives the role to."},
	{name: "request.object.subjects.serviceaccounts", ka: "ka.req.binding.subjects.serviceaccount_ns_names", typ: Text, list: true, get: subjects("ServiceAccount", true),
		desc: "The service accounts that a binding gives the role to, as namespace:name."},
	{name: "request.object.subjects.serviceaccountNames", ka: "ka.req.binding.subjects.serviceaccount_names", typ: Text, list: true, get: subjects("ServiceAccount", false),
		desc: "The names of the service accounts that a binding gives the role to."},
	{ka: "ka.req.binding.subjects", typ: Text, list: true, get: eachJSONAt((*Event).body, "subjects"),
		desc: "The subjects of a binding, each as JSON."},
	{name: "request.object.rules.grants", typ: Text, list: true, get: grants,
		desc: "What a role grants, every combination of each rule: verb:group/resource, with /resource for the core group and =name behind one that is limited to an object, or verb:/path for a URL."},
	{name: "request.object.rules.verbs", ka: "ka.req.role.rules.verbs", typ: Text, list: true, get: ruleTexts("verbs"), byElement: true,
		desc: "The verbs in the rules of a role; with an index those of one rule."},
	{name: "request.object.rules.resources", ka: "ka.req.role.rules.resources", typ: Text, list: true, get: ruleTexts("resources"), byElement: true,
		desc: "The resources in the rules of a role; with an index those of one rule."},
	{name: "request.object.rules.groups", ka: "ka.req.role.rules.apiGroups", typ: Text, list: true, get: ruleTexts("apiGroups"), byElement: true,
		desc: "The API groups in the rules of a role; with an index those of one rule. The core group is an empty text."},
	{name: "request.object.rules.urls", ka: "ka.req.role.rules.nonResourceURLs", typ: Text, list: true, get: ruleTexts("nonResourceURLs"), byElement: true,
		desc: "The URLs in the rules of a role; with an index those of one rule."},
	{ka: "ka.req.role.rules", typ: Text, list: true, get: eachJSONAt((*Event).body, "rules"),
		desc: "The rules of a role, each as JSON."},
	{name: "request.object.aggregated", typ: Flag, get: aggregated,
		desc: "Whether a ClusterRole is made of others (aggregationRule)."},
}

// subjects are the names of the subjects of that kind.
func subjects(kind string, namespaced bool) getter {
	return func(e *Event, _ Arg, out *Values) {
		for _, subject := range elements(child(e.body(), "subjects")) {
			name, ok := text(child(subject, "name"))
			if !ok || !is(child(subject, "kind"), kind) {
				continue
			}
			if namespaced {
				namespace, _ := text(child(subject, "namespace"))
				out.append(namespace)
				out.appendString(":")
			}
			out.append(name)
			out.end()
		}
	}
}

// ruleTexts are the strings under that key of every rule, or of one.
func ruleTexts(key string) getter {
	return func(e *Event, arg Arg, out *Values) {
		for i, rule := range elements(child(e.body(), "rules")) {
			if !arg.Present || arg.Index == uint64(i) {
				addTexts(child(rule, key), out)
			}
		}
	}
}

// mostGrants is how many grants are listed, mostGrantBytes how much text they
// may be. A role can be written so that its combinations are billions, or its
// verbs megabytes; one beyond this is shown to grant everything, so that it
// cannot hide what it grants.
const (
	mostGrants     = 1 << 16
	mostGrantBytes = 4 << 20
)

const everything = "*:*/*"

func grants(e *Event, _ Arg, out *Values) {
	for _, rule := range elements(child(e.body(), "rules")) {
		if !addGrants(rule, out) {
			out.addString(everything)
			return
		}
	}
}

// addGrants adds the grants of one rule; false when there are too many.
func addGrants(rule node, out *Values) bool {
	verbs := elements(child(rule, "verbs"))
	groups, resources := elements(child(rule, "apiGroups")), elements(child(rule, "resources"))
	names, urls := elements(child(rule, "resourceNames")), elements(child(rule, "nonResourceURLs"))
	each := len(groups)*len(resources)*max(1, len(names)) + len(urls)
	if each > mostGrants || out.Len()+len(verbs)*each > mostGrants {
		return false
	}
	for _, verb := range verbs {
		for _, group := range groups {
			for _, resource := range resources {
				if !addGrant(verb, group, resource, names, out) {
					return false
				}
			}
		}
		for _, url := range urls {
			if addJoinedBy(out, part{"", verb}, part{":", url}); len(out.text) > mostGrantBytes {
				return false
			}
		}
	}
	return true
}

// addGrant adds a grant, or one for each name; false when there is too much.
func addGrant(verb, group, resource node, names []node, out *Values) bool {
	if len(names) == 0 {
		addJoinedBy(out, part{"", verb}, part{":", group}, part{"/", resource})
	}
	for _, name := range names {
		if addJoinedBy(out, part{"", verb}, part{":", group}, part{"/", resource}, part{"=", name}); len(out.text) > mostGrantBytes {
			return false
		}
	}
	return len(out.text) <= mostGrantBytes
}

// part is a string with what stands before it.
type part struct {
	before string
	v      node
}

// addJoinedBy adds one text made of parts, or none when a part is no string.
func addJoinedBy(out *Values, parts ...part) {
	begin := len(out.text)
	for _, p := range parts {
		s, ok := text(p.v)
		if !ok {
			out.text = out.text[:begin]
			return
		}
		out.appendString(p.before)
		out.append(s)
	}
	out.end()
}

func aggregated(e *Event, _ Arg, out *Values) {
	if role := ofResource("clusterroles")(e); role != nil {
		out.addFlag(child(role, "aggregationRule") != nil)
	}
}
