package k8saudit

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/cgo"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/k8saudit/k8saudit/pkg/fields"
)

// host asks a plugin for fields as Falco does.
type host struct {
	t      *testing.T
	plugin *Plugin
	handle cgo.Handle
	events events
	number uint64
	pinner runtime.Pinner
}

func newHost(t *testing.T, config string) *host {
	h := &host{t: t, plugin: started(t, config)}
	h.handle = cgo.NewHandle(h.plugin)
	runtime.LockOSThread() // Falco asks from one thread
	t.Cleanup(func() { h.release(); h.handle.Delete(); runtime.UnlockOSThread() })
	return h
}

// release gives the host's memory back.
func (h *host) release() {
	h.events.free()
	h.pinner.Unpin()
}

// event makes raw the event that is asked, in memory that the one before used.
func (h *host) event(number uint64, raw string) *eventInput {
	h.events.reset()
	h.events.add(number, []byte(raw), "")
	h.number = number
	return h.input(0, number)
}

// input is the i-th event of the batch.
func (h *host) input(i int, number uint64) *eventInput {
	return &eventInput{event: *(*unsafe.Pointer)(unsafe.Add(h.events.array(), i*8)), number: number}
}

// ask asks for fields, given as names with an argument in brackets, in one
// call, and returns their answers.
func (h *host) ask(in *eventInput, names ...string) []*extractField {
	h.t.Helper()
	questions := make([]extractField, len(names))
	for i, name := range names {
		questions[i] = h.question(name)
	}
	h.pinner.Pin(&questions[0])
	input := &extractInput{count: uint32(len(questions)), fields: &questions[0]}
	if rc := extractFields(h.handle, in, input); rc != sdk.SSPluginSuccess {
		h.t.Fatalf("extracting %q returned %d", names, rc)
	}
	var answers []*extractField
	for i := range questions {
		answers = append(answers, &questions[i])
	}
	return answers
}

func (h *host) question(name string) extractField {
	h.t.Helper()
	base, arg, present := strings.Cut(strings.TrimSuffix(name, "]"), "[")
	id, ok := h.plugin.table.ID(base)
	if !ok {
		h.t.Fatalf("there is no field %s", base)
	}
	f := h.plugin.table.Fields[id]
	q := extractField{id: uint32(id), fieldType: uint32(f.Type)}
	if !present {
		return q
	}
	q.argPresent = 1
	if f.Arg == fields.KeyArg {
		key := append([]byte(arg), 0)
		h.pinner.Pin(&key[0])
		q.argKey = &key[0]
		return q
	}
	if _, err := fmt.Sscan(arg, &q.argIndex); err != nil {
		h.t.Fatal(err)
	}
	return q
}

// show reads an answer as Falco does, by the field's type.
func show(q *extractField) string {
	var all []string
	for i := range int(q.resultCount) {
		all = append(all, showers[fields.Type(q.fieldType)](q.result, i))
	}
	return strings.Join(all, " | ")
}

func showNumber(list unsafe.Pointer, i int) string {
	return fmt.Sprint(*(*uint64)(unsafe.Add(list, i*8)))
}

var showers = map[fields.Type]func(list unsafe.Pointer, i int) string{
	fields.Text: func(list unsafe.Pointer, i int) string {
		return strings.Clone(text(*(**byte)(unsafe.Add(list, i*8))))
	},
	fields.Number: showNumber, fields.Duration: showNumber, fields.Timestamp: showNumber,
	fields.Flag: func(list unsafe.Pointer, i int) string {
		return fmt.Sprint(*(*uint32)(unsafe.Add(list, i*4)) != 0)
	},
	fields.Address: showAddress, fields.Network: showAddress,
}

func showAddress(list unsafe.Pointer, i int) string {
	b := *(*byteBuffer)(unsafe.Add(list, i*16))
	addr, _ := netip.AddrFromSlice(unsafe.Slice((*byte)(b.bytes), b.length))
	return addr.String()
}

