package cli

import (
	"context"
	"errors"
	"strings"

	"reverie/compute"
	"reverie/compute/gl"
	"reverie/compute/nn"
)

// kernelRow is the time that one layer took in one direction, all its dispatches together.
type kernelRow struct {
	Label   string  `json:"label"` // like "conv3_2 backward"; what belongs to no layer has its own
	Seconds float64 `json:"seconds"`
	// GFlop is the arithmetic of the direct way for the whole batch, whatever way
	// was taken: by Winograd GFlops may be more than the device can do. 0 for
	// what only moves values.
	GFlop  float64 `json:"gflop,omitempty"`
	GFlops float64 `json:"gflops,omitempty"` // per second
}

var errNoProfile = errors.New("--kernels: only the gl backend tells where its time goes: add --backend gl")

// kernelTable profiles the images that p evaluated last, several times, and
// takes the least time of each layer and direction.
func kernelTable(ctx context.Context, p compute.Program, slots []int, repeats int) ([]kernelRow, error) {
	profiler, ok := p.(gl.Profiler)
	if !ok {
		return nil, errNoProfile
	}
	var rows []kernelRow
	for i := range repeats {
		timings, err := profiler.Profile(ctx, slots)
		if err != nil {
			return nil, err
		}
		once := perLayer(timings, p.Spec().Net, len(slots))
		if i == 0 {
			rows = once
			continue
		}
		for k := range rows {
			rows[k].Seconds = min(rows[k].Seconds, once[k].Seconds)
		}
	}
	for i := range rows {
		if rows[i].Seconds > 0 { // a clock may be too coarse for what only moves values
			rows[i].GFlops = rows[i].GFlop / rows[i].Seconds
		}
	}
	return rows, nil
}

// perLayer adds up the dispatches of each layer and direction: "conv1_2, sum"
// belongs to conv1_2. The gradient of a top layer's loss counts with its layer's losses.
func perLayer(timings []gl.Timing, net *nn.Network, images int) []kernelRow {
	var rows []kernelRow
	at := map[string]int{}
	for _, t := range timings {
		label, part, _ := strings.Cut(t.Label, ", ")
		if part == "top" {
			label = strings.TrimSuffix(label, " backward") + " loss"
		}
		k, ok := at[label]
		if !ok {
			k, at[label] = len(rows), len(rows)
			rows = append(rows, kernelRow{Label: label})
			if op, _, ok := net.Op(strings.TrimSuffix(label, " backward")); ok && op.HasFeature() {
				rows[k].GFlop = 2 * float64(op.Out.Len()) * float64(op.FanIn()) * float64(images) / 1e9
			}
		}
		rows[k].Seconds += t.Seconds
	}
	return rows
}

// printKernels shows the layers that calculate, then the rest as one line.
func printKernels(e *env, rows []kernelRow) {
	var rest, total float64
	e.say("\n%-18s %10s %9s %9s", "kernels", "ms", "GFLOP", "GFLOP/s")
	for _, r := range rows {
		total += r.Seconds
		if r.GFlop == 0 {
			rest += r.Seconds
			continue
		}
		e.say("%-18s %10.3f %9.3f %9.1f", r.Label, 1e3*r.Seconds, r.GFlop, r.GFlops)
	}
	e.say("%-18s %10.3f\n%-18s %10.3f", "all other", 1e3*rest, "together", 1e3*total)
}
