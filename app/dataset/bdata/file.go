package bdata

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"reverie/compute/format/hdf5"
)

// ErrNotBData is wrapped when a file is HDF5 but lacks what makes it a subject file.
var ErrNotBData = errors.New("not a BData file")

// File is a subject file open for reading. Its methods may be called concurrently.
type File struct {
	h          *hdf5.File
	matrix     string // name of the matrix in the file
	rows, cols int
	keys       []string // in file order, first occurrences only
	described  map[string]string
	members    map[string][]bool    // key → value == 1
	values     map[string][]float64 // key → row of the metadata
	vmap       map[string]map[float64]string
}

// Open reads the metadata of a subject file. Close it after use.
func Open(path string) (*File, error) {
	h, err := hdf5.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open subject data: %w", err)
	}
	f := &File{h: h}
	if err := f.readMeta(); err != nil {
		h.Close()
		return nil, fmt.Errorf("open subject data: %w", err)
	}
	return f, nil
}

// Close releases the file.
func (f *File) Close() error { return f.h.Close() }

// Path is the path that was opened.
func (f *File) Path() string { return f.h.Path() }

// Rows is the number of samples, Cols that of columns of every kind.
func (f *File) Rows() int { return f.rows }

// Cols is the number of columns: voxels, labels and the rest.
func (f *File) Cols() int { return f.cols }

// either picks the old spelling where a file has both, as bdpy does.
func either(h *hdf5.File, old, now string) string {
	if h.Has(old) {
		return old
	}
	return now
}

func (f *File) readMeta() error {
	f.matrix = either(f.h, "dataSet", "dataset")
	meta := either(f.h, "metaData", "metadata")
	for _, name := range []string{f.matrix, meta + "/key", meta + "/value"} {
		if !f.h.Has(name) {
			return fmt.Errorf("%s has no /%s: %w; choose a .h5 file written by bdpy or BrainDecoderToolbox2", f.Path(), name, ErrNotBData)
		}
	}
	info, err := f.h.Stat(f.matrix)
	if err != nil {
		return err
	}
	if len(info.Shape) != 2 {
		return fmt.Errorf("%s: /%s has shape %v, samples × columns are needed: %w", f.Path(), f.matrix, info.Shape, ErrNotBData)
	}
	f.rows, f.cols = info.Shape[0], info.Shape[1]
	keys, err := f.h.Strings(meta + "/key")
	if err != nil {
		return err
	}
	described, err := f.descriptions(meta, len(keys))
	if err != nil {
		return err
	}
	if info, err = f.h.Stat(meta + "/value"); err != nil {
		return err
	}
	if len(info.Shape) != 2 || info.Shape[0] != len(keys) || info.Shape[1] != f.cols {
		return fmt.Errorf("%s: /%s/value has shape %v for %d keys and %d columns; the file is damaged: %w",
			f.Path(), meta, info.Shape, len(keys), f.cols, ErrNotBData)
	}
	values, err := hdf5.Read[float64](f.h, meta+"/value")
	if err != nil {
		return err
	}
	f.described, f.members, f.values = map[string]string{}, map[string][]bool{}, map[string][]float64{}
	for i, k := range keys {
		if _, twice := f.members[k]; twice {
			continue
		}
		row := values[i*f.cols : (i+1)*f.cols]
		in := make([]bool, f.cols)
		for j, v := range row {
			in[j] = v == 1
		}
		f.keys = append(f.keys, k)
		f.described[k], f.members[k], f.values[k] = described[i], in, row
	}
	return f.readVMap()
}

// descriptions are for people; a file without them is still good.
func (f *File) descriptions(meta string, n int) ([]string, error) {
	out := make([]string, n)
	if !f.h.Has(meta + "/description") {
		return out, nil
	}
	got, err := f.h.Strings(meta + "/description")
	if err != nil {
		return nil, err
	}
	copy(out, got)
	return out, nil
}

func (f *File) readVMap() error {
	f.vmap = map[string]map[float64]string{}
	if !f.h.Has("vmap") {
		return nil
	}
	keys, err := f.h.List("vmap")
	if err != nil {
		return err
	}
	for _, k := range keys {
		entries, err := f.h.List("vmap/" + k.Name)
		if err != nil {
			return err
		}
		table := make(map[float64]string, len(entries))
		for _, e := range entries {
			v, err := strconv.ParseFloat(e.Name, 64)
			if err != nil {
				return fmt.Errorf("%s: /vmap/%s/%s is not named by a number: %w", f.Path(), k.Name, e.Name, ErrNotBData)
			}
			text, err := f.h.Strings("vmap/" + k.Name + "/" + e.Name)
			if err != nil {
				return err
			}
			if len(text) != 1 {
				return fmt.Errorf("%s: /vmap/%s/%s holds %d strings, one is needed: %w", f.Path(), k.Name, e.Name, len(text), ErrNotBData)
			}
			table[v] = text[0]
		}
		f.vmap[k.Name] = table
	}
	return nil
}

// Keys are the metadata keys in file order.
func (f *File) Keys() []string { return append([]string(nil), f.keys...) }

// Description is the description of a key, "" if there is none.
func (f *File) Description(key string) string { return f.described[key] }

// Metadata is the row of a key, one number per column, NaN where it says nothing (voxel_x, for example).
func (f *File) Metadata(key string) ([]float64, error) {
	v, ok := f.values[key]
	if !ok {
		return nil, f.missing(key)
	}
	return append([]float64(nil), v...), nil
}

// LabelKeys are the keys whose numbers have names in the file, sorted.
func (f *File) LabelKeys() []string {
	var out []string
	for k := range f.vmap {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// ROI is a region of interest in a file.
type ROI struct {
	Name   string // without the ROI_ prefix; Key() is what a selection uses
	Voxels int
}

// Key is the metadata key of the region.
func (r ROI) Key() string { return "ROI_" + r.Name }

// ROIs are the regions that the file names, in file order.
func (f *File) ROIs() []ROI {
	var out []ROI
	for _, k := range f.keys {
		if name, ok := strings.CutPrefix(k, "ROI_"); ok {
			out = append(out, ROI{name, count(f.members[k])})
		}
	}
	return out
}

func count(in []bool) int {
	n := 0
	for _, b := range in {
		if b {
			n++
		}
	}
	return n
}

// missing says which keys there are.
func (f *File) missing(key string) error {
	return fmt.Errorf("%s has no key %q; it has %s", f.Path(), key, shorten(f.keys))
}

func shorten(names []string) string {
	const most = 40
	if len(names) == 0 {
		return "none"
	}
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// number is how a value is shown and used as a label: 3, not 3.000.
func number(v float64) string {
	if math.IsNaN(v) {
		return NotAvailable
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
