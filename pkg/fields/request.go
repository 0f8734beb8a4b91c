package fields

import (
	"bytes"
	"net/netip"
	"net/url"
	"unsafe"
)

// requestRows are what was asked for, and by which client.
var requestRows = []row{
	{name: "request.verb", ka: "ka.verb", typ: Text, get: memberText(verb),
		desc: "The verb: get, list, watch, create, update, patch, delete, deletecollection, or that of a request for no resource. An exec over a websocket is a get."},
	{name: "request.uri", ka: "ka.uri", typ: Text, get: memberText(requestURI),
		desc: "The URI of the request, as the client sent it."},
	{name: "request.path", typ: Text, get: requestPath,
		desc: "The path of the URI, without its parameters, as the client sent it."},
	{name: "request.param", ka: "ka.uri.param", typ: Text, arg: KeyArg, get: param,
		desc: "A parameter of the URI, decoded: param[dryRun]. One that is given several times is joined by a space."},
	{name: "request.command", typ: Text, get: command,
		desc: "The command of an exec or attach, as one line."},
	{name: "request.useragent", ka: "ka.useragent", typ: Text, get: memberText(userAgent),
		desc: "What the client calls itself."},
	{name: "request.sourceips", ka: "ka.sourceips", typ: Text, list: true, get: textsAt(root(sourceIPs)),
		desc: "The addresses that the request came from: first those that proxies reported, last the one that connected."},
	{name: "request.sourceip", typ: Address, get: sourceIP,
		desc: "The first of the source addresses, the client's. A client can choose it by an X-Forwarded-For header."},
	{name: "request.sourcenet", typ: Network, get: sourceIP,
		desc: "The same address, to be compared with networks: request.sourcenet in (10.0.0.0/8). It cannot be printed."},
}

func requestPath(e *Event, _ Arg, out *Values) {
	if uri := e.string(requestURI); uri != nil {
		path, _, _ := cutText(uri, "?")
		out.add(path)
	}
}

func param(e *Event, arg Arg, out *Values) { addParam(e, arg.Key, out) }

// commandSubresources are the ways to run a command in a container.
var commandSubresources = map[string]bool{"exec": true, "attach": true}

func command(e *Event, _ Arg, out *Values) {
	if sub, _ := text(child(e.at(objectRef), "subresource")); commandSubresources[string(sub)] {
		addParam(e, "command", out)
	}
}

// addParam adds the values of a parameter of the URI as one text. A part of the
// query that is malformed is passed over, as the API server does.
func addParam(e *Event, key string, out *Values) {
	_, query, _ := cutText(e.string(requestURI), "?")
	found := false
	for len(query) > 0 {
		var pair []byte
		pair, query, _ = cutText(query, "&")
		name, value, _ := cutText(pair, "=")
		if bytes.IndexByte(pair, ';') >= 0 || !queryIs(name, key) {
			continue
		}
		decoded, err := url.QueryUnescape(string(value))
		if err != nil {
			continue
		}
		if found {
			out.appendString(" ")
		}
		out.append([]byte(decoded))
		found = true
	}
	if found {
		out.end()
	}
}

// queryIs reports whether the escaped name of a parameter is key.
func queryIs(name []byte, key string) bool {
	if string(name) == key {
		return true
	}
	if bytes.IndexByte(name, '%') < 0 && bytes.IndexByte(name, '+') < 0 {
		return false
	}
	decoded, err := url.QueryUnescape(string(name))
	return err == nil && decoded == key
}

func sourceIP(e *Event, _ Arg, out *Values) {
	all := elements(e.at(sourceIPs))
	if len(all) == 0 {
		return
	}
	s, _ := text(all[0])
	// ParseAddr keeps its text only in an error, which is not kept.
	if addr, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(s), len(s))); err == nil {
		out.addAddress(addr.Unmap().WithZone(""))
	}
}
