package bdtb

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"reverie/compute/brain"
)

// Options are the settings of Preprocess; the zero value of a field is its default.
type Options struct {
	TR           float64 // seconds per volume; default: the file's
	ShiftSeconds float64 // haemodynamic delay; default 4; negative for none
	DespikeSD    float64 // clip at mean ± this many standard deviations; default 3; negative for none
	DespikeTimes int     // how often; each time with the statistics of the clipped series; default 1 (bdpy's function: 10)
	Rest         []string
	// Rest names the conditions that are no stimuli; default: every name with "rest" in it.
	Voxels []int // default: all
}

// Blocks are one sample per stimulus block: percent signal change, the mean over the block's volumes.
type Blocks struct {
	brain.Samples         // Labels are condition names, Runs count from 1
	Index           []int // of each block among the stimulus blocks of its run, from 0
	Length          []int // volumes averaged
	Flat            []int // columns whose baseline is zero in some run; they are 0 there
	FixedOrder      int   // the first FixedOrder stimulus blocks have the same stimulus in every run
	ShiftVolumes    int
	BaselineVolumes []int     // per run
	XYZ             []float32 // places of the voxels in mm, three each; nil where unknown
}

// Random are the samples at positions whose stimulus differs between runs; the first
// FixedOrder blocks come in one order, so that a decoder may learn the time in the run instead of the stimulus.
func (b Blocks) Random() brain.Samples { return b.part(func(i int) bool { return i >= b.FixedOrder }) }

// Fixed are the samples of the first FixedOrder blocks of every run.
func (b Blocks) Fixed() brain.Samples { return b.part(func(i int) bool { return i < b.FixedOrder }) }

func (b Blocks) part(keep func(int) bool) brain.Samples {
	out := brain.Samples{Voxels: b.Voxels}
	for i, at := range b.Index {
		if keep(at) {
			out.X = append(out.X, b.Row(i)...)
			out.Labels = append(out.Labels, b.Labels[i])
			out.Runs = append(out.Runs, b.Runs[i])
		}
	}
	return out
}

// Preprocess takes the paper's temporal steps, per run and voxel: the linear trend out and the mean kept; percent
// change from the mean of the run's initial rest; despiking; a shift of the haemodynamic delay; the mean of each stimulus block.
// (The paper also regresses out six motion parameters, which the file does not have.) Volumes that a block
// would take from beyond its run are left out of its mean.
func (d *Data) Preprocess(o Options) (Blocks, error) {
	out := Blocks{}
	if err := d.defaults(&o); err != nil {
		return out, fmt.Errorf("preprocess %s: %w", d.Path, err)
	}
	out.Voxels, out.ShiftVolumes = len(o.Voxels), int(math.Round(o.ShiftSeconds/o.TR))
	if d.XYZ != nil {
		for _, v := range o.Voxels {
			out.XYZ = append(out.XYZ, d.XYZ[3*v:3*v+3]...)
		}
	}
	flat := map[int]bool{}
	var orders [][]string
	for r, run := range d.Runs {
		blocks := d.blocksOf(run)
		if len(blocks) == 0 || !o.rest(d.Names[d.Labels[blocks[0].From]]) {
			return out, fmt.Errorf("preprocess %s: run %d does not begin with rest, which is its baseline; name the rest conditions", d.Path, r+1)
		}
		base := blocks[0]
		out.BaselineVolumes = append(out.BaselineVolumes, base.To-base.From)
		x := d.series(run, o.Voxels)
		for v, s := range x {
			detrend(s)
			if !percent(s, base.To-base.From) {
				flat[v] = true
			}
			for range o.DespikeTimes {
				despike(s, o.DespikeSD)
			}
		}
		var order []string
		for _, b := range blocks {
			name := d.Names[d.Labels[b.From]]
			if o.rest(name) {
				continue
			}
			from, to := b.From-run.From+out.ShiftVolumes, min(b.To-run.From+out.ShiftVolumes, run.To-run.From)
			if from >= to {
				return out, fmt.Errorf("preprocess %s: block %q at volume %d ends after run %d once shifted by %d volumes; take a shorter shift",
					d.Path, name, b.From+1, r+1, out.ShiftVolumes)
			}
			for _, s := range x {
				out.X = append(out.X, mean(s[from:to]))
			}
			out.Labels, out.Runs = append(out.Labels, name), append(out.Runs, r+1)
			out.Index, out.Length = append(out.Index, len(order)), append(out.Length, to-from)
			order = append(order, name)
		}
		orders = append(orders, order)
	}
	if out.Len() == 0 {
		return out, fmt.Errorf("preprocess %s: no stimulus blocks, all conditions are rest", d.Path)
	}
	out.FixedOrder = commonPrefix(orders)
	for v := range flat {
		out.Flat = append(out.Flat, v)
	}
	slices.Sort(out.Flat)
	return out, nil
}

