package lab

import (
	"fmt"

	"reverie/compute/format/hdf5"
)

// sparse73 opens bdpy's sparse array in HDF5. Its entries are read by blocks.
func sparse73(h *hdf5.File, path, name string) (*coordinates, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s: %s: %w", path, name, fmt.Sprintf(format, args...), ErrFormat)
	}
	if !h.Has(name + "/" + sparseMark) {
		return nil, bad("it is a group and no sparse array of bdpy's, which has a member %s", sparseMark)
	}
	c := &coordinates{path: path, name: name}
	parts, err := members(h, path, name+"/shape")
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		info, err := h.Stat(p)
		if err != nil {
			return nil, err
		}
		if n, err := length(h, path, p, info); err != nil || n > maxAxes {
			return nil, bad("its shape has %d axes: %v", n, err)
		}
		v, err := whole(h, p, info, nil, nil)
		if err != nil {
			return nil, err
		}
		for _, d := range v {
			c.shape = append(c.shape, int(d))
		}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.background = func() (float32, error) {
		b, err := hdf5.Read[float32](h, name+"/background")
		if err == nil && len(b) != 1 {
			err = bad("%d background values, one is needed", len(b))
		}
		if err != nil {
			return 0, err
		}
		return b[0], nil
	}
	info, err := h.Stat(name + "/value")
	if err != nil {
		return nil, err
	}
	if c.n, err = length(h, path, name+"/value", info); err != nil {
		return nil, err
	}
	axes, err := indexOf(h, path, name+"/index", len(c.shape), c.n)
	if err != nil {
		return nil, err
	}
	c.block = func(from, to int) ([][]int64, []float32, error) {
		at, err := axes(from, to)
		if err != nil {
			return nil, nil, err
		}
		start, extent := along(info.Shape, from, to)
		w, err := hdf5.ReadBlock[float32](h, name+"/value", start, extent)
		if err == nil && len(w) != to-from {
			err = bad("%d values where %d are expected", len(w), to-from)
		}
		return at, w, err
	}
	return c, nil
}

// members are the names of a cell array's entries, or of the dataset itself when it is none.
func members(h *hdf5.File, path, name string) ([]string, error) {
	info, err := h.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Class != hdf5.Reference {
		return []string{name}, nil
	}
	n := 1
	for _, d := range info.Shape {
		if n *= d; n > maxAxes {
			return nil, fmt.Errorf("%s: %s has more than %d entries: %w", path, name, maxAxes, ErrFormat)
		}
	}
	refs, err := h.Refs(name)
	if err != nil {
		return nil, err
	}
	for _, r := range refs {
		if r == "" {
			return nil, fmt.Errorf("%s: %s has an empty entry: %w", path, name, ErrFormat)
		}
	}
	return refs, nil
}

// length is the number of elements of a vector of numbers: a dataset with at most one axis longer than 1.
func length(h *hdf5.File, path, name string, info hdf5.Info) (int, error) {
	if info.Kind != hdf5.Dataset || info.Class != hdf5.Float && info.Class != hdf5.Integer {
		return 0, fmt.Errorf("%s: %s holds values of class %s, numbers are needed: %w", path, name, info.Class, ErrFormat)
	}
	empty, err := isEmpty(h, name)
	if err != nil || empty {
		return 0, err
	}
	if len(long(info.Shape)) > 1 {
		return 0, fmt.Errorf("%s: %s has the shape %v, one axis is expected: %w", path, name, info.Shape, ErrFormat)
	}
	n := 1
	for _, d := range info.Shape {
		n *= d
	}
	return n, claims(path, name, info, n)
}

// claims refuses datasets whose size the file does not account for: the blocks alone would never show it.
func claims(path, name string, info hdf5.Info, n int) error {
	if need := float64(n) * float64(info.Bytes); need > float64(spareBytes) && need > expandRatio*float64(info.Stored) {
		return fmt.Errorf("%s: %s: its shape %v asks for %.0f bytes where the file has %d: it is damaged, or made to fill the memory: %w", path, name, info.Shape, need, info.Stored, ErrFormat)
	}
	return nil
}

// along is the block of elements from … to−1 of a vector.
func along(shape []int, from, to int) (start, extent []int) {
	start, extent = make([]int, len(shape)), make([]int, len(shape))
	done := false
	for k, d := range shape {
		extent[k] = 1
		if !done && (d > 1 || k == len(shape)-1) {
			start[k], extent[k] = from, to-from
			done = true
		}
	}
	return start, extent
}

