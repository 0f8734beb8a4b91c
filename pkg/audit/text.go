package audit

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendText appends to dst the text that a JSON string stands for. The
// string is given without its quotes, as Members gives keys. It is read as
// encoding/json reads it, and so as the API server does: a lone surrogate and
// a byte that is not UTF-8 become U+FFFD. Where encoding/json refuses an
// escape, the escape is kept as it stands, so that a broken string still has
// a value to compare.
func AppendText(dst, s []byte) []byte {
	for len(s) > 0 {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return appendValid(dst, s)
		}
		dst = appendValid(dst, s[:i])
		var n int
		dst, n = appendEscape(dst, s[i:])
		s = s[i+n:]
	}
	return dst
}

// Text is AppendText for a value as Members gives it, with its quotes. The
// result is a slice of value where that needs no change, else new memory. ok
// is false when value is no string.
func Text(value []byte) (text []byte, ok bool) {
	if len(value) < 2 || value[0] != '"' {
		return nil, false
	}
	s := value[1 : len(value)-1]
	if Plain(s) {
		return s, true
	}
	return AppendText(nil, s), true
}

// Plain reports whether the JSON string s (without its quotes) stands for
// itself, byte by byte.
func Plain(s []byte) bool {
	return bytes.IndexByte(s, '\\') < 0 && utf8.Valid(s)
}

// appendValid appends s, each byte that is not UTF-8 replaced by U+FFFD.
func appendValid(dst, s []byte) []byte {
	if utf8.Valid(s) {
		return append(dst, s...)
	}
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		dst = utf8.AppendRune(dst, r)
		s = s[n:]
	}
	return dst
}

// escapes are the escapes of one letter.
var escapes = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// appendEscape appends what the escape at the beginning of s stands for, and
// returns how many bytes of s it took.
func appendEscape(dst, s []byte) ([]byte, int) {
	if len(s) > 1 && escapes[s[1]] != 0 {
		return append(dst, escapes[s[1]]), 2
	}
	r, ok := unicodeEscape(s)
	if !ok {
		return append(dst, s[0]), 1
	}
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(dst, r), 6
	}
	if low, ok := unicodeEscape(s[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return utf8.AppendRune(dst, pair), 12
		}
	}
	return utf8.AppendRune(dst, utf8.RuneError), 6
}

// unicodeEscape reads the \uXXXX that s begins with.
func unicodeEscape(s []byte) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range s[2:6] {
		digit, ok := hex(c)
		if !ok {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	return r, true
}

func hex(c byte) (digit byte, ok bool) {
	if '0' <= c && c <= '9' {
		return c - '0', true
	}
	if c |= 0x20; 'a' <= c && c <= 'f' {
		return c - 'a' + 10, true
	}
	return 0, false
}