func (d *Data) defaults(o *Options) error {
	if o.TR == 0 {
		o.TR = d.TR
	}
	if !(o.TR > 0) {
		return fmt.Errorf("the file does not say the repetition time; give it in seconds")
	}
	if o.ShiftSeconds == 0 {
		o.ShiftSeconds = 4
	}
	o.ShiftSeconds = max(0, o.ShiftSeconds)
	if o.DespikeSD == 0 {
		o.DespikeSD = 3
	}
	if o.DespikeTimes == 0 {
		o.DespikeTimes = 1
	}
	if o.DespikeSD < 0 {
		o.DespikeTimes = 0
	}
	if o.Voxels == nil {
		for v := range d.Voxels {
			o.Voxels = append(o.Voxels, v)
		}
	}
	for _, v := range o.Voxels {
		if v < 0 || v >= d.Voxels {
			return fmt.Errorf("voxel %d asked, there are %d", v, d.Voxels)
		}
	}
	if len(o.Voxels) == 0 {
		return fmt.Errorf("no voxels are chosen")
	}
	return nil
}

func (o Options) rest(name string) bool {
	if o.Rest != nil {
		return slices.Contains(o.Rest, name)
	}
	return strings.Contains(strings.ToLower(name), "rest")
}

// blocksOf are the blocks of a run: the file's own where they last, else, where the file lists single volumes,
// neighbouring volumes of one label together.
func (d *Data) blocksOf(run Span) []Span {
	starts := map[int]bool{}
	for _, b := range d.Blocks {
		if b.To-b.From > 1 {
			starts[b.From], starts[b.To] = true, true
		}
	}
	var out []Span
	for i := run.From; i < run.To; i++ {
		if i == run.From || starts[i] || d.Labels[i] != d.Labels[i-1] {
			out = append(out, Span{i, i})
		}
		out[len(out)-1].To = i + 1
	}
	return out
}

// series copies the time series of voxels: [voxels][volumes].
func (d *Data) series(run Span, voxels []int) [][]float64 {
	out := make([][]float64, len(voxels))
	for k, v := range voxels {
		out[k] = make([]float64, run.To-run.From)
		for t := range out[k] {
			out[k][t] = d.X[(run.From+t)*d.Voxels+v]
		}
	}
	return out
}

func commonPrefix(orders [][]string) int {
	n := 0
	for ; len(orders) > 1; n++ {
		for _, o := range orders {
			if n >= len(o) || o[n] != orders[0][min(n, len(orders[0])-1)] {
				return n
			}
		}
	}
	return 0
}

// Columns are the voxels of the named regions together, ascending; no names mean all regions.
func (d *Data) Columns(rois ...string) ([]int, error) {
	in := make([]bool, d.Voxels)
	var have []string
	found := map[string]bool{}
	for _, r := range d.ROIs {
		have = append(have, r.Name)
		if len(rois) > 0 && !slices.Contains(rois, r.Name) {
			continue
		}
		found[r.Name] = true
		for _, v := range r.Voxels {
			in[v] = true
		}
	}
	for _, r := range rois {
		if !found[r] {
			return nil, fmt.Errorf("%s has no region %q; it has %s", d.Path, r, strings.Join(have, ", "))
		}
	}
	var out []int
	for v, b := range in {
		if b {
			out = append(out, v)
		}
	}
	return out, nil
}
