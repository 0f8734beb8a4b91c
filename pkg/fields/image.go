package fields

import (
	"strings"

	"github.com/distribution/reference"
)

// image is what an image reference says.
type image struct{ registry, repository, tag, digest string }

// longestImage is longer than any image reference: a name has up to 255
// characters, a tag 128, a digest fewer than these together.
const longestImage = 1024

// mostImages is how many images are remembered: parsing one takes longer than
// anything else that a field does, and clusters run the same few all the time.
const mostImages = 512

// imageOf parses a container's image as the container runtimes do: alpine is
// docker.io/library/alpine:latest. What is no image reference says nothing.
func (e *Event) imageOf(c node) image {
	s, _ := text(child(c, "image"))
	if len(s) > longestImage {
		return image{}
	}
	known, ok := e.images[string(s)]
	if ok {
		return known
	}
	if len(e.images) >= mostImages {
		clear(e.images)
	}
	written := string(s)
	parsed := parseImage(written)
	e.images[written] = parsed
	return parsed
}

func parseImage(written string) image {
	named, err := reference.ParseNormalizedNamed(written)
	if err != nil {
		return image{}
	}
	named = reference.TagNameOnly(named)
	parsed := image{registry: reference.Domain(named), repository: named.Name()}
	if tagged, ok := named.(reference.Tagged); ok {
		parsed.tag = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		parsed.digest = digested.Digest().String()
	}
	return parsed
}

// imagePart is a part of each container's image.
func imagePart(part func(image) string) attribute {
	return func(e *Event, c node, out *Values) { out.addString(part(e.imageOf(c))) }
}

// writtenRepository is the image without tag and digest, as it is written:
// localhost:5000/a/b of localhost:5000/a/b:1, and alpine of alpine.
func writtenRepository(_ *Event, c node, out *Values) {
	s, _ := text(child(c, "image"))
	image, _, _ := strings.Cut(string(s), "@")
	if colon := strings.LastIndexByte(image, ':'); colon > strings.LastIndexByte(image, '/') {
		image = image[:colon]
	}
	out.add([]byte(image))
}
