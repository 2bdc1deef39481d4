package features

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// Statistic is a statistic of a layer's features over samples.
type Statistic struct {
	Layer  string
	Name   string    // as bdpy has it: mean; std, ddof=1; std, ddof=0. From a file's name also std, of unknown ddof, or ""
	Shape  []int     // [1] for the layer as a whole, [C,1,1] for channels, else that of the units
	Values []float32 // flattened row-major
}

// maxStatistics is the number of statistics in one file; the largest published one has 45.
const maxStatistics = 1 << 12

// ReadStatistics reads a statistics file: a .mat of either version with a variable for each layer, such as
// estimated_vgg19_cnn_feat_std.mat, or bdpy's statistics.pkl. The statistic of a .mat is told by the file's name, mean
// or std with dof0 or dof1. Of a folder, statistics.pkl in it is read. Sorted by layer and name. HDF5 is read
// as Open does.
func ReadStatistics(ctx context.Context, path string) ([]Statistic, error) {
	out, err := readStatistics(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("read statistics: %w", err)
	}
	slices.SortFunc(out, func(a, b Statistic) int {
		return strings.Compare(a.Layer+"\x00"+a.Name, b.Layer+"\x00"+b.Name)
	})
	return out, nil
}

func readStatistics(ctx context.Context, path string) ([]Statistic, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		path = filepath.Join(path, pickleName)
	}
	if filepath.Ext(path) == ".pkl" {
		return readPickle(path)
	}
	h5 := hdf5.NewReader(ctx).Open
	names, err := variablesOf(path, h5)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 || len(names) > maxStatistics {
		return nil, fmt.Errorf("%s: %d variables, one for each layer is needed: %w", path, len(names), ErrFormat)
	}
	var out []Statistic
	for _, name := range names {
		if strings.HasPrefix(name, "__") { // scipy's __header__ and the like
			continue
		}
		a, err := openArray(path, name, h5)
		if err != nil {
			return nil, err
		}
		n, _ := count(a.shape)
		v, err := a.read(0, n)
		err = errors.Join(err, a.close())
		if err != nil {
			return nil, err
		}
		out = append(out, Statistic{layerOf(name), statisticOf(filepath.Base(path)), statShape(a.shape), v})
	}
	return out, nil
}

// statisticOf is what the name of a file says that its numbers are.
func statisticOf(file string) string {
	file = strings.ToLower(file)
	switch {
	case strings.Contains(file, "std") && strings.Contains(file, "dof1"):
		return "std, ddof=1"
	case strings.Contains(file, "std") && strings.Contains(file, "dof0"):
		return "std, ddof=0"
	case strings.Contains(file, "std"):
		return "std"
	case strings.Contains(file, "mean"):
		return "mean"
	}
	return ""
}

// statShape is unitShape, but [C,1,1], which has no axis of samples, stays for C = 1.
func statShape(shape []int) []int {
	if len(shape) == 3 {
		return slices.Clone(shape)
	}
	return unitShape(shape)
}

// SaveStatistics writes one statistic of several layers as a .mat file (version 5) with a variable for each, single
// numbers as 1×1: the layout of estimated_vgg19_cnn_feat_std.mat. The name of the file should say which it is.
func SaveStatistics(path string, all []Statistic) error {
	var vars []mat.Variable
	seen := map[string]bool{}
	for _, s := range all {
		n, ok := count(s.Shape)
		if !ok || n != len(s.Values) || n == 0 || seen[s.Layer] {
			return fmt.Errorf("write statistics %s: layer %q: %d values of shape %v; each layer stands once, with at least one value", path, s.Layer, len(s.Values), s.Shape)
		}
		seen[s.Layer] = true
		dims := slices.Clone(s.Shape)
		if len(dims) != 3 {
			dims = append([]int{1}, dims...)
		}
		a, err := mat.Numeric(dims, mat.ColumnMajor(dims, s.Values))
		if err != nil {
			return fmt.Errorf("write statistics %s: %w", path, err)
		}
		vars = append(vars, mat.Variable{Name: s.Layer, Value: a})
	}
	return mat.Write(path, false, vars...)
}
