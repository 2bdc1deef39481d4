package bdata

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// JoinOptions say how files are put one under the other.
type JoinOptions struct {
	// Successive keys go on counting: to their columns the largest value of the files before is added, so that
	// a Run 1 of the second file does not fall together with that of the first. bdpy's argument of that name.
	Successive []string
	// Shared keeps the keys that all files have, sorted by name (those of a single file stay as they are), where else all files must have the same keys.
	// bdpy's metadata_merge "minimal".
	Shared bool
	// IgnoreDescriptions lets keys differ in what is said of them for people; those of the first file stay.
	IgnoreDescriptions bool
}

// Join puts the samples of files one under the other, as bdpy's concat_dataset and vstack do. The files must
// have the same columns; names of the same number must agree. On success the files belong to the result: closing
// it closes them. Columns are read from each file when asked for.
//
// It differs from bdpy in three points. A NaN in a successive column does not count towards the offset, where
// bdpy makes NaN of all that follows; a Notice says so. Names that no sample uses are kept. A number without a
// name is an error when labels are asked for, not here.
func Join(o JoinOptions, files ...*File) (*File, error) {
	if len(files) == 0 {
		return nil, errors.New("join subject data: no files are given")
	}
	f, err := join(o, files)
	if err != nil {
		return nil, fmt.Errorf("join subject data: %w", err)
	}
	return f, nil
}

func join(o JoinOptions, files []*File) (*File, error) {
	first := files[0]
	s := &joined{files: slices.Clone(files)}
	f := &File{src: s, path: first.path, cols: first.cols, keys: slices.Clone(first.keys), described: first.described,
		members: first.members, values: first.values, vmap: map[string]map[float64]string{}}
	if len(files) > 1 {
		f.path = fmt.Sprintf("%s and %d more", first.path, len(files)-1)
	}
	for i, g := range files {
		if slices.Contains(files[:i], g) {
			return nil, fmt.Errorf("%s is given twice; open it twice if its samples are wanted twice", g.path)
		}
		if g.cols != f.cols {
			return nil, fmt.Errorf("%s has %d columns and %s has %d; only files of one subject with the same regions can be joined", first.path, first.cols, g.path, g.cols)
		}
		if err := f.sameKeys(o, g); err != nil {
			return nil, err
		}
		if err := f.mergeNames(g); err != nil {
			return nil, err
		}
		if g.rows > math.MaxInt-f.rows {
			return nil, fmt.Errorf("%s: %d samples are too many", g.path, g.rows)
		}
		f.rows += g.rows
		for _, n := range g.notices {
			f.note(n.Where, "%s: %s", g.path, n.Text)
		}
	}
	if o.Shared && len(files) > 1 { // bdpy leaves a single file as it is
		slices.Sort(f.keys)
	}
	return f, f.offsets(o.Successive, s)
}

// sameKeys compares the metadata of g with what has been kept and, with o.Shared, drops what g lacks.
func (f *File) sameKeys(o JoinOptions, g *File) error {
	var kept []string
	for _, k := range f.keys {
		row, ok := g.values[k]
		switch {
		case !ok && o.Shared:
			continue
		case !ok:
			return fmt.Errorf("%s has no key %q, which the files before have; join what all files share, or choose files of one kind", g.path, k)
		case !sameRow(f.values[k], row):
			return fmt.Errorf("key %q marks other columns, or holds other values, in %s than in the files before; the files do not belong together", k, g.path)
		case !o.IgnoreDescriptions && f.described[k] != g.described[k]:
			return fmt.Errorf("key %q is described as %q in %s and as %q before; ignore descriptions if they mean the same", k, g.described[k], g.path, f.described[k])
		}
		kept = append(kept, k)
	}
	if !o.Shared && len(g.keys) > len(kept) {
		for _, k := range g.keys {
			if _, ok := f.values[k]; !ok {
				return fmt.Errorf("%s has a key %q, which the files before lack; join what all files share, or choose files of one kind", g.path, k)
			}
		}
	}
	if len(kept) == 0 {
		return fmt.Errorf("%s shares no key with the files before", g.path)
	}
	f.keys = kept
	if len(kept) < len(f.values) {
		described, members, values := map[string]string{}, map[string][]bool{}, map[string][]float64{}
		for _, k := range kept {
			described[k], members[k], values[k] = f.described[k], f.members[k], f.values[k]
		}
		f.described, f.members, f.values = described, members, values
	}
	return nil
}

// sameRow compares as NumPy's assert_equal does: NaN equals NaN.
func sameRow(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) })
}

func (f *File) mergeNames(g *File) error {
	for k, table := range g.vmap {
		if f.vmap[k] == nil {
			f.vmap[k] = map[float64]string{}
		}
		for v, name := range table {
			if had, ok := f.vmap[k][v]; ok && had != name {
				return fmt.Errorf("%s names %s = %s %q and a file before names it %q; give the files labels of one table first", g.path, k, number(v), name, had)
			}
			f.vmap[k][v] = name
		}
	}
	return nil
}

// offsets reads the successive columns and sets what is added to them.
func (f *File) offsets(successive []string, s *joined) error {
	s.add = make([]map[int]float64, len(s.files))
	for n, key := range successive {
		if slices.Contains(successive[:n], key) {
			continue
		}
		in, ok := f.members[key]
		if !ok {
			return f.missing(key)
		}
		var at []int
		for j, b := range in {
			if b {
				at = append(at, j)
			}
		}
		if len(at) == 0 {
			return fmt.Errorf("key %q marks no column in %s, so it cannot go on counting", key, f.path)
		}
		largest, nan := 0.0, false
		for i, g := range s.files {
			x, err := g.src.columns(at)
			if err != nil {
				return err
			}
			offset := largest
			if s.add[i] == nil {
				s.add[i] = map[int]float64{}
			}
			for _, j := range at {
				s.add[i][j] += offset
			}
			top := math.Inf(-1)
			for _, v := range x {
				if math.IsNaN(v) {
					nan = true
				} else {
					top = max(top, v+offset)
				}
			}
			// The largest of all so far, as bdpy takes it; of the first file its own, even below zero.
			if i == 0 || top > largest {
				largest = top
			}
			if math.IsInf(largest, -1) {
				largest = offset
			}
		}
		if nan {
			f.note(key, "some samples have no number; they do not count towards the offset of the next file, where bdpy would make it NaN")
		}
	}
	return nil
}

// joined reads several files one under the other.
type joined struct {
	files []*File
	add   []map[int]float64 // for each file: column → what is added
}

func (s *joined) columns(at []int) ([]float64, error) {
	var out []float64
	for i, f := range s.files {
		x, err := f.src.columns(at)
		if err != nil {
			return nil, err
		}
		for k, j := range at {
			if d := s.add[i][j]; d != 0 {
				for r := k; r < len(x); r += len(at) {
					x[r] += d
				}
			}
		}
		if i == 0 && len(s.files) == 1 {
			return x, nil
		}
		if out == nil {
			rows := 0
			for _, g := range s.files {
				rows += g.rows
			}
			out = make([]float64, 0, rows*len(at))
		}
		out = append(out, x...)
	}
	return out, nil
}

func (s *joined) close() error {
	var all error
	for _, f := range s.files {
		all = errors.Join(all, f.Close())
	}
	return all
}
