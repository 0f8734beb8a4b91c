package audit

import "bytes"

// This file finds where JSON values begin and end, without decoding them. It
// checks the structure that it walks through (the members of an object, the
// elements of an array), and of everything inside only that brackets and
// quotes close: a body that is broken inside must not cost the event.

// Members walks the members of a JSON object in place:
//
//	m := MembersOf(b)
//	for m.Next() {
//		… m.Key, m.Value …
//	}
//	if m.End() < 0 { … b is no sound object … }
//
// Key and Value are slices of b, valid as long as b is.
type Members struct {
	Key   []byte // between its quotes, escapes not decoded
	Value []byte // the JSON text of the value, without blanks around it

	b    []byte
	at   int // behind the last member, or behind the opening brace
	end  int // behind the closing brace; -1 until it is reached
	some bool
}

// MembersOf starts a walk through the object that b begins with.
func MembersOf(b []byte) Members {
	m := Members{b: b, end: -1, at: len(b)}
	if i := blanks(b, 0); i < len(b) && b[i] == '{' {
		m.at = i + 1
	}
	return m
}

// End is the index behind the object's closing brace, or -1 when it was not
// reached: the walk is not over, or the object is malformed.
func (m *Members) End() int { return m.end }

// Next moves to the next member. It returns false at the end of the object
// and where the object is malformed; End tells which.
func (m *Members) Next() bool {
	i := m.key()
	return i >= 0 && m.value(i)
}

// value reads the value that begins at i.
func (m *Members) value(i int) bool {
	end := behindValue(m.b, i)
	if end < 0 {
		return m.stop()
	}
	m.Value, m.at = m.b[i:end], end
	return true
}

// key moves to the next member's Key and returns where its value begins, or -1
// when Next is to return false.
func (m *Members) key() int {
	i, more := next(m.b, m.at, '}', m.some)
	if !more {
		m.at, m.end = len(m.b), i
		return -1
	}
	m.some = true
	keyEnd := behindString(m.b, i)
	if keyEnd < 0 {
		m.stop()
		return -1
	}
	m.Key = m.b[i+1 : keyEnd-1]
	if i = blanks(m.b, keyEnd); i >= len(m.b) || m.b[i] != ':' {
		m.stop()
		return -1
	}
	return blanks(m.b, i+1)
}

func (m *Members) stop() bool {
	m.at, m.end = len(m.b), -1
	return false
}

// Elements walks the elements of a JSON array, as Members walks an object.
type Elements struct {
	Value []byte // the JSON text of the element, without blanks around it

	b    []byte
	at   int
	end  int
	some bool
}

// ElementsOf starts a walk through the array that b begins with.
func ElementsOf(b []byte) Elements {
	e := Elements{b: b, end: -1, at: len(b)}
	if i := blanks(b, 0); i < len(b) && b[i] == '[' {
		e.at = i + 1
	}
	return e
}

// End is the index behind the array's closing bracket, or -1 when it was not
// reached: the walk is not over, or the array is malformed.
func (e *Elements) End() int { return e.end }

// Next moves to the next element. It returns false at the end of the array
// and where the array is malformed; End tells which.
func (e *Elements) Next() bool {
	i, more := next(e.b, e.at, ']', e.some)
	if !more {
		e.at, e.end = len(e.b), i
		return false
	}
	e.some = true
	end := behindValue(e.b, i)
	if end < 0 {
		e.at, e.end = len(e.b), -1
		return false
	}
	e.Value, e.at = e.b[i:end], end
	return true
}

// next finds where the next member or element begins, behind the comma that a
// second one needs. Without more it returns the index behind the closing
// bracket, or -1 when something else stands there.
func next(b []byte, i int, closing byte, some bool) (at int, more bool) {
	i = blanks(b, i)
	if i >= len(b) {
		return -1, false
	}
	if b[i] == closing {
		return i + 1, false
	}
	if !some {
		return i, true
	}
	if b[i] != ',' {
		return -1, false
	}
	if i = blanks(b, i+1); i >= len(b) {
		return -1, false
	}
	return i, true
}

// blanks returns the index of the first byte from i on that is no JSON blank.
func blanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// behindValue returns the index behind the JSON value that begins at i, or -1
// when no whole value does.
func behindValue(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return behindString(b, i)
	case '{', '[':
		return behindContainer(b, i)
	}
	return behindLiteral(b, i)
}

// behindString returns the index behind the string whose opening quote is at
// i, or -1. A quote ends the string when an even number of backslashes stands
// before it.
func behindString(b []byte, i int) int {
	if b[i] != '"' {
		return -1
	}
	for at := i + 1; ; at++ {
		n := bytes.IndexByte(b[at:], '"')
		if n < 0 {
			return -1
		}
		at += n
		back := at - 1
		for b[back] == '\\' { // ends at the opening quote, at the latest
			back--
		}
		if (at-back)&1 == 1 {
			return at + 1
		}
	}
}

// behindContainer returns the index behind the object or array that begins at
// i, or -1 when its brackets do not close.
func behindContainer(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i = behindString(b, i); i < 0 {
				return -1
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return -1
}

// behindLiteral returns the index behind the number, true, false or null that
// begins at i, or -1. That a number is well formed is not checked.
func behindLiteral(b []byte, i int) int {
	for _, word := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(b[i:], []byte(word)) {
			return i + len(word)
		}
	}
	start := i
	for i < len(b) && number[b[i]] {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

// number marks the bytes that numbers are made of.
var number = [256]bool{
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'+': true, '-': true, '.': true, 'e': true, 'E': true,
}
