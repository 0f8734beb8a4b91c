package fields

import (
	"strconv"
	"strings"

	"github.com/valyala/fastjson"
)

// mostOperations is how many operations of a JSON patch are read: the API
// server refuses a patch with more (k8s.io/apiserver,
// pkg/endpoints/handlers/patch.go).
const mostOperations = 10000

// mostSteps is how many keys are looked at for all operations together, which
// takes a fraction of a second: an object of many keys, and an operation for
// each, would take minutes.
const mostSteps = 1 << 26

// patchObject is the part of an object that a JSON patch (RFC 6902) writes: its
// values, each at its path. What it removes, copies or moves is not known
// without the object. An element of an array is found again by its index; what
// the array held before is not known either.
func (e *Event) patchObject() node {
	e.patch.parsed = true
	operations := elements(e.parse(&e.patch, e.text[requestObject])) // of its own, since it is written to
	if len(operations) == 0 || len(operations) > mostOperations {
		return nil
	}
	p := patching{arena: new(fastjson.Arena), made: map[place]node{}}
	p.root = p.arena.NewObject()
	for _, operation := range operations {
		if p.apply(operation); p.steps > mostSteps {
			e.broken()
			break
		}
	}
	return object(p.root)
}

// patching is an object in the making.
type patching struct {
	arena *fastjson.Arena
	root  node
	made  map[place]node // elements of arrays that an operation wrote
	steps int            // keys looked at
}

// place is an element of an array, by the token that named it.
type place struct {
	array node
	token string
}

// apply takes one operation. One that nests deeper than any object is left out.
func (p *patching) apply(operation node) {
	op, value := child(operation, "op"), child(operation, "value")
	path, ok := text(child(operation, "path"))
	if value == nil || !ok || !is(op, "add") && !is(op, "replace") {
		return
	}
	tokens := strings.Split(string(path), "/")
	if len(path) == 0 {
		p.root = value
		return
	}
	if tokens = tokens[1:]; path[0] != '/' || len(tokens) > deepest {
		return
	}
	parent, last := p.root, len(tokens)-1
	for i, token := range tokens[:last] {
		if parent = p.inside(parent, token, tokens[i+1]); parent == nil {
			return
		}
	}
	p.put(parent, tokens[last], value)
}

// inside is the object or array that token leads to, made when there is none;
// nil where another value stands. The token behind it tells which of the two.
func (p *patching) inside(parent node, token, behind string) node {
	if v := p.find(parent, token); v != nil {
		if v.Type() == fastjson.TypeObject || v.Type() == fastjson.TypeArray {
			return v
		}
		return nil
	}
	made := p.arena.NewObject()
	if _, ok := elementIndex(behind); ok {
		made = p.arena.NewArray()
	}
	p.put(parent, token, made)
	return made
}

func (p *patching) find(parent node, token string) node {
	if parent.Type() == fastjson.TypeObject {
		p.steps += parent.GetObject().Len()
		return child(parent, pointerEscapes.Replace(token))
	}
	if v := p.made[place{parent, token}]; v != nil {
		return v
	}
	all := elements(parent)
	if i, ok := elementIndex(token); ok && i < uint64(len(all)) {
		return present(all[i])
	}
	return nil
}

func (p *patching) put(parent node, token string, value node) {
	if parent.Type() == fastjson.TypeObject {
		p.steps += parent.GetObject().Len()
		parent.Set(pointerEscapes.Replace(token), value)
		return
	}
	if _, ok := elementIndex(token); ok {
		parent.SetArrayItem(len(elements(parent)), value)
		p.made[place{parent, token}] = value
	}
}

// elementIndex is the index in an array that a token names; that of - is behind
// all others.
func elementIndex(token string) (i uint64, ok bool) {
	if token == "-" {
		return 1 << 62, true
	}
	i, err := strconv.ParseUint(token, 10, 31)
	return i, err == nil
}
