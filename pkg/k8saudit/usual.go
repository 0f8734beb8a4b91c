package k8saudit

// #include "answers.h"
import "C"

import "unsafe"

// The rules that are loaded ask most events the same few questions before they
// reject them. These are answered together when an event is first asked, so
// that an ordinary event enters Go once.

// sample is how often it is looked at what was asked: every so many events.
const sample = 16

// habit counts, up to longest, in how many of the events that were looked at a
// question was asked.
const (
	longest = 8
	enough  = 5
)

// learn looks at what was asked of the event that ends.
func (x *extractor) learn() {
	if x.known.turn%sample != 0 {
		return
	}
	x.usual = x.usual[:0]
	byField := unsafe.Slice((**C.answer)(unsafe.Add(unsafe.Pointer(x.known), C.sizeof_answers)), x.known.fields)
	for _, a := range byField {
		for ; a != nil; a = a.next {
			if a.asked == x.known.turn {
				a.habit = min(a.habit+1, longest)
			} else if a.habit > 0 {
				a.habit--
			}
			if a.habit >= enough {
				x.usual = append(x.usual, a)
			}
		}
	}
}

// anticipate answers what is usually asked.
func (x *extractor) anticipate() {
	for _, a := range x.usual {
		x.answer(a)
	}
}
