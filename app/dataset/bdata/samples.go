package bdata

import (
	"fmt"
	"math"
	"strings"

	"reverie/compute/brain"
	"reverie/compute/format/hdf5"
)

// NotAvailable is the label of a sample whose label is NaN: rest, or nothing shown.
const NotAvailable = "n/a"

// Select reads the columns of an expression: x is [rows][cols] row-major. Only the selected columns
// are read from the file. An empty selection is an error.
func (f *File) Select(expr string) (x []float64, rows, cols int, err error) {
	at, err := f.Columns(expr)
	if err != nil {
		return nil, 0, 0, err
	}
	if len(at) == 0 {
		return nil, 0, 0, fmt.Errorf("selection %q in %s takes no column; regions with voxels are %s", expr, f.Path(), f.regions())
	}
	x, err = hdf5.ReadColumns[float64](f.h, f.matrix, spans(at))
	return x, f.rows, len(at), err
}

func (f *File) regions() string {
	var out []string
	for _, r := range f.ROIs() {
		if r.Voxels > 0 {
			out = append(out, fmt.Sprintf("%s (%d)", r.Key(), r.Voxels))
		}
	}
	return shorten(out)
}

// spans joins neighbouring columns.
func spans(at []int) []hdf5.Span {
	var out []hdf5.Span
	for _, j := range at {
		if n := len(out); n > 0 && out[n-1].To == j {
			out[n-1].To++
		} else {
			out = append(out, hdf5.Span{From: j, To: j + 1})
		}
	}
	return out
}

// Column reads the one column of a key: Run, Session, image_index …
func (f *File) Column(key string) ([]float64, error) {
	in, ok := f.members[key]
	if !ok {
		return nil, f.missing(key)
	}
	if n := count(in); n != 1 {
		return nil, fmt.Errorf("key %q in %s marks %d columns, a single one is needed", key, f.Path(), n)
	}
	for j, b := range in {
		if b {
			return hdf5.ReadColumns[float64](f.h, f.matrix, []hdf5.Span{{From: j, To: j + 1}})
		}
	}
	return nil, nil
}

// Labels are the labels of all samples by a key of one column: names where the file has them,
// else the numbers as text ("3"), and NotAvailable for NaN.
func (f *File) Labels(key string) ([]string, error) {
	v, err := f.Column(key)
	if err != nil {
		return nil, err
	}
	table, named := f.vmap[key]
	out := make([]string, len(v))
	for i, x := range v {
		if out[i] = number(x); !named || math.IsNaN(x) {
			continue
		}
		text, ok := table[x]
		if !ok {
			return nil, fmt.Errorf("%s: sample %d has %s = %s, which /vmap/%s does not name; the file is incomplete", f.Path(), i, key, out[i], key)
		}
		out[i] = text
	}
	return out, nil
}

// Samples reads the voxels of a selection with their labels and runs. Samples without a label (NaN) are left out:
// they belong to no stimulus. Runs are distinct over sessions; without a Run column they are empty.
// A voxel value that is not finite is an error.
func (f *File) Samples(roiExpr, labelKey string) (brain.Samples, error) {
	labels, err := f.Labels(labelKey)
	if err != nil {
		return brain.Samples{}, err
	}
	runs, err := f.runs()
	if err != nil {
		return brain.Samples{}, err
	}
	x, _, cols, err := f.Select(roiExpr)
	if err != nil {
		return brain.Samples{}, err
	}
	s := brain.Samples{Voxels: cols, X: x[:0]}
	var rows []int // of the file
	for i, l := range labels {
		if l == NotAvailable {
			continue
		}
		rows = append(rows, i)
		s.Labels = append(s.Labels, l)
		s.X = append(s.X, x[i*cols:(i+1)*cols]...) // moves rows towards the front, in place
		if runs != nil {
			s.Runs = append(s.Runs, runs[i])
		}
	}
	if len(rows) == 0 {
		return brain.Samples{}, fmt.Errorf("%s: no sample has a label in %s; choose another label key", f.Path(), labelKey)
	}
	return s, f.finite(roiExpr, s, rows)
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
		shared = shared || r != math.Trunc(r)
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
