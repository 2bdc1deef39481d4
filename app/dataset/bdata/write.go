package bdata

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"reverie/compute/format/hdf5"
)

// Key is one metadata row: what the columns are with respect to a name.
type Key struct {
	Name, Description string
	Value             []float64 // one per column: 1 a member, 0 or NaN not, or a number
}

// Data is what Write writes.
type Data struct {
	Rows, Cols int
	Row        func(i int, dst []float64) error // fills sample i; called once each, in order
	Keys       []Key
	VMap       map[string]map[float64]string // optional: key → number → label
}

// Members is a metadata row of cols columns with 1 in [from, to).
func Members(cols, from, to int) []float64 {
	v := make([]float64, cols)
	for j := from; j < to; j++ {
		v[j] = 1
	}
	return v
}

// Write writes a subject file that bdpy opens. Rows stream through, so memory stays small; the file appears whole
// or, on an error or a cancelled context, not at all.
func Write(ctx context.Context, path string, d *Data) error {
	if err := d.check(); err != nil {
		return fmt.Errorf("write subject data %s: %w", path, err)
	}
	w, err := hdf5.Create(path)
	if err != nil {
		return fmt.Errorf("write subject data: %w", err)
	}
	defer w.Discard()
	if err := d.writeRows(ctx, w); err != nil {
		return fmt.Errorf("write subject data %s: %w", path, err)
	}
	// The writer keeps its first error and Commit returns it.
	d.writeMeta(w)
	if err := w.Commit(); err != nil {
		return fmt.Errorf("write subject data: %w", err)
	}
	return nil
}

func (d *Data) check() error {
	if d.Rows < 1 || d.Cols < 1 || len(d.Keys) == 0 {
		return fmt.Errorf("%d samples, %d columns and %d keys; at least one of each is needed", d.Rows, d.Cols, len(d.Keys))
	}
	have := map[string]bool{}
	for _, k := range d.Keys {
		if k.Name == "" || have[k.Name] {
			return fmt.Errorf("key %q is empty or stands twice", k.Name)
		}
		have[k.Name] = true
		if len(k.Value) != d.Cols {
			return fmt.Errorf("key %q has %d values for %d columns", k.Name, len(k.Value), d.Cols)
		}
	}
	for key, table := range d.VMap {
		if !have[key] || strings.Contains(key, "/") {
			return fmt.Errorf("labels are given for %q, which is not a key or has a / in it", key)
		}
		for v := range table {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("a label of %q is given for the number %g", key, v)
			}
		}
	}
	return nil
}

// blockBytes is how much of the matrix is held while writing.
const blockBytes = 4 << 20

func (d *Data) writeRows(ctx context.Context, w *hdf5.Writer) error {
	t, err := hdf5.NewTable[float64](w, "dataset", d.Rows, []int{d.Cols})
	if err != nil {
		return err
	}
	per := min(d.Rows, max(1, blockBytes/(8*d.Cols)))
	block := make([]float64, per*d.Cols)
	for at := 0; at < d.Rows; at += per {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(per, d.Rows-at)
		for i := range n {
			if err := d.Row(at+i, block[i*d.Cols:(i+1)*d.Cols]); err != nil {
				return fmt.Errorf("sample %d: %w", at+i, err)
			}
		}
		if err := t.Append(block[:n*d.Cols]); err != nil {
			return err
		}
	}
	return nil
}

func (d *Data) writeMeta(w *hdf5.Writer) {
	var names, descriptions []string
	var values []float64
	for _, k := range d.Keys {
		names = append(names, k.Name)
		descriptions = append(descriptions, k.Description)
		values = append(values, k.Value...)
	}
	w.WriteFixed("metadata/key", names)
	w.WriteFixed("metadata/description", descriptions)
	hdf5.Write(w, "metadata/value", []int{len(d.Keys), d.Cols}, values)
	w.Group("vmap")
	// Sorted, so that the same data gives the same bytes.
	for _, key := range slices.Sorted(maps.Keys(d.VMap)) {
		w.Group("vmap/" + key)
		for _, v := range slices.Sorted(maps.Keys(d.VMap[key])) {
			w.WriteString("vmap/"+key+"/"+pythonFloat(v), d.VMap[key][v])
		}
	}
}

// pythonFloat is str(float) of Python, by which bdpy names the labels: 1 is "1.0".
func pythonFloat(v float64) string {
	if a := math.Abs(v); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
