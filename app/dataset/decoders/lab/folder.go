package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"reverie/compute/decode"
)

// ErrFormat is wrapped by the errors of folders that are not understood.
var ErrFormat = errors.New("no decoders in the layout of the lab's scripts")

// Norms are what voxels are scaled by before decoding, nil where the folder has none: then a mean is 0 and a norm 1.
type Norms struct {
	XMean, XNorm []float32 // per voxel; a norm of 0 is a voxel that did not vary
}

// Info is what a folder says about its decoders.
type Info struct {
	Form        string  // W.mat, W/*.mat, model.pkl.gz or *.pkl.gz
	Files       int     // of weights
	Method      string  // class of the model, such as FastL2LiR
	Alpha       float64 // 0 where unknown
	Selected    int     // voxels chosen for each unit; 0 where unknown
	Computation string  // id of the training
	Status      string  // "done" when the training came to its end; "" where the folder does not say
	Notes       []string
}

// Folder is a model folder open for reading. Its methods may be called concurrently.
type Folder struct {
	dir    string
	parts  []part
	per    int // units of a part
	voxels int
	shape  []int
	norms  Norms
	yMean  []float32
	yNorm  []float32
	info   Info

	mu   sync.Mutex
	kept *decode.Sparse // whole weights of part at, biases too
	at   int
}

// Open opens a model folder, or the folder of the ROI that has it as "model". HDF5 files are read by a guarded child
// process. It reads the norms whole and of the weights the first file's description; of pickles the first file.
func Open(ctx context.Context, dir string) (*Folder, error) {
	model, err := locate(dir)
	if err != nil {
		return nil, err
	}
	parts, form, err := list(model)
	if err != nil {
		return nil, err
	}
	f := &Folder{dir: model, parts: parts, at: -1, info: Info{Form: form, Files: len(parts)}}
	r := newReader(ctx)
	if err := f.readInfo(); err != nil {
		return nil, err
	}
	m, err := r.open(parts[0])
	if err != nil {
		return nil, err
	}
	defer m.close()
	f.voxels, f.shape, f.per = m.voxels, slices.Clone(m.shape), count(m.shape)
	if len(parts) > 1 {
		if m.shape[0] != 1 {
			return nil, fmt.Errorf("%s: its units have shape %v where a file of several has one channel, [1,…]: only decoders cut by channel (chunk_axis 1) are read: %w", parts[0].w, m.shape, ErrFormat)
		}
		f.shape[0] = len(parts)
		if count(f.shape) < 0 {
			return nil, fmt.Errorf("%s: %d files of %d units are more than %d units: %w", model, len(parts), f.per, maxUnits, ErrFormat)
		}
	}
	if f.info.Method == "" {
		f.info.Method = m.method
	}
	if m.alpha != 0 {
		f.info.Alpha = m.alpha
	}
	if err := f.readNorms(r); err != nil {
		return nil, err
	}
	if m.whole {
		s, err := f.load(ctx, m, 0, 0, f.per)
		if err != nil {
			return nil, err
		}
		f.kept, f.at = s, 0
		if m.chosen {
			f.info.Selected = s.Start[1]
		}
	}
	return f, nil
}

// Dir is the model folder.
func (f *Folder) Dir() string { return f.dir }

// Voxels is the number of voxels that the decoders take.
func (f *Folder) Voxels() int { return f.voxels }

// Shape is the shape of the units: [C,H,W], or [N].
func (f *Folder) Shape() []int { return slices.Clone(f.shape) }

// Units is the number of units.
func (f *Folder) Units() int { return f.per * len(f.parts) }

// Norms are those of the voxels, which must not be changed.
func (f *Folder) Norms() Norms { return f.norms }

// UnitNorm gives mean and norm of units from … to−1, nil where the folder has none. They must not be changed.
func (f *Folder) UnitNorm(from, to int) (mean, norm []float32) {
	if f.yMean != nil {
		mean = f.yMean[from:to:to]
	}
	if f.yNorm != nil {
		norm = f.yNorm[from:to:to]
	}
	return mean, norm
}

// Info says what is known of the decoders.
func (f *Folder) Info() Info {
	i := f.info
	i.Notes = slices.Clone(i.Notes)
	return i
}

// readNorms reads the four norms, each where it is there, and checks them against the decoders.
func (f *Folder) readNorms(r *reader) error {
	read := func(name string, want int, of string) ([]float32, error) {
		for _, dir := range f.beside() {
			path := filepath.Join(dir, name+".mat")
			if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
				continue
			}
			shape, v, err := r.array(path, name)
			if err != nil {
				return nil, err
			}
			flat := []int{want}
			if of == "units" {
				flat = f.shape
			}
			if !slices.Equal(long(shape), long(flat)) {
				return nil, fmt.Errorf("%s: shape %v does not fit the decoders' %s %v: it belongs to others, or weight files are missing at the end: %w", path, shape, of, flat, ErrFormat)
			}
			for i, x := range v {
				if x-x != 0 && name[0] == 'y' {
					return nil, fmt.Errorf("%s: %s %d is %g: train this decoder again: %w", path, of, i, x, ErrFormat)
				}
			}
			return v, nil
		}
		f.info.Notes = append(f.info.Notes, "no "+name+".mat: "+map[byte]string{'m': "0", 'n': "1"}[name[2]]+" is taken for all "+of)
		return nil, nil
	}
	var err error
	for _, n := range []struct {
		to   *[]float32
		name string
		want int
		of   string
	}{{&f.norms.XMean, "x_mean", f.voxels, "voxels"}, {&f.norms.XNorm, "x_norm", f.voxels, "voxels"},
		{&f.yMean, "y_mean", f.Units(), "units"}, {&f.yNorm, "y_norm", f.Units(), "units"}} {
		if *n.to, err = read(n.name, n.want, n.of); err != nil {
			return err
		}
	}
	for v, m := range f.norms.XMean {
		used := f.norms.XNorm == nil || f.norms.XNorm[v] > 0
		if m-m != 0 && used {
			return fmt.Errorf("%s: x_mean of voxel %d is %g: the training data had no number there: train again without that voxel: %w", f.dir, v, m, ErrFormat)
		}
	}
	return nil
}

// beside are the folders that may have the norms.
func (f *Folder) beside() []string {
	if filepath.Base(f.dir) == modelDir {
		return []string{f.dir, filepath.Dir(f.dir)}
	}
	return []string{f.dir}
}

// count is the number of units of a shape, −1 where no layer has so many.
func count(shape []int) int {
	n := 1
	for _, d := range shape {
		if d < 1 || n > maxUnits/d {
			return -1
		}
		n *= d
	}
	return n
}
