package bdata

import (
	"fmt"
	"math"
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
	x, err = f.src.columns(at)
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
			return f.src.columns([]int{j})
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
