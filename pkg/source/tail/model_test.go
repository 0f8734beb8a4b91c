package tail

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/k8saudit/k8saudit/pkg/stats"
)

// model is what a random program has made of the log.
type model struct {
	*fixture
	random  *rand.Rand
	files   [][]string        // IDs in the backups, oldest first
	names   []string          // of these
	live    []string          // IDs in the log
	begun   string            // what of a line was not written yet
	excused map[string]string // events that may be lost, and why

	drops   uint64          // for reason Deleted, of earlier runs
	copies  map[string]bool // backups that were copied
	program []string
}

// operation is a step of a program; weight is how often it is chosen.
type operation struct {
	name   string
	weight int
	do     func(*model)
}

var operations = []operation{
	{"write", 10, func(m *model) { m.completes(); m.writes(1 + m.random.IntN(6)) }},
	{"write half", 2, (*model).half},
	{"tear", 1, (*model).tear},
	{"rotate", 4, func(m *model) { m.renames(); m.append("audit.log", "") }},
	{"rename", 2, (*model).renames},
	{"compress", 3, (*model).compresses},
	{"leave a part of an archive", 1, (*model).part},
	{"delete the oldest", 1, (*model).deletes},
	{"copy and truncate", 2, func(m *model) { m.truncates(true) }},
	{"truncate", 1, func(m *model) { m.truncates(false) }},
	{"stop and start", 2, func(m *model) { m.ends(); m.restart() }},
	{"crash", 2, func(m *model) { m.ends(); m.crash(); m.start() }},
	{"stall", 1, func(m *model) { m.stalled = true }},
	{"go on", 2, (*model).proceeds},
	{"poll", 10, func(m *model) { m.poll() }},
}

func (m *model) writes(n int) {
	for range n {
		m.live = append(m.live, m.id(m.written))
		m.append("audit.log", m.next(1))
	}
}

// half writes the beginning of a line.
func (m *model) half() {
	m.completes()
	text := m.next(1)
	cut := 1 + m.random.IntN(len(text)-1)
	m.append("audit.log", text[:cut])
	m.begun = text[cut:]
}

// completes writes the end of the line that is begun.
func (m *model) completes() {
	if m.begun != "" {
		m.append("audit.log", m.begun)
		m.live = append(m.live, m.id(m.written-1))
		m.begun = ""
	}
}

// tear leaves half a line, as a writer does that crashes.
func (m *model) tear() {
	m.completes()
	text := line("torn")
	m.append("audit.log", text[:1+m.random.IntN(len(text)-1)])
}

// renames moves the log to a backup, and leaves none.
func (m *model) renames() {
	m.completes()
	if _, err := os.Stat(m.path("audit.log")); err != nil {
		return
	}
	m.names = append(m.names, m.rotate())
	m.files = append(m.files, m.live)
	m.live = nil
}

func (m *model) compresses() {
	for i, name := range m.names {
		if !strings.HasSuffix(name, ".gz") {
			m.compress(name)
			m.names[i] += ".gz"
			return
		}
	}
}

func (m *model) part() {
	for _, name := range m.names {
		if !strings.HasSuffix(name, ".gz") {
			archive := m.zip(name)
			m.put(name+".gz", archive[:m.random.IntN(len(archive))])
			return
		}
	}
}

func (m *model) deletes() {
	if len(m.names) == 0 {
		return
	}
	m.remove(m.names[0])
	os.Remove(m.path(m.names[0] + ".gz")) // a part of its archive

	why := "deleted"
	if m.copies[strings.TrimSuffix(m.names[0], ".gz")] {
		why = "truncated, and the copy deleted"
	}
	if !m.isPlaced() {
		why = "deleted before anything was known"
	}
	m.excuse(m.files[0], why)
	m.names, m.files = m.names[1:], m.files[1:]
}

// isPlaced reports whether the positions, that of the run and that after a
// crash, are in files that are known by their content. Behind any other nobody can tell what is missing.
func (m *model) isPlaced() bool {
	if len(m.tail.logs) > 0 && m.tail.logs[0].cur != nil {
		if at := m.tail.logs[0].cur.position(); at.isVague() {
			return false
		}
	}
	saved, ok, err := newCheckpoint(m.options.CheckpointDir, m.options.Path).load()
	m.must(err)
	return ok && len(saved.Files) > 0 && !saved.Files[len(saved.Files)-1].isVague()
}

// excuse notes events that the rules have not seen and never can any more.
func (m *model) excuse(ids []string, why string) {
	for _, id := range ids {
		if m.seen[id] == 0 {
			m.excused[id] = why
		}
	}
}

func (m *model) truncates(copied bool) {
	m.completes()
	if _, err := os.Stat(m.path("audit.log")); err != nil {
		return
	}
	if !copied {
		m.truncate("")
		m.excuse(m.live, "truncated")
	} else {
		name := m.backup()
		m.truncate(name)
		m.names, m.files = append(m.names, name), append(m.files, m.live)
		m.copies[name] = true
	}
	m.live = nil
}

// ends notes what the run that ends has reported.
func (m *model) ends() { m.drops += m.stats.Dropped(stats.Deleted) }

func (m *model) proceeds() {
	m.stalled = false
	m.finish(true)
}

// check compares what the rules saw with what was written.
func (m *model) check() error {
	for i := range m.written {
		id := m.id(i)
		if m.seen[id] == 0 && m.excused[id] == "" {
			return fmt.Errorf("%s was lost", id)
		}
	}
	lost := 0
	for id, why := range m.excused {
		if m.seen[id] == 0 && why == "deleted" {
			lost++
		}
	}
	if lost > 0 && m.drops == 0 {
		return fmt.Errorf("%d events were deleted unread, and no gap was reported", lost)
	}
	return nil
}

// ordered checks that a run delivers its events in the order in which they
// were written, each once.
func (m *model) ordered() error {
	m.got = slices.DeleteFunc(m.got, func(id string) bool { return id == "torn" })
	if !slices.IsSorted(m.got) || len(slices.Compact(slices.Clone(m.got))) != len(m.got) {
		return fmt.Errorf("out of order, or twice in one run: %v", m.got)
	}
	m.got = nil
	return nil
}

// run runs a random program to its end, and lets everything be read.
func (m *model) run(steps int) error {
	m.start()
	for range steps {
		op := m.choose()
		m.program = append(m.program, op.name)
		if op.name == "stop and start" || op.name == "crash" {
			if err := m.ordered(); err != nil {
				return err
			}
		}
		op.do(m)
	}
	m.completes()
	m.proceeds()
	m.poll()
	m.poll()
	m.ends()
	if err := m.ordered(); err != nil {
		return err
	}
	return m.check()
}

func (m *model) choose() *operation {
	total := 0
	for i := range operations {
		total += operations[i].weight
	}
	n := m.random.IntN(total)
	for i := range operations {
		if n -= operations[i].weight; n < 0 {
			return &operations[i]
		}
	}
	panic("unreachable")
}

func TestF24RandomProgramsAgreeWithTheModel(t *testing.T) {
	programs := uint64(60)
	if long {
		programs = 1000
	}
	for seed := range programs {
		m := &model{fixture: newFixture(t), random: rand.New(rand.NewPCG(24, seed)), excused: map[string]string{}, copies: map[string]bool{}}
		if err := m.run(60); err != nil {
			t.Fatalf("seed %d: %v\nprogram: %s\nsaid: %s", seed, err, strings.Join(m.program, ", "), m.said)
		}
		m.stop()
		os.RemoveAll(m.dir)
	}
}