const privilegedPod = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"ResponseComplete","verb":"create",` +
	`"requestURI":"/api/v1/namespaces/default/pods?fieldManager=kubectl&dryRun=All","user":{"username":"alice","groups":["dev","ops"]},` +
	`"sourceIPs":["192.0.2.7","2001:db8::1"],"objectRef":{"resource":"pods","namespace":"default"},"responseStatus":{"code":201},` +
	`"requestObject":{"metadata":{"name":"evil"},"spec":{"containers":[{"name":"a","image":"alpine","securityContext":{"privileged":true}},{"name":"b"}]}},` +
	`"requestReceivedTimestamp":"2024-05-01T10:00:00.000000Z","stageTimestamp":"2024-05-01T10:00:00.250000Z"}`

func TestFieldsOfEveryTypeReachFalco(t *testing.T) {
	h := newHost(t, "")
	in := h.event(1, privilegedPod)
	f := func(name, want string) {
		t.Helper()
		if got := show(h.ask(in, name)[0]); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	f("k8s.audit.request.verb", "create")
	f("k8s.audit.user.groups", "dev | ops")
	f("k8s.audit.user.groups[1]", "ops")
	f("k8s.audit.user.groups[2]", "")
	f("k8s.audit.response.code", "201")
	f("ka.response.code", "201")
	f("k8s.audit.latency", "250000000")
	f("k8s.audit.timestamp", "1714557600250000000")
	f("k8s.audit.request.object.spec.securityContext.privileged", "true")
	f("ka.req.container.privileged", "true")
	f("k8s.audit.request.object.spec.containers.privileged", "true | ")
	f("k8s.audit.request.sourceip", "192.0.2.7")
	f("k8s.audit.request.param[dryRun]", "All")
	f("k8s.audit.impersonated.username", "")
}

func TestX5TwoArgumentsOfOneFieldDoNotDisturbEachOther(t *testing.T) {
	h := newHost(t, "")
	in := h.event(1, privilegedPod)
	answers := h.ask(in, "k8s.audit.request.param[fieldManager]", "k8s.audit.request.param[dryRun]", "k8s.audit.request.param[fieldManager]")
	later := h.ask(in, "k8s.audit.request.param[dryRun]")
	got := []string{show(answers[0]), show(answers[1]), show(answers[2]), show(later[0])}
	if want := []string{"kubectl", "All", "kubectl", "All"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestX6EventsThatShareTheirNumberAndMemoryAreToldApart(t *testing.T) {
	h := newHost(t, "")
	named := func(name string) string { return `{"auditID":"` + name + `"}` }
	f := func(number uint64, raw, want string) {
		t.Helper()
		if got := show(h.ask(h.event(number, raw), "k8s.audit.id")[0]); got != want {
			t.Errorf("event %d %s: got %q, want %q", number, raw, got, want)
		}
	}
	f(0, named("first"), "first")
	f(1, named("other"), "other")
	f(0, named("again"), "again")
	f(1, `{"auditID":"broken`, "")
	f(2, named("good"), "good")
	f(3, "", "")
	f(4, named("after"), "after")
}

func TestX7ListsOfAnyLengthReachFalco(t *testing.T) {
	h := newHost(t, "")
	for _, n := range []int{0, 1, 600, 100000} {
		groups := make([]string, n)
		for g := range groups {
			groups[g] = fmt.Sprintf("group-%d", g)
		}
		quoted, _ := json.Marshal(groups)
		in := h.event(uint64(n), `{"auditID":"x","user":{"groups":`+string(quoted)+`}}`)
		answer := h.ask(in, "ka.user.groups")[0]
		if answer.resultCount != uint64(n) || show(answer) != strings.Join(groups, " | ") {
			t.Errorf("%d groups arrive as %d", n, answer.resultCount)
		}
	}
}

