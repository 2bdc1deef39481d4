package bdtb

import (
	"context"
	"errors"
	"fmt"
	"math"

	"reverie/compute/format/hdf5"
)

// ErrNotBDTB is wrapped when a file is HDF5 but holds no BDTB struct.
var ErrNotBDTB = errors.New("not a BDTB struct")

// Span is a range [From, To) of volumes.
type Span struct{ From, To int }

// ROI is a region of interest. Regions may overlap.
type ROI struct {
	Name   string
	Voxels []int // ascending
}

// Data is one subject: a time series with its events.
type Data struct {
	Path    string
	Subject string
	TR      float64 // seconds per volume; 0 when the file does not say

	Volumes, Voxels int
	X               []float64      // [Volumes][Voxels], scanner units
	Labels          []int          // condition number of each volume
	Names           map[int]string // condition number → name
	Conditions      []int          // condition numbers in the order of the file
	Runs, Blocks    []Span         // as listed in the file; blocks may be single volumes
	ROIs            []ROI
	XYZ             []float32 // places of the voxels in mm, three each; nil where the file has none
}

// Open reads a whole file, with libhdf5 in this process; OpenGuarded is for files of unknown origin.
func Open(path string) (*Data, error) { return open(path, hdf5.Open) }

// OpenGuarded is Open with libhdf5 in a child process that has limits of memory
// and time. The program must have called guard.Main.
func OpenGuarded(ctx context.Context, path string) (*Data, error) {
	return open(path, func(p string) (*hdf5.File, error) { return hdf5.OpenGuarded(ctx, p) })
}

func open(path string, h5 func(string) (*hdf5.File, error)) (*Data, error) {
	h, err := h5(path)
	if err != nil {
		return nil, fmt.Errorf("open BDTB data: %w", err)
	}
	defer h.Close()
	for _, name := range []string{"data", "labels", "labels_names", "inds_conds", "inds_runs"} {
		if !h.Has("D/" + name) {
			return nil, fmt.Errorf("open BDTB data: %s has no D/%s: %w; choose a file saved by BDTB-1.0 with -v7.3", path, name, ErrNotBDTB)
		}
	}
	d := &Data{Path: path}
	r := reader{h: h}
	r.data(d)
	r.events(d)
	r.conditions(d)
	r.regions(d)
	r.places(d)
	if h.Has("D/sbj_id") {
		d.Subject = r.text("D/sbj_id")
	}
	if h.Has("P/fMRI/TR") {
		if v, _, _ := r.matrix("P/fMRI/TR"); len(v) == 1 {
			d.TR = v[0]
		}
	}
	if r.err != nil {
		return nil, fmt.Errorf("open BDTB data: %w", r.err)
	}
	return d, nil
}

// reader keeps the first error; after it every read gives nothing.
type reader struct {
	h   *hdf5.File
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %w", r.h.Path(), fmt.Errorf(format, args...))
	}
}

// matrix reads numbers as MATLAB shows them: rows × columns, row-major.
func (r *reader) matrix(name string) (v []float64, rows, cols int) {
	if r.err != nil {
		return nil, 0, 0
	}
	info, err := r.h.Stat(name)
	if err == nil {
		if empty, _ := r.h.Attr(name, "MATLAB_empty"); empty != nil && empty != int64(0) {
			return nil, 0, 0 // the dataset then holds the dimensions
		}
		v, err = hdf5.Read[float64](r.h, name)
	}
	if err != nil {
		r.err = err
		return nil, 0, 0
	}
	if len(info.Shape) != 2 {
		r.fail("%s has %d dimensions, a matrix is needed: %w", name, len(info.Shape), ErrNotBDTB)
		return nil, 0, 0
	}
	rows, cols = info.Shape[0], info.Shape[1]
	// Without the mark of MATLAB the array was stored by other software, as is.
	class, err := r.h.Attr(name, "MATLAB_class")
	if err != nil || class == nil || rows == 1 || cols == 1 {
		if class != nil {
			rows, cols = cols, rows
		}
		return v, rows, cols
	}
	t := make([]float64, len(v))
	for i := range rows {
		for j := range cols {
			t[j*rows+i] = v[i*cols+j]
		}
	}
	return t, cols, rows
}

// text reads a char array, UTF-16 units.
func (r *reader) text(name string) string {
	v, _, _ := r.matrix(name)
	s := make([]rune, len(v))
	for i, u := range v {
		s[i] = rune(u)
	}
	return string(s)
}

func (r *reader) cells(name string) []string {
	if r.err != nil {
		return nil
	}
	refs, err := r.h.Refs(name)
	if err != nil {
		r.err = err
	}
	for i, ref := range refs {
		if ref == "" {
			r.fail("cell %d of %s refers to nothing: %w", i+1, name, ErrNotBDTB)
			return nil
		}
	}
	return refs
}

