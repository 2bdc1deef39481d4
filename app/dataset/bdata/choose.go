package bdata

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"reverie/compute/brain"
)

// What a sample of the files of Generic Object Decoding is: the numbers of their column DataType.
const (
	Training   = 1
	Perception = 2 // test images
	Imagery    = 3
)

// Options choose samples.
type Options struct {
	LabelKey string // what names the stimulus of a sample: stimulus_name, image_index …
	// DataTypes, where not empty, keeps samples whose DataType is one of these.
	DataTypes []int
	// DropRepetitions leaves out the blocks that only repeat the stimulus shown just before, at which the
	// subject pressed a button (one-back task): 5 of 55 blocks of a natural-image run. A block is one if its label is
	// that of the labelled block before it in the same session and run. Rows are blocks; where the file has a
	// column Block, rows with the same number there are one. Without it in a file of single volumes the switch
	// must stay off. The published files hold no such blocks.
	DropRepetitions bool
}

// Samples reads the voxels of a selection with their labels and runs. Samples without a label (NaN) are left out:
// they belong to no stimulus. Runs are distinct over sessions; without a Run column they are empty.
// A voxel value that is not finite is an error. All repetitions are kept.
func (f *File) Samples(roiExpr, labelKey string) (brain.Samples, error) {
	s, _, err := f.SamplesBy(roiExpr, Options{LabelKey: labelKey})
	return s, err
}

// SamplesBy is Samples with a choice of rows. The notices say what was left out, where rows repeat the
// stimulus before them, and where bdpy would select other columns.
func (f *File) SamplesBy(roiExpr string, o Options) (brain.Samples, []Notice, error) {
	none := brain.Samples{}
	labels, err := f.Labels(o.LabelKey)
	if err != nil {
		return none, nil, err
	}
	runs, err := f.runs()
	if err != nil {
		return none, nil, err
	}
	rows, notices, err := f.choose(labels, runs, o)
	if err != nil {
		return none, nil, err
	}
	_, about, err := f.ColumnsNoted(roiExpr)
	if err != nil {
		return none, nil, err
	}
	x, _, cols, err := f.Select(roiExpr)
	if err != nil {
		return none, nil, err
	}
	s := brain.Samples{Voxels: cols, X: x[:0]}
	for _, i := range rows {
		s.Labels = append(s.Labels, labels[i])
		s.X = append(s.X, x[i*cols:(i+1)*cols]...) // moves rows towards the front, in place
		if runs != nil {
			s.Runs = append(s.Runs, runs[i])
		}
	}
	return s, append(notices, about...), f.finite(roiExpr, s, rows)
}

// choose gives the rows of the file that the options keep, ascending. The notices count among the samples of the
// DataTypes asked for.
func (f *File) choose(labels []string, runs []int, o Options) ([]int, []Notice, error) {
	kind, err := f.ofKind(o.DataTypes)
	if err != nil {
		return nil, nil, err
	}
	repeated, err := f.repetitions(labels, runs)
	if err != nil {
		return nil, nil, err
	}
	var rows []int
	unlabelled, n := 0, 0
	for i, in := range kind {
		switch {
		case !in:
		case labels[i] == NotAvailable:
			unlabelled++
		case repeated[i] && o.DropRepetitions:
			n++
		default:
			if repeated[i] {
				n++
			}
			rows = append(rows, i)
		}
	}
	total := count(kind)
	switch {
	case total == 0 && len(o.DataTypes) > 0:
		return nil, nil, fmt.Errorf("%s: no sample has a DataType of %v", f.path, o.DataTypes)
	case unlabelled == total:
		return nil, nil, fmt.Errorf("%s: no sample has a label in %s; choose another label key", f.path, o.LabelKey)
	case len(rows) == 0:
		return nil, nil, fmt.Errorf("%s: all samples with a label in %s repeat the one before them; keep repetitions", f.path, o.LabelKey)
	}
	var notices []Notice
	if unlabelled > 0 {
		notices = append(notices, Notice{o.LabelKey, fmt.Sprintf("%d of %d samples have no label and are left out", unlabelled, total)})
	}
	if n > 0 {
		what := "they are kept"
		if o.DropRepetitions {
			what = "they are left out"
		}
		notices = append(notices, Notice{o.LabelKey, fmt.Sprintf("%d of %d samples repeat the stimulus just before them in the run, as in a one-back task; %s", n, total, what)})
	}
	return rows, notices, nil
}