func TestOffsetsAreToldToBeUnknown(t *testing.T) {
	h := newHost(t, "")
	in := h.event(1, privilegedPod)
	questions := []extractField{h.question("k8s.audit.request.verb"), h.question("k8s.audit.user.groups")}
	offsets := &valueOffsets{}
	h.pinner.Pin(&questions[0])
	h.pinner.Pin(offsets)
	input := &extractInput{count: 2, fields: &questions[0], offsets: offsets}
	extractFields(h.handle, in, input)
	for i := range 2 {
		start, length := unsafe.Add(unsafe.Pointer(offsets.start), i*4), unsafe.Add(unsafe.Pointer(offsets.length), i*4)
		if *(*uint32)(start) != 0 || *(*uint32)(length) != 0 {
			t.Errorf("question %d has an offset", i)
		}
	}
}

func TestH1APanicInAGetterIsAnAbsentValue(t *testing.T) {
	h := newHost(t, "")
	in := h.event(1, privilegedPod)
	h.ask(in, "k8s.audit.id")
	h.plugin.extractors.all[0].table = nil // every look-up panics
	for _, name := range []string{"k8s.audit.request.verb", "k8s.audit.request.uri"} {
		if answer := h.ask(in, name)[0]; answer.resultCount != 0 {
			t.Error("a getter that panicked has a value")
		}
	}
	if h.plugin.stats.Panics.Load() != 2 {
		t.Errorf("counted %d panics, want 2", h.plugin.stats.Panics.Load())
	}
}

func TestAnObjectThatCannotBeDecodedIsCounted(t *testing.T) {
	h := newHost(t, "")
	in := h.event(1, `{"auditID":"x","verb":"create","requestObject":{"a":nonsense}}`)
	got := h.ask(in, "k8s.audit.request.object[a]", "k8s.audit.request.object.kind", "k8s.audit.request.verb")
	if got[0].resultCount != 0 || show(got[2]) != "create" || h.plugin.stats.Malformed.Load() != 1 {
		t.Errorf("object %q, verb %q, counted %d", show(got[0]), show(got[2]), h.plugin.stats.Malformed.Load())
	}
}

func TestTheMemoryOfALargeAnswerIsGivenBack(t *testing.T) {
	h := newHost(t, "")
	raw := `{"auditID":"x","userAgent":"` + strings.Repeat("a", 1<<20) + `"}`
	if got := len(show(h.ask(h.event(1, raw), "k8s.audit.request.useragent")[0])); got != 1<<20 {
		t.Fatalf("got %d bytes", got)
	}
	h.ask(h.event(2, privilegedPod), "k8s.audit.request.verb")
	for _, c := range h.plugin.extractors.all[0].memory.chunks {
		if c.size > chunk {
			t.Errorf("%d bytes are held after a small event", c.size)
		}
	}
}

// TestTheLayoutIsThatOfTheSDK lets the SDK, which is compiled against Falco's
// header, read our structures.
func TestTheLayoutIsThatOfTheSDK(t *testing.T) {
	key := append([]byte("key"), 0)
	var pinner runtime.Pinner
	pinner.Pin(&key[0])
	defer pinner.Unpin()
	q := extractField{id: 7, name: &key[0], argKey: &key[0], argIndex: 9, argPresent: 1, fieldType: uint32(fields.Number), list: 1}
	pool := sdk.NewExtractRequestPool()
	defer pool.Free()
	request := pool.Get(0)
	request.SetPtr(unsafe.Pointer(&q))
	if request.FieldID() != 7 || request.Field() != "key" || request.ArgKey() != "key" || request.ArgIndex() != 9 ||
		!request.ArgPresent() || request.FieldType() != uint32(fields.Number) || !request.IsList() {
		t.Errorf("the SDK reads a question otherwise than we do")
	}
	request.SetValue([]uint64{11, 12})
	if got := show(&q); got != "11 | 12" {
		t.Errorf("an answer of the SDK reads as %q", got)
	}
	h := newHost(t, "")
	in := h.event(42, privilegedPod)
	reader := sdk.NewEventReader(unsafe.Pointer(in))
	text, err := h.plugin.String(reader)
	if err != nil || text != privilegedPod || reader.EventNum() != 42 || reader.Timestamp() != 42 {
		t.Errorf("the SDK reads an event otherwise than we wrote it: %v", err)
	}
}
