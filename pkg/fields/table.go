// Package fields is the field table: every value of an audit event that a rule
// can ask for, under its native name (k8s.audit.…) and under the name that the
// incumbent plugin gave it (ka.…).
//
// A field is one row. What Falco is told, the documentation, the look-up at
// run time and the tests are all made from it.
package fields

import "slices"

// prefix is that of all native names.
const prefix = "k8s.audit."

// Type is the type of a field's values, as Falco compares them. The numbers
// are those of ss_plugin_field_type in Falco's plugin API.
type Type uint32

// The types of the plugin API that the table uses.
const (
	Number    Type = 8  // 64-bit unsigned integer
	Text      Type = 9  // text
	Duration  Type = 20 // nanoseconds
	Timestamp Type = 21 // nanoseconds since 1970
	Flag      Type = 25 // true or false
	Address   Type = 40 // IPv4 or IPv6 address
	Network   Type = 41 // an address, to be compared with IPv4 or IPv6 networks
)

// typeNames are the names of the types in the field list that Falco reads.
var typeNames = map[Type]string{
	Number: "uint64", Text: "string", Duration: "reltime", Timestamp: "abstime", Flag: "bool", Address: "ipaddr", Network: "ipnet",
}

// String is the type's name in Falco's field list.
func (t Type) String() string { return typeNames[t] }

// ArgKind is what may stand in brackets behind a field's name.
type ArgKind int

// The kinds of argument.
const (
	NoArg    ArgKind = iota
	KeyArg           // required: a key, a path, a pointer
	IndexArg         // optional: the i-th value only, counted from 0
)

// Field is one row of the table as Falco sees it: a name with its getter.
type Field struct {
	Name string
	Type Type
	List bool
	Arg  ArgKind
	Desc string
	get  getter
	pick bool // an index is applied to the list that the getter gives
}

// Arg is the argument of one question.
type Arg struct {
	Key     string
	Index   uint64
	Present bool
}

// getter writes a field's values of an event into out; it writes nothing when
// the event has none.
type getter func(e *Event, arg Arg, out *Values)

// row is one row of the table as it is written down.
type row struct {
	name string // native, without the prefix; empty for a ka.* field of its own
	ka   string // the names that answer as this row does, printed as text, separated by blanks
	typ  Type
	list bool
	arg  ArgKind
	desc string
	get  getter
	// byElement says that the getter applies an index itself: it chooses a
	// container, a volume or a rule, which may have several values or none.
	byElement bool
}

// families are the parts of the table, in the order of the documentation.
var families = []struct {
	title string
	rows  []row
}{
	{"Event", eventRows},
	{"Annotations", annotationRows},
	{"User", userRows},
	{"Request", requestRows},
	{"Resource", resourceRows},
	{"Object", objectRows},
	{"Pod specification", podRows},
	{"Containers", containerRows()},
	{"All containers as text", podTextRows},
	{"Volumes", volumeRows},
	{"Services, ingresses, persistent volumes, workloads", specRows},
	{"Certificates and tokens", credentialRows},
	{"Roles and bindings", rbacRows},
	{"Admission webhooks and ConfigMaps", clusterRows},
	{"Response", responseRows},
	{"Compatibility only", compatRows},
}

// Family is a part of the table under its title.
type Family struct {
	Title string
	Rows  []Row
}

// Row is a row of the table for documentation.
type Row struct {
	Native *Field   // nil for a ka.* field of its own
	Ka     []*Field // names of the incumbent that the row answers
}

// Table is all fields in the order of their ids: the native ones first, then
// the ka.* names. The id of a field is its index, as Falco counts.
type Table struct {
	Fields   []Field
	Families []Family
	ids      map[string]int
}

// NewTable makes the table from its rows.
func NewTable() *Table {
	t := &Table{ids: map[string]int{}}
	for _, family := range families {
		for _, r := range family.rows {
			if r.name != "" {
				t.Fields = append(t.Fields, r.native())
			}
		}
	}
	for _, family := range families {
		for _, r := range family.rows {
			t.Fields = append(t.Fields, r.aliases()...)
		}
	}
	for id := range t.Fields {
		t.ids[t.Fields[id].Name] = id
	}
	t.group()
	return t
}

// group fills Families.
func (t *Table) group() {
	for _, family := range families {
		f := Family{Title: family.title}
		for _, r := range family.rows {
			var row Row
			if r.name != "" {
				row.Native = &t.Fields[t.ids[prefix+r.name]]
			}
			for _, alias := range r.aliases() {
				row.Ka = append(row.Ka, &t.Fields[t.ids[alias.Name]])
			}
			f.Rows = append(f.Rows, row)
		}
		t.Families = append(t.Families, f)
	}
}

// ID is the id of the field of that name; ok is false when there is none.
func (t *Table) ID(name string) (id int, ok bool) {
	id, ok = t.ids[name]
	return id, ok
}

// Extract writes the values of field id of the event into out. An id that is
// not in the table has no values.
func (t *Table) Extract(e *Event, id int, arg Arg, out *Values) {
	if id < 0 || id >= len(t.Fields) {
		out.reset(Text)
		return
	}
	f := &t.Fields[id]
	out.reset(f.Type)
	f.get(e, arg, out)
	if f.pick && arg.Present {
		out.pick(arg.Index)
	}
}

func (r *row) native() Field {
	return r.field(prefix+r.name, r.typ)
}

// aliases are the ka.* fields that the row answers, all of them text.
func (r *row) aliases() []Field {
	var all []Field
	for _, name := range words(r.ka) {
		all = append(all, r.field(name, Text))
	}
	return all
}

func (r *row) field(name string, typ Type) Field {
	arg := r.arg
	if r.list && arg == NoArg && !slices.Contains(kaListsWithoutIndex, name) {
		arg = IndexArg
	}
	return Field{
		Name: name, Type: typ, List: r.list, Arg: arg, Desc: r.desc,
		get: r.get, pick: arg == IndexArg && !r.byElement,
	}
}

// kaListsWithoutIndex are the lists of the incumbent that take no index; all
// other lists, and all native ones, do.
var kaListsWithoutIndex = []string{
	"ka.user.groups", "ka.req.binding.subjects", "ka.req.binding.subjects.user_names",
	"ka.req.binding.subjects.serviceaccount_names", "ka.req.binding.subjects.serviceaccount_ns_names",
	"ka.req.binding.subjects.group_names", "ka.req.role.rules", "ka.req.pod.supplemental_groups",
}