// indices reads 1-based indices up to n and gives them 0-based.
func (r *reader) indices(name, what string, n int) []int {
	v, _, _ := r.matrix(name)
	out := make([]int, len(v))
	for i, x := range v {
		if x != math.Trunc(x) || x < 1 || x > float64(n) {
			r.fail("%s: index %g is not between 1 and %d: %w", what, x, n, ErrNotBDTB)
			return nil
		}
		out[i] = int(x) - 1
	}
	return out
}

func (r *reader) data(d *Data) {
	d.X, d.Volumes, d.Voxels = r.matrix("D/data")
	if len(d.X) == 0 {
		r.fail("D/data is empty: %w", ErrNotBDTB)
	}
	for i, x := range d.X {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			r.fail("volume %d, voxel %d is not finite; remove that voxel", i/d.Voxels+1, i%d.Voxels+1)
			return
		}
	}
	labels, _, _ := r.matrix("D/labels")
	if r.err == nil && len(labels) != d.Volumes {
		r.fail("%d labels for %d volumes: %w", len(labels), d.Volumes, ErrNotBDTB)
	}
	for _, l := range labels {
		d.Labels = append(d.Labels, int(l))
	}
}

// spans reads a 2 × n matrix of first and last volumes.
func (r *reader) spans(name string, volumes int) []Span {
	v, rows, n := r.matrix(name)
	if r.err == nil && rows != 2 {
		r.fail("%s is %d × %d, 2 × n is needed: %w", name, rows, n, ErrNotBDTB)
		return nil
	}
	var out []Span
	for i := range n {
		from, to := int(v[i])-1, int(v[n+i])
		if from < 0 || to <= from || to > volumes || (i > 0 && from < out[i-1].To) {
			r.fail("%s: entry %d, volumes %g to %g of %d, is out of range or order: %w", name, i+1, v[i], v[n+i], volumes, ErrNotBDTB)
			return nil
		}
		out = append(out, Span{from, to})
	}
	return out
}

func (r *reader) events(d *Data) {
	d.Runs = r.spans("D/inds_runs", d.Volumes)
	if r.err == nil && len(d.Runs) == 0 {
		r.fail("D/inds_runs names no run: %w", ErrNotBDTB)
	}
	if r.h.Has("D/inds_blocks") {
		d.Blocks = r.spans("D/inds_blocks", d.Volumes)
	}
}

// conditions joins numbers and names: the volumes of inds_conds{i} carry the number whose name is labels_names{i}.
func (r *reader) conditions(d *Data) {
	names, volumes := r.cells("D/labels_names"), r.cells("D/inds_conds")
	if r.err == nil && len(names) != len(volumes) {
		r.fail("%d condition names for %d lists of volumes: %w", len(names), len(volumes), ErrNotBDTB)
	}
	d.Names = map[int]string{}
	for i := range names {
		name := r.text(names[i])
		at := r.indices(volumes[i], "D/inds_conds", d.Volumes)
		if r.err != nil {
			return
		}
		if len(at) == 0 {
			continue // a condition that this session did not show
		}
		number := d.Labels[at[0]]
		for _, v := range at {
			if d.Labels[v] != number {
				r.fail("condition %q has volumes labelled %d and %d: %w", name, number, d.Labels[v], ErrNotBDTB)
				return
			}
		}
		if other, twice := d.Names[number]; twice {
			r.fail("label %d is named %q and %q: %w", number, other, name, ErrNotBDTB)
		}
		d.Names[number] = name
		d.Conditions = append(d.Conditions, number)
	}
	for i, l := range d.Labels {
		if _, ok := d.Names[l]; !ok {
			r.fail("volume %d has label %d, which no condition names: %w", i+1, l, ErrNotBDTB)
			return
		}
	}
}

// places reads xyz, 3 × voxels.
func (r *reader) places(d *Data) {
	if !r.h.Has("D/xyz") {
		return
	}
	v, rows, cols := r.matrix("D/xyz")
	if rows != 3 || cols != d.Voxels {
		return // nothing is lost but a map
	}
	d.XYZ = make([]float32, 3*cols)
	for i := range cols {
		for k := range 3 {
			d.XYZ[3*i+k] = float32(v[k*cols+i])
		}
	}
}

func (r *reader) regions(d *Data) {
	if !r.h.Has("D/rois_names") || !r.h.Has("D/rois_inds") {
		return
	}
	names, voxels := r.cells("D/rois_names"), r.cells("D/rois_inds")
	if r.err == nil && len(names) != len(voxels) {
		r.fail("%d region names for %d lists of voxels: %w", len(names), len(voxels), ErrNotBDTB)
		return
	}
	for i := range names {
		d.ROIs = append(d.ROIs, ROI{r.text(names[i]), r.indices(voxels[i], "D/rois_inds", d.Voxels)})
	}
}
