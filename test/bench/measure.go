package main

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"
)

// usage is what one process took.
type usage struct {
	wall, cpu time.Duration
	peak      int64 // bytes
}

func usageOf(wall time.Duration, state *os.ProcessState) usage {
	u := usage{wall: wall, cpu: state.UserTime() + state.SystemTime()}
	if r, ok := state.SysUsage().(*syscall.Rusage); ok {
		u.peak = r.Maxrss << 10
	}
	return u
}

// contender is one of the things that are compared: what runs it once.
type contender struct {
	name string
	run  func() (usage, error)
}

// medians runs the contenders in turn, so that a machine that becomes slower
// becomes so for all of them, and returns the median of each.
func medians(runs int, contenders ...contender) ([]usage, error) {
	all := make([][]usage, len(contenders))
	for round := range runs + 1 {
		for i, c := range contenders {
			u, err := c.run()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 { // the first round warms up
				all[i] = append(all[i], u)
			}
		}
	}
	middle := make([]usage, len(contenders))
	for i := range all {
		middle[i] = median(all[i])
	}
	return middle, nil
}

// median is the median of each figure by itself.
func median(all []usage) usage {
	return usage{
		wall: middle(all, func(u usage) time.Duration { return u.wall }),
		cpu:  middle(all, func(u usage) time.Duration { return u.cpu }),
		peak: middle(all, func(u usage) int64 { return u.peak }),
	}
}

func middle[T ~int64](all []usage, of func(usage) T) T {
	values := make([]T, len(all))
	for i, u := range all {
		values[i] = of(u)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// row prints a line of the table.
func row(name string, u usage, events int, size int64) {
	seconds := u.wall.Seconds()
	fmt.Printf("%-58s %9.0f ev/s %7.2f us CPU/ev %8.0f MB/s %6d MiB\n", name,
		float64(events)/seconds, float64(u.cpu.Microseconds())/float64(events), float64(size)/1e6/seconds, u.peak>>20)
}
