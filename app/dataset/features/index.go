package features

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

const indexVariable = "index"

// ReadIndex reads a choice of units for each layer, bdpy's feature_index: a .mat file of either version with a struct
// index of one vector for each layer. The units count from 0 in the flattened order. HDF5 is read as OpenGuarded does.
func ReadIndex(ctx context.Context, path string) (map[string][]int, error) {
	out, err := readIndex(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("read index of units: %w", err)
	}
	for layer, units := range out {
		for _, u := range units {
			if u < 0 || u >= maxUnits {
				return nil, fmt.Errorf("read index of units: %s: layer %s has unit %d: %w", path, layer, u, ErrFormat)
			}
		}
	}
	return out, nil
}

func readIndex(ctx context.Context, path string) (map[string][]int, error) {
	f, err := mat.Open(path)
	if errors.Is(err, mat.ErrHDF5) {
		return indexHDF5(ctx, path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := f.Read(indexVariable)
	if err != nil {
		return nil, err
	}
	if a.Class != mat.Struct || a.Len() != 1 {
		return nil, fmt.Errorf("%s: %s is %s of %d elements, a struct is needed: %w", path, indexVariable, a.Class, a.Len(), ErrFormat)
	}
	out := map[string][]int{}
	for _, name := range a.Fields {
		x, err := a.Field(0, name)
		if err != nil {
			return nil, err
		}
		v, err := x.Int64()
		if err != nil {
			return nil, err
		}
		out[layerOf(name)] = ints(v)
	}
	return out, nil
}

func indexHDF5(ctx context.Context, path string) (map[string][]int, error) {
	h, err := hdf5.OpenGuarded(ctx, path)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	layers, err := h.List(indexVariable)
	if err != nil {
		return nil, err
	}
	out := map[string][]int{}
	for _, l := range layers {
		v, err := whole(h, indexVariable+"/"+l.Name)
		if err != nil {
			return nil, err
		}
		out[layerOf(l.Name)] = ints(v)
	}
	return out, nil
}

func ints(v []int64) []int {
	out := make([]int, len(v))
	for i, x := range v {
		out[i] = int(x)
	}
	return out
}

// ReadUnits reads some units of one sample, in the order given, as bdpy does with feature_index.
func (s *Store) ReadUnits(layer, label string, units []int) ([]float32, error) {
	if len(units) == 0 {
		return nil, nil
	}
	from := slices.Min(units)
	v, err := s.ReadRange(layer, label, from, slices.Max(units)+1)
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(units))
	for i, u := range units {
		out[i] = v[u-from]
	}
	return out, nil
}
