package bdata

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// ErrNotBData is wrapped when a file is HDF5 but lacks what makes it a subject file.
var ErrNotBData = errors.New("not a BData file")

// Notice is something to know about a file or a selection that is no error.
type Notice struct {
	Where string // the key, the selection or the part of the file
	Text  string
}

// String is the notice on one line.
func (n Notice) String() string { return n.Where + ": " + n.Text }

// File is a subject file open for reading, or several joined. Its methods may be called concurrently, but for
// those that begin with Use, which change it.
type File struct {
	src        source
	path       string
	rows, cols int
	keys       []string // in file order, first occurrences only
	described  map[string]string
	members    map[string][]bool    // key → value == 1
	values     map[string][]float64 // key → row of the metadata
	vmap       map[string]map[float64]string
	notices    []Notice
}

// source is where the matrix of a subject file lies.
type source interface {
	// columns reads columns in the order given: [rows][len(at)] row-major.
	columns(at []int) ([]float64, error)
	close() error
}

// content is what the reader of a container found.
type content struct {
	src                source
	rows, cols         int
	keys, descriptions []string  // of the same length
	values             []float64 // [len(keys)][cols]
	vmap               map[string]map[float64]string
	notices            []Notice
}

// Open reads the metadata of a subject file, whichever container it has: HDF5 (bdpy, BrainDecoderToolbox2),
// MAT of level 5, or MAT of version 7.3. Not the name but the content decides. libhdf5 works in this process;
// OpenGuarded is for files of unknown origin. Close the file after use.
func Open(path string) (*File, error) { return open(path, hdf5.Open) }

// OpenGuarded is Open with libhdf5 in a child process that has limits of memory and time. The context counts
// for the whole life of the File. The program must have called guard.Main.
func OpenGuarded(ctx context.Context, path string) (*File, error) {
	return open(path, func(p string) (*hdf5.File, error) { return hdf5.OpenGuarded(ctx, p) })
}

func open(path string, openHDF5 func(string) (*hdf5.File, error)) (*File, error) {
	c, err := readContent(path, openHDF5)
	if err != nil {
		return nil, fmt.Errorf("open subject data: %w", err)
	}
	f, err := newFile(path, c)
	if err != nil {
		c.src.close()
		return nil, fmt.Errorf("open subject data: %w", err)
	}
	return f, nil
}

// readContent finds the container. What it returns holds the open file.
func readContent(path string, openHDF5 func(string) (*hdf5.File, error)) (*content, error) {
	h, err := openHDF5(path)
	if err == nil {
		c, err := readHDF5(h)
		if err != nil {
			h.Close()
			return nil, err
		}
		return c, nil
	}
	if !errors.Is(err, hdf5.ErrNotHDF5) {
		return nil, err
	}
	m, matErr := mat.Open(path)
	if matErr != nil {
		if strings.EqualFold(filepath.Ext(path), ".mat") {
			err = matErr
		}
		return nil, err
	}
	c, err := readMAT(path, m)
	if err != nil {
		m.Close()
		return nil, err
	}
	return c, nil
}

// newFile sorts what was found by key.
func newFile(path string, c *content) (*File, error) {
	if len(c.descriptions) != len(c.keys) || len(c.values) != len(c.keys)*c.cols {
		return nil, fmt.Errorf("%s: %d keys, %d descriptions and %d values for %d columns; the file is damaged: %w",
			path, len(c.keys), len(c.descriptions), len(c.values), c.cols, ErrNotBData)
	}
	f := &File{src: c.src, path: path, rows: c.rows, cols: c.cols, vmap: c.vmap, notices: c.notices,
		described: map[string]string{}, members: map[string][]bool{}, values: map[string][]float64{}}
	for i, k := range c.keys {
		if _, twice := f.members[k]; twice {
			f.note(k, "the key stands more than once; its first row counts, as in bdpy")
			continue
		}
		row := c.values[i*c.cols : (i+1)*c.cols]
		in := make([]bool, c.cols)
		for j, v := range row {
			in[j] = v == 1
		}
		f.keys = append(f.keys, k)
		f.described[k], f.members[k], f.values[k] = c.descriptions[i], in, row
	}
	for _, k := range f.LabelKeys() {
		if _, ok := f.members[k]; !ok {
			f.note(k, "the file names its numbers, but it has no such key")
		}
	}
	return f, nil
}

func (f *File) note(where, format string, args ...any) {
	f.notices = append(f.notices, Notice{where, fmt.Sprintf(format, args...)})
}

// Close releases the file.
func (f *File) Close() error { return f.src.close() }

// Path is the path that was opened; of a join, that of its first file and how many follow.
func (f *File) Path() string { return f.path }

// Rows is the number of samples, Cols that of columns of every kind.
func (f *File) Rows() int { return f.rows }

// Cols is the number of columns: voxels, labels and the rest.
func (f *File) Cols() int { return f.cols }

// Notices is what to know about the file that is no error: what bdpy would not open or would read otherwise.
func (f *File) Notices() []Notice { return slices.Clone(f.notices) }

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
func (f *File) LabelKeys() []string { return slices.Sorted(maps.Keys(f.vmap)) }

// LabelMap is the table of a key whose numbers have names: number → name. It is nil where there is none.
func (f *File) LabelMap(key string) map[float64]string { return maps.Clone(f.vmap[key]) }

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
