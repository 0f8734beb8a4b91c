package fields

import (
	"strings"

	"github.com/distribution/reference"
)

// longestImage is longer than any image reference: a name has up to 255
// characters, a tag 128, a digest fewer than these together.
const longestImage = 1024

// imageOf parses a container's image as the container runtimes do: alpine is
// docker.io/library/alpine:latest. Nil when it is no image reference.
func imageOf(c node) reference.Named {
	s, _ := text(child(c, "image"))
	if len(s) > longestImage {
		return nil
	}
	named, err := reference.ParseNormalizedNamed(string(s))
	if err != nil {
		return nil
	}
	return reference.TagNameOnly(named)
}

func imageRegistry(_ *Event, c node, out *Values) {
	if image := imageOf(c); image != nil {
		out.appendString(reference.Domain(image))
	}
	out.end()
}

func imageRepository(_ *Event, c node, out *Values) {
	if image := imageOf(c); image != nil {
		out.appendString(image.Name())
	}
	out.end()
}

func imageTag(_ *Event, c node, out *Values) {
	if tagged, ok := imageOf(c).(reference.Tagged); ok {
		out.appendString(tagged.Tag())
	}
	out.end()
}

func imageDigest(_ *Event, c node, out *Values) {
	if digested, ok := imageOf(c).(reference.Digested); ok {
		out.appendString(digested.Digest().String())
	}
	out.end()
}

// writtenRepository is the image without tag and digest, as it is written:
// localhost:5000/a/b of localhost:5000/a/b:1, and alpine of alpine.
func writtenRepository(_ *Event, c node, out *Values) {
	s, _ := text(child(c, "image"))
	image, _, _ := strings.Cut(string(s), "@")
	if colon := strings.LastIndexByte(image, ':'); colon > strings.LastIndexByte(image, '/') {
		image = image[:colon]
	}
	out.appendString(image)
	out.end()
}
