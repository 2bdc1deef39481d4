package features

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"reverie/compute/format/mat"
	"reverie/compute/format/npy"
)

// maxUnits is the largest number of units of a sample: VGG19's largest layer has 3.2 million.
const maxUnits = 1 << 27

// array is an array in a file, open for reading.
type array struct {
	shape []int // as NumPy has it
	read  func(from, to int) ([]float32, error)
	close func() error
}

// openArray opens the variable of a .mat file, or a .npy file.
func openArray(path, name string, h5 opener) (*array, error) {
	a, err := openAny(path, name, h5)
	if err != nil {
		return nil, err
	}
	n, ok := count(a.shape)
	switch {
	case !ok || n > maxUnits:
		err = fmt.Errorf("%s: the shape %v has more than %d units: %w", path, a.shape, maxUnits, ErrFormat)
	case n == 0:
		err = fmt.Errorf("%s: it holds no number, its shape is %v: %w", path, a.shape, ErrFormat)
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func openAny(path, name string, h5 opener) (*array, error) {
	if filepath.Ext(path) == ".npy" {
		return openNpy(path)
	}
	f, err := mat.Open(path)
	if errors.Is(err, mat.ErrHDF5) {
		return openHDF5(path, name, h5)
	}
	if err != nil {
		return nil, err
	}
	a, err := matArray(f, path, name)
	if err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

func openNpy(path string) (*array, error) {
	f, err := npy.Open(path)
	if err != nil {
		return nil, err
	}
	return &array{shape: f.Shape, close: f.Close, read: func(from, to int) ([]float32, error) {
		return npy.Read[float32](f, from, to-from)
	}}, nil
}

// matArray is a variable of a file of version 5, whose first axis is the fastest. A range costs reading the variable.
func matArray(f *mat.File, path, name string) (*array, error) {
	var names []string
	at := -1
	vars := f.Variables()
	for i, v := range vars {
		if names = append(names, v.Name); v.Name == name {
			at = i
		}
	}
	if at < 0 {
		return nil, noVariable(path, name, names)
	}
	dims := vars[at].Dims
	return &array{shape: dims, close: f.Close, read: func(from, to int) ([]float32, error) {
		a, err := f.Read(name)
		if err != nil {
			return nil, err
		}
		if a.Class == mat.Sparse {
			if a, err = a.Full(); err != nil {
				return nil, err
			}
		}
		v, err := a.Float32()
		if err != nil {
			return nil, err
		}
		return cut(mat.RowMajor(dims, v), from, to), nil
	}}, nil
}

// cut gives a range that does not keep the rest in memory.
func cut(v []float32, from, to int) []float32 {
	if from == 0 && to == len(v) {
		return v
	}
	return slices.Clone(v[from:to])
}

func noVariable(path, name string, has []string) error {
	return fmt.Errorf("%s has no variable %s; it has %s: %w", path, name, strings.Join(has, ", "), ErrFormat)
}

// count is the number of elements of a shape; false for one that no array can have.
func count(shape []int) (int, bool) {
	n, empty := 1, false
	for _, d := range shape {
		if d < 0 {
			return 0, false
		}
		if d == 0 {
			empty = true
			continue
		}
		if n > (1<<62)/d {
			return 0, false
		}
		n *= d
	}
	if empty {
		return 0, true
	}
	return n, true
}

// unitShape is the shape of the units of one sample: without the leading axis of samples, vectors with one axis.
func unitShape(shape []int) []int {
	switch {
	case len(shape) == 0:
		return []int{1}
	case len(shape) > 1 && shape[0] == 1:
		return slices.Clone(shape[1:])
	case len(shape) == 2 && shape[1] == 1:
		return slices.Clone(shape[:1])
	}
	return slices.Clone(shape)
}
