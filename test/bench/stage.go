package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/k8saudit/k8saudit/pkg/audit"
	"github.com/k8saudit/k8saudit/pkg/fields"
	"github.com/k8saudit/k8saudit/pkg/k8saudit"
	"github.com/k8saudit/k8saudit/pkg/source"
	"github.com/k8saudit/k8saudit/pkg/stats"
)

// stages are parts of the way of an event, each measured in a process of its
// own. They return how many events went through.
var stages = map[string]func(log string) (int, error){
	"read and split": readAndSplit,
	"next batch":     nextBatch,
	"extraction":     extraction,
}

// stageOrder is the order in which they are shown.
var stageOrder = []string{"read and split", "next batch", "extraction"}

// readAndSplit finds the events of the log and hands them on in batches.
func readAndSplit(log string) (n int, err error) {
	err = eachBatch(log, func(b *source.Batch) { n += len(b.Events) })
	return n, err
}

func eachBatch(log string, do func(*source.Batch)) error {
	files, err := source.OpenFile(log, audit.MaxEventSize, stats.New(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		return err
	}
	queue := source.NewQueue(4 << 20)
	go func() { queue.End(files.Run(context.Background(), queue)) }()
	for {
		b, err := queue.Take(time.Minute)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		do(b)
		b.Finish(true)
	}
}

// nextBatch is the whole way to Falco's memory.
func nextBatch(log string) (n int, err error) {
	p := k8saudit.New()
	if err := p.Init("", k8saudit.Host{}); err != nil {
		return 0, err
	}
	instance, err := p.Open(log)
	if err != nil {
		return 0, err
	}
	defer instance.Close()
	for {
		count, _, err := instance.NextBatch()
		switch err {
		case nil:
			n += count
		case sdk.ErrTimeout:
		case sdk.ErrEOF:
			return n, nil
		default:
			return n, err
		}
	}
}

// touched are the fields that a rule which looks for a dangerous pod touches.
var touched = []string{
	"k8s.audit.stage", "k8s.audit.request.verb", "k8s.audit.request.resource.type", "k8s.audit.request.resource.subresource",
	"k8s.audit.response.code", "k8s.audit.user.username", "k8s.audit.request.resource.namespace", "k8s.audit.auth.decision",
	"k8s.audit.request.object.spec.securityContext.privileged", "k8s.audit.request.object.spec.hostPID",
	"k8s.audit.request.object.spec.allContainers.image", "k8s.audit.request.object.spec.volumes.hostPath",
}

// extraction reads the events and asks each for the touched fields.
func extraction(log string) (n int, err error) {
	table, values := fields.NewTable(), fields.Values{}
	var ids []int
	for _, name := range touched {
		id, ok := table.ID(name)
		if !ok {
			return 0, fmt.Errorf("there is no field %s", name)
		}
		ids = append(ids, id)
	}
	event := fields.NewEvent(func() string { return "" }, func() {})
	err = eachBatch(log, func(b *source.Batch) {
		for i := range b.Events {
			event.Reset(b.Events[i].Raw)
			for _, id := range ids {
				table.Extract(event, id, fields.Arg{}, &values)
			}
			n++
		}
	})
	return n, err
}

// runStage is what the process of one stage does.
func runStage(name, log string) error {
	n, err := stages[name](log)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, n)
	return nil
}