// whole reads whole numbers, of a block unless start is nil. MATLAB keeps them as doubles where nobody said otherwise.
func whole(h *hdf5.File, name string, info hdf5.Info, start, extent []int) ([]int64, error) {
	if info.Class != hdf5.Float {
		if start == nil {
			return hdf5.Read[int64](h, name)
		}
		return hdf5.ReadBlock[int64](h, name, start, extent)
	}
	var v []float64
	var err error
	if start == nil {
		v, err = hdf5.Read[float64](h, name)
	} else {
		v, err = hdf5.ReadBlock[float64](h, name, start, extent)
	}
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(v))
	for i, x := range v {
		if out[i] = int64(x); x < -1<<53 || x > 1<<53 || float64(out[i]) != x {
			return nil, fmt.Errorf("%s: %s: entry %d is %g, a whole number is needed: %w", h.Path(), name, i, x, ErrFormat)
		}
	}
	return out, nil
}

// indexOf gives a function that reads the indices of each axis for entries from … to−1.
func indexOf(h *hdf5.File, path, name string, axes, n int) (func(from, to int) ([][]int64, error), error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s: %s: %w", path, name, fmt.Sprintf(format, args...), ErrFormat)
	}
	parts, err := members(h, path, name)
	if err != nil {
		return nil, err
	}
	infos := make([]hdf5.Info, len(parts))
	for k, p := range parts {
		if infos[k], err = h.Stat(p); err != nil {
			return nil, err
		}
	}
	if len(parts) == 1 && parts[0] == name && axes > 1 {
		return matrixOf(h, path, name, infos[0], axes, n)
	}
	if len(parts) != axes {
		return nil, bad("indices for %d axes where the shape has %d", len(parts), axes)
	}
	for k, p := range parts {
		got, err := length(h, path, p, infos[k])
		if err != nil {
			return nil, err
		}
		if got != n {
			return nil, bad("%d indices of axis %d for %d values", got, k, n)
		}
	}
	return func(from, to int) ([][]int64, error) {
		out := make([][]int64, axes)
		for k, p := range parts {
			start, extent := along(infos[k].Shape, from, to)
			v, err := whole(h, p, infos[k], start, extent)
			if err != nil {
				return nil, err
			}
			if len(v) != to-from {
				return nil, bad("%d indices where %d are expected", len(v), to-from)
			}
			out[k] = v
		}
		return out, nil
	}, nil
}

// matrixOf reads indices that stand in a matrix [axes][entries], or its transpose, of MATLAB's reversed axes or not.
func matrixOf(h *hdf5.File, path, name string, info hdf5.Info, axes, n int) (func(from, to int) ([][]int64, error), error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s: %s: %w", path, name, fmt.Sprintf(format, args...), ErrFormat)
	}
	if info.Kind != hdf5.Dataset || info.Class != hdf5.Float && info.Class != hdf5.Integer {
		return nil, bad("it holds values of class %s, whole numbers are needed", info.Class)
	}
	empty, err := isEmpty(h, name)
	if err != nil {
		return nil, err
	}
	if empty && n == 0 {
		return func(_, _ int) ([][]int64, error) { return make([][]int64, axes), nil }, nil
	}
	s := info.Shape
	if len(s) != 2 || (s[0] != axes || s[1] != n) && (s[1] != axes || s[0] != n) {
		return nil, bad("a matrix of shape %v for %d axes and %d entries", s, axes, n)
	}
	if err := claims(path, name, info, axes*n); err != nil {
		return nil, err
	}
	class, err := h.Attr(name, "MATLAB_class")
	if err != nil {
		return nil, err
	}
	// Where both readings fit, it is [axes][entries] as its writer saw it.
	entriesFirst := s[1] == axes && s[0] == n && (s[0] != s[1] || class != nil)
	return func(from, to int) ([][]int64, error) {
		out := make([][]int64, axes)
		m := to - from
		if !entriesFirst {
			for k := range out {
				v, err := whole(h, name, info, []int{k, from}, []int{1, m})
				if err != nil {
					return nil, err
				}
				if out[k] = v; len(v) != m {
					return nil, bad("%d indices where %d are expected", len(v), m)
				}
			}
			return out, nil
		}
		v, err := whole(h, name, info, []int{from, 0}, []int{m, axes})
		if err != nil {
			return nil, err
		}
		if len(v) != m*axes {
			return nil, bad("%d indices where %d are expected", len(v), m*axes)
		}
		for k := range out {
			out[k] = make([]int64, m)
			for i := range out[k] {
				out[k][i] = v[i*axes+k]
			}
		}
		return out, nil
	}, nil
}
