package webhook

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"strings"
)

// tokens are the hashes of the bearer tokens that are let in. Hashes have one
// length, so that comparing them tells nothing of the tokens'.
type tokens [][sha256.Size]byte

// parseTokens reads one token a line; blanks around it and empty lines do not
// count.
func parseTokens(contents [][]byte) (tokens, error) {
	var all tokens
	for line := range bytes.Lines(contents[0]) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			all = append(all, sha256.Sum256(line))
		}
	}
	if len(all) == 0 {
		return nil, errors.New("it holds no token, which would lock every sender out; write one token a line")
	}
	return all, nil
}

// admit reports whether the Authorization header of a request holds one of the
// tokens. It takes the same time whichever it is, and however much of it is
// right.
func (t tokens) admit(authorization string) bool {
	scheme, token, _ := strings.Cut(authorization, " ")
	given := sha256.Sum256([]byte(strings.TrimSpace(token)))
	equal := 0
	for i := range t {
		equal |= subtle.ConstantTimeCompare(given[:], t[i][:])
	}
	return equal == 1 && strings.EqualFold(scheme, "bearer")
}
