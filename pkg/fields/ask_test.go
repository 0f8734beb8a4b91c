package fields

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// asked is an event that tests ask for its fields.
type asked struct {
	t      testing.TB
	table  *Table
	event  *Event
	broken int // objects that could not be decoded
	out    Values
}

func newAsked(t testing.TB) *asked {
	a := &asked{t: t, table: NewTable()}
	a.event = NewEvent(func() string { return "" }, func() { a.broken++ })
	return a
}

// read makes raw the event that is asked. Each event that lacks an object is
// marked, not only the first of its resource.
func (a *asked) read(raw string) *asked {
	a.broken = 0
	a.event.Reset([]byte(raw))
	if a.event.Blind() != "" {
		a.event.MarkBlind()
	}
	return a
}

// field is the values of a field, given as a name with an argument in
// brackets; nil when it has none.
func (a *asked) field(name string) []string {
	a.t.Helper()
	base, argument, present := strings.Cut(strings.TrimSuffix(name, "]"), "[")
	id, ok := a.table.ID(base)
	if !ok {
		a.t.Fatalf("there is no field %s", base)
	}
	arg := Arg{Present: present}
	if a.table.Fields[id].Arg == KeyArg {
		arg.Key = argument
	} else if present {
		var err error
		if arg.Index, err = strconv.ParseUint(argument, 10, 64); err != nil {
			a.t.Fatal(err)
		}
	}
	return a.values(id, arg)
}

func (a *asked) values(id int, arg Arg) []string {
	a.table.Extract(a.event, id, arg, &a.out)
	return texts(&a.out)
}

// texts are values as a person reads them.
func texts(v *Values) []string {
	var all []string
	for i := range v.Len() {
		switch v.Type() {
		case Text:
			all = append(all, string(v.Text(i)))
		case Flag:
			all = append(all, strconv.FormatBool(v.Number(i) == 1))
		case Number:
			all = append(all, strconv.FormatUint(v.Number(i), 10))
		case Duration:
			all = append(all, time.Duration(v.Number(i)).String())
		case Timestamp:
			all = append(all, time.Unix(0, int64(v.Number(i))).UTC().Format(time.RFC3339Nano))
		default:
			all = append(all, v.Address(i).String())
		}
	}
	return all
}

// wants returns a function that checks fields of one event; without values the
// field has to be absent.
func (a *asked) wants(raw string) func(name string, want ...string) {
	a.read(raw)
	return func(name string, want ...string) {
		a.t.Helper()
		if got := a.field(name); strings.Join(got, "\x00") != strings.Join(want, "\x00") || len(got) != len(want) {
			a.t.Errorf("%s is %q, want %q, in\n%.600s", name, got, want, raw)
		}
	}
}
