package k8saudit

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/falcosecurity/plugin-sdk-go/pkg/cgo"
	"github.com/k8saudit/k8saudit/pkg/fields"
)

// realEvents are the events of a real log, up to that many.
func realEvents(t *testing.T, most int) []string {
	t.Helper()
	f, err := os.Open("../../test/testdata/audit.log")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() && len(all) < most {
		all = append(all, lines.Text())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// questions are the names of all fields, with arguments where they are needed
// or make a difference.
func questions(table *fields.Table) []string {
	var names []string
	for _, f := range table.Fields {
		switch f.Arg {
		case fields.NoArg:
			names = append(names, f.Name)
		case fields.KeyArg:
			names = append(names, f.Name+"[authorization.k8s.io/decision]", f.Name+"[metadata.name]", f.Name+"[/verb]")
		case fields.IndexArg:
			names = append(names, f.Name, f.Name+"[0]", f.Name+"[1]")
		}
	}
	return names
}

// TestAnAnswerThatIsKnownIsTheAnswerThatIsFoundOut asks every field of real
// events: one plugin is asked twice, the second time it knows the answers and
// has learnt what is usually asked; another one is asked each question of an
// event that it has not seen, and so has to find it out.
func TestAnAnswerThatIsKnownIsTheAnswerThatIsFoundOut(t *testing.T) {
	knowing, fresh := newHost(t, ""), newHost(t, "")
	names := questions(knowing.plugin.table)
	number := uint64(0)
	for n, raw := range realEvents(t, 60) {
		in := knowing.event(uint64(n), raw)
		first := showAll(knowing.ask(in, names...))
		again := make([]string, len(names))
		for i, name := range names {
			again[i] = show(knowing.ask(in, name)[0])
		}
		for i, name := range names {
			number++
			found := show(fresh.ask(fresh.event(number, raw), name)[0])
			if first[i] != found || again[i] != found {
				t.Fatalf("event %d, %s: found out %q, first answered %q, then %q", n, name, found, first[i], again[i])
			}
		}
	}
}

func showAll(answers []*extractField) []string {
	var all []string
	for _, a := range answers {
		all = append(all, show(a))
	}
	return all
}

func TestWhatIsUsuallyAskedIsAnsweredWithTheFirstQuestion(t *testing.T) {
	h := newHost(t, "")
	usual := []string{"k8s.audit.request.verb", "k8s.audit.annotation[a]", "k8s.audit.user.groups[0]"}
	for n := range uint64(sample * longest) {
		h.ask(h.event(n, privilegedPod), usual...)
		if n%3 == 0 {
			h.ask(h.event(n, privilegedPod), "k8s.audit.response.code")
		}
	}
	x := h.plugin.extractors.all[0]
	if len(x.usual) != len(usual) {
		t.Fatalf("%d questions are taken for usual, want %d", len(x.usual), len(usual))
	}
	h.ask(h.event(1<<20, privilegedPod), "k8s.audit.id")
	for _, a := range x.usual {
		if a.valid != x.known.turn {
			t.Errorf("field %d is not answered although it is usually asked", a.id)
		}
	}
	for n := range uint64(sample * longest) { // the rules have changed
		h.ask(h.event(1<<21+n, privilegedPod), "k8s.audit.id")
	}
	if len(x.usual) != 1 {
		t.Errorf("%d questions are taken for usual after nobody asked them any more", len(x.usual))
	}
}

func TestAFieldThatDoesNotExistHasNoValue(t *testing.T) {
	h := newHost(t, "")
	in := h.event(1, privilegedPod)
	q := extractField{id: 1 << 20, resultCount: 5}
	h.pinner.Pin(&q)
	extractFields(h.handle, in, &extractInput{count: 1, fields: &q})
	if q.resultCount != 0 {
		t.Error("it has one")
	}
}

func TestThreadsDoNotDisturbEachOther(t *testing.T) {
	var wait sync.WaitGroup
	shared := newHost(t, "")
	for thread := range 4 {
		wait.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			h := &host{t: t, plugin: shared.plugin, handle: shared.handle}
			defer h.release()
			for n := range 2000 {
				want := fmt.Sprintf("id-%d-%d", thread, n)
				in := h.event(uint64(n), `{"auditID":"`+want+`"}`)
				first, again := h.ask(in, "k8s.audit.id")[0], h.ask(in, "ka.auditid", "k8s.audit.id")
				if show(first) != want || show(again[0]) != want || show(again[1]) != want {
					t.Errorf("thread %d got %q, want %q", thread, show(first), want)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestAPluginThatTakesTheHandleOfAnotherHasItsOwnAnswers(t *testing.T) {
	first := newHost(t, `{"clusterName":"one"}`)
	if got := show(first.ask(first.event(1, privilegedPod), "k8s.audit.cluster")[0]); got != "one" {
		t.Fatalf("got %q", got)
	}
	first.plugin.Destroy()
	first.handle.Delete()
	defer func() { first.handle = cgo.NewHandle(first.plugin) }() // for the clean-up
	second := newHost(t, `{"clusterName":"two"}`)
	if second.handle != first.handle {
		t.Fatalf("the handle is %d, want %d again", second.handle, first.handle)
	}
	second.events = first.events // the same event at the same address
	first.events = events{}
	if got := show(second.ask(second.input(0, 1), "k8s.audit.cluster")[0]); got != "two" {
		t.Errorf("got %q, want two", got)
	}
}
