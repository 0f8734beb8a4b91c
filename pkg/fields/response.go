package fields

// responseRows are what the API server answered.
var responseRows = []row{
	{name: "response.code", ka: "ka.response.code", typ: Number, get: numberAt(root(responseStatus), "code"),
		desc: "The HTTP status code of the answer."},
	{name: "response.status", typ: Text, get: textAt(root(responseStatus), "status"),
		desc: "Success or Failure, where the answer is a Status."},
	{name: "response.reason", ka: "ka.response.reason", typ: Text, get: textAt(root(responseStatus), "reason"),
		desc: "Why the request failed, in one word: Forbidden, NotFound, AlreadyExists."},
	{name: "response.message", typ: Text, get: textAt(root(responseStatus), "message"),
		desc: "Why the request failed, in a sentence."},
	{name: "response.object", typ: Text, arg: KeyArg, get: pathAt(root(responseObject)),
		desc: "Anything in the response object, by dotted path; see request.object."},
	{name: "response.object.kind", typ: Text, get: textAt(root(responseObject), "kind"),
		desc: "The kind of the response object."},
	{name: "response.object.metadata.name", ka: "ka.resp.name", typ: Text, get: textAt(root(responseObject), "metadata", "name"),
		desc: "The name of the response object."},
}
