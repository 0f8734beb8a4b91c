package fields

// podTextRows are what all containers of a pod say, as one text: Falco searches
// inside texts (contains, regex), but of lists it compares whole elements only.
var podTextRows = []row{
	{name: spec + "images", typ: Text, get: podText("; ", imageWritten),
		desc: "The images of all containers as one text, as they are written, to be searched in."},
	{name: spec + "commands", typ: Text, get: podText("; ", commandLine),
		desc: "All that the containers are told to run as one text, to be searched in: commands, arguments, probes and lifecycle hooks."},
	{name: spec + "environment", typ: Text, get: podText("; ", env),
		desc: "The environment of all containers that is written as values as one text, as name=value, to be searched in. It may hold credentials: not for an output."},
}

// podText is a getter for an attribute of all containers, joined by a separator.
func podText(separator string, get attribute) getter {
	return func(e *Event, _ Arg, out *Values) {
		each := Values{typ: Text}
		for _, c := range e.podSpec().containers {
			get(e, c.node, &each)
		}
		for i := range each.Len() {
			if i > 0 {
				out.appendString(separator)
			}
			out.append(each.Text(i))
		}
		if each.Len() > 0 {
			out.end()
		}
	}
}

func imageWritten(_ *Event, c node, out *Values) { addText(child(c, "image"), out) }

// commands are where a container says what to run (k8s.io/api, core/v1,
// Container).
var commands = [][]string{
	{"command"}, {"args"},
	{"livenessProbe", "exec", "command"}, {"readinessProbe", "exec", "command"}, {"startupProbe", "exec", "command"},
	{"lifecycle", "postStart", "exec", "command"}, {"lifecycle", "preStop", "exec", "command"},
}

// commandLine is all that a container runs. Command and arguments are one
// command line.
func commandLine(_ *Event, c node, out *Values) {
	var line []node
	for i, path := range commands {
		if i >= 2 {
			addJoined(line, out)
			line = nil
		}
		line = append(line, elements(at(c, path...))...)
	}
	addJoined(line, out)
}
