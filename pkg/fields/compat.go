package fields

// compatRows are the names of the incumbent that mean something which no native
// field does.
var compatRows = []row{
	{ka: "ka.req.pod.containers.image.repository", typ: Text, list: true, byElement: true, get: perContainer(containers, writtenRepository),
		desc: "The image of each container without tag and digest, as it is written."},
	{ka: "ka.req.pod.initContainers.image.repository", typ: Text, list: true, byElement: true, get: perContainer(initContainers, writtenRepository),
		desc: "The image of each init container without tag and digest, as it is written."},
	{ka: "ka.req.pod.ephemeralContainers.image.repository", typ: Text, list: true, byElement: true, get: perContainer(ephemeralContainers, writtenRepository),
		desc: "The image of each ephemeral container without tag and digest, as it is written."},
	{ka: "ka.req.container.image", typ: Text, get: first(perContainer(containers, aligned("image"))),
		desc: "The image of the first container."},
	{ka: "ka.req.container.image.repository", typ: Text, get: first(perContainer(containers, writtenRepository)),
		desc: "The image of the first container without tag and digest, as it is written."},
	{ka: "ka.req.binding.subject.has_name", typ: Text, arg: KeyArg, get: hasSubject,
		desc: "true when a subject of the binding has that name, else false."},
}

// first is a getter for the first value of a list.
func first(list getter) getter {
	return func(e *Event, _ Arg, out *Values) { list(e, Arg{Present: true}, out) }
}

func hasSubject(e *Event, arg Arg, out *Values) {
	all := child(e.body(), "subjects")
	if all == nil {
		return
	}
	for _, subject := range elements(all) {
		if is(child(subject, "name"), arg.Key) {
			out.addFlag(true)
			return
		}
	}
	out.addFlag(false)
}