// ofKind marks the rows whose DataType is one of types, all rows where types is empty.
func (f *File) ofKind(types []int) ([]bool, error) {
	out := make([]bool, f.rows)
	if len(types) == 0 {
		for i := range out {
			out[i] = true
		}
		return out, nil
	}
	key, ok := f.findKey("DataType")
	if !ok {
		return nil, fmt.Errorf("samples of DataType %v are asked for: %w", types, f.missing("DataType"))
	}
	kinds, err := f.Column(key)
	if err != nil {
		return nil, err
	}
	for i, k := range kinds {
		out[i] = k == math.Trunc(k) && slices.Contains(types, int(k))
	}
	return out, nil
}

// repetitions marks the rows of blocks whose label is that of the labelled block before them in the run.
func (f *File) repetitions(labels []string, runs []int) ([]bool, error) {
	out := make([]bool, len(labels))
	var blocks []float64
	if key, ok := f.findKey("Block"); ok {
		var err error
		if blocks, err = f.Column(key); err != nil {
			return nil, err
		}
	}
	last := -1
	for i, l := range labels {
		if l == NotAvailable {
			continue
		}
		if last >= 0 && labels[last] == l && (runs == nil || runs[last] == runs[i]) {
			sameBlock := blocks != nil && blocks[last] == blocks[i]
			out[i] = !sameBlock || out[last]
		}
		last = i
	}
	return out, nil
}

func (f *File) finite(expr string, s brain.Samples, rows []int) error {
	bad, first := 0, -1
	voxels, samples := map[int]bool{}, map[int]bool{}
	for i, v := range s.X {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			if bad++; first < 0 {
				first = i
			}
			samples[i/s.Voxels], voxels[i%s.Voxels] = true, true
		}
	}
	if bad == 0 {
		return nil
	}
	at, err := f.Columns(expr)
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %d values of %q are not finite (%d of %d voxels, %d of %d samples; first: sample %d, column %d); remove these voxels or samples",
		f.Path(), bad, expr, len(voxels), s.Voxels, len(samples), s.Len(), rows[first/s.Voxels], at[first%s.Voxels])
}

// findKey finds a key of one column whatever its case.
func (f *File) findKey(name string) (string, bool) {
	for _, k := range f.keys {
		if strings.EqualFold(k, name) && count(f.members[k]) == 1 {
			return k, true
		}
	}
	return "", false
}

// runs numbers the runs: as in the file, or from 1 in order of appearance where sessions use the same numbers.
func (f *File) runs() ([]int, error) {
	key, ok := f.findKey("Run")
	if !ok {
		return nil, nil
	}
	run, err := f.Column(key)
	if err != nil {
		return nil, err
	}
	session := make([]float64, len(run))
	if key, ok := f.findKey("Session"); ok {
		if session, err = f.Column(key); err != nil {
			return nil, err
		}
	}
	out := make([]int, len(run))
	sessionOf, order := map[float64]float64{}, map[[2]float64]int{}
	shared := false
	for i, r := range run {
		if math.IsNaN(r) || math.IsNaN(session[i]) {
			return nil, fmt.Errorf("%s: sample %d has no run number; run and session must be known for every sample", f.Path(), i)
		}
		if s, seen := sessionOf[r]; seen && s != session[i] {
			shared = true
		}
		sessionOf[r] = session[i]
		shared = shared || r != math.Trunc(r) || math.Abs(r) > 1<<31
		pair := [2]float64{session[i], r}
		if order[pair] == 0 {
			order[pair] = len(order) + 1
		}
	}
	for i, r := range run {
		out[i] = int(r)
		if shared {
			out[i] = order[[2]float64{session[i], r}]
		}
	}
	return out, nil
}

// Repetitions counts the samples that Options.DropRepetitions would leave out.
func (f *File) Repetitions(o Options) (int, error) {
	labels, err := f.Labels(o.LabelKey)
	if err != nil {
		return 0, err
	}
	runs, err := f.runs()
	if err != nil {
		return 0, err
	}
	repeated, err := f.repetitions(labels, runs)
	if err != nil {
		return 0, err
	}
	kind, err := f.ofKind(o.DataTypes)
	if err != nil {
		return 0, err
	}
	for i, in := range kind {
		kind[i] = in && repeated[i]
	}
	return count(kind), nil
}
