// Command bench measures how fast audit events go through the plugin: parts of
// the way alone, and the whole of it in a real engine with several rule sets,
// and against another library, if one is given. Every figure is that of whole
// processes, the median of several runs in turn.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/k8saudit/k8saudit/test/engine"
)

// options are the command line.
type options struct {
	events, runs    int
	baseline, extra string
	baselineRules   string
	stage           string
}

func main() {
	var o options
	flag.IntVar(&o.events, "events", 60000, "how many events")
	flag.IntVar(&o.runs, "runs", 5, "how many runs of each count")
	flag.StringVar(&o.baseline, "baseline", "", "a library to compare with")
	flag.StringVar(&o.extra, "baseline-extra", "", "the json plugin that the rules of the baseline need; it is loaded beside both")
	flag.StringVar(&o.baselineRules, "baseline-rules", "", "the rule file of the baseline")
	flag.StringVar(&o.stage, "stage", "", "run one stage on the log that is the argument (used by the program itself)")
	flag.Parse()
	run := func() error { return bench(o) }
	if o.stage != "" {
		run = func() error { return runStage(o.stage, flag.Arg(0)) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// workbench is what the measurements need.
type workbench struct {
	options
	root, dir, library string
	engine             *engine.Engine
	logs               map[string]log
}

// log is a generated log.
type log struct {
	path   string
	size   int64
	events int
}

func bench(o options) error {
	root, err := engine.Root()
	if err != nil {
		return err
	}
	library, err := engine.Library()
	if err != nil {
		return err
	}
	e, err := engine.Find(filepath.Join(root, "build"))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Join(root, "build"), "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w := &workbench{options: o, root: root, dir: dir, library: library, engine: e, logs: map[string]log{}}
	for _, step := range []func() error{w.generate, w.parts, w.whole, w.growth, w.compare} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// generate makes the logs: each mix, and the production mix ten times over.
func (w *workbench) generate() error {
	g, err := newGenerator(filepath.Join(w.root, "test", "testdata", "audit.log"))
	if err != nil {
		return err
	}
	for name, spec := range map[string]struct {
		mix    string
		events int
	}{
		"production": {"production", w.events}, "requestresponse": {"requestresponse", w.events / 10}, "tenth": {"production", w.events / 10},
	} {
		l := log{path: filepath.Join(w.dir, name+".log"), events: spec.events}
		if l.size, err = g.write(l.path, mixes[spec.mix], spec.events); err != nil {
			return err
		}
		w.logs[name] = l
	}
	fmt.Printf("%d events a run (%d at RequestResponse), medians of %d runs in turn, %s\n", w.events, w.events/10, w.runs, w.engine.Name())
	return nil
}

// parts measures the stages alone.
func (w *workbench) parts() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, mix := range []string{"production", "requestresponse"} {
		l := w.logs[mix]
		var contenders []contender
		for _, stage := range stageOrder {
			contenders = append(contenders, contender{stage, func() (usage, error) { return process(self, "-stage", stage, l.path) }})
		}
		all, err := medians(w.runs, contenders...)
		if err != nil {
			return err
		}
		for i, stage := range stageOrder {
			row(stage+", "+mix, all[i], l.events, l.size)
		}
	}
	return nil
}

func process(path string, args ...string) (usage, error) {
	cmd := exec.Command(path, args...)
	var errors bytes.Buffer
	cmd.Stderr = &errors
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("%w: %s", err, errors.String())
	}
	return usageOf(time.Since(begin), cmd.ProcessState), nil
}

// inEngine is one run of a real engine.
func (w *workbench) inEngine(library string, l log, rules []string, beside map[string]string) contender {
	return contender{library, func() (u usage, err error) {
		var begin time.Time
		run := engine.Run{
			Library: library, OpenParams: l.path, Rules: rules, Beside: beside, InitConfig: `{"useAsync":false}`,
			Finished: func(state *os.ProcessState) { u = usageOf(time.Since(begin), state) },
		}
		begin = time.Now()
		err = w.engine.Watch(context.Background(), run, func(engine.Alert) {})
		return u, err
	}}
}

// whole measures the plugin in a real engine with three rule sets.
func (w *workbench) whole() error {
	sets, err := w.ruleSets()
	if err != nil {
		return err
	}
	for _, mix := range []string{"production", "requestresponse"} {
		l := w.logs[mix]
		for _, set := range sets {
			all, err := medians(w.runs, w.inEngine(w.library, l, set.rules, nil))
			if err != nil {
				return err
			}
			row(set.name+", "+mix, all[0], l.events, l.size)
		}
	}
	return nil
}

// growth shows what ten times the events and ten times the rules cost.
func (w *workbench) growth() error {
	few, err := w.write("few.yaml", shapedRules(20))
	if err != nil {
		return err
	}
	many, err := w.write("many.yaml", shapedRules(200))
	if err != nil {
		return err
	}
	tenth, full := w.logs["tenth"], w.logs["production"]
	all, err := medians(w.runs,
		w.inEngine(w.library, tenth, []string{few}, nil), w.inEngine(w.library, full, []string{few}, nil), w.inEngine(w.library, full, []string{many}, nil))
	if err != nil {
		return err
	}
	row("20 rules, a tenth of the events", all[0], tenth.events, tenth.size)
	row("20 rules", all[1], full.events, full.size)
	row("200 rules", all[2], full.events, full.size)
	return nil
}

// compare measures against the baseline, in alternation.
func (w *workbench) compare() error {
	if w.baseline == "" {
		return nil
	}
	sets, err := w.ruleSets()
	if err != nil {
		return err
	}
	l, beside := w.logs["production"], map[string]string{}
	if w.extra != "" {
		beside["json"] = w.extra
	}
	ours := sets[len(sets)-1].rules
	theirs := sets[1].rules
	if w.baselineRules != "" {
		theirs = []string{w.baselineRules}
	}
	if err := w.pair("the baseline's rules, both libraries", w.inEngine(w.library, l, theirs, beside), w.inEngine(w.baseline, l, theirs, beside)); err != nil {
		return err
	}
	return w.pair("our rules with ours, the baseline's with the baseline", w.inEngine(w.library, l, ours, nil), w.inEngine(w.baseline, l, theirs, beside))
}

func (w *workbench) pair(name string, ours, theirs contender) error {
	all, err := medians(w.runs, ours, theirs)
	if err != nil {
		return err
	}
	l := w.logs["production"]
	row(name+": ours", all[0], l.events, l.size)
	row(name+": baseline", all[1], l.events, l.size)
	fmt.Printf("%-58s %9.2f x events/s, %.2f x CPU, %.2f x peak memory\n", "  ratio", all[1].wall.Seconds()/all[0].wall.Seconds(),
		all[1].cpu.Seconds()/all[0].cpu.Seconds(), float64(all[1].peak)/float64(all[0].peak))
	return nil
}

// write writes a file into the bench's folder.
func (w *workbench) write(name, text string) (string, error) {
	path := filepath.Join(w.dir, name)
	return path, os.WriteFile(path, []byte(strings.TrimSpace(text)+"\n"), 0o600)
}
