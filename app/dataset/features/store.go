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
)

// ErrFormat is wrapped when a folder or file is no valid feature store.
var ErrFormat = errors.New("not a valid feature store")

// Store is a feature store open for reading, or the part of it that Select chose. It holds no file open. Its methods
// may be called concurrently.
type Store struct {
	from   string // what was opened, for errors
	layout Layout
	leaves []*leaf
	layers []string
	labels []string
	shapes map[shapeKey][]int
	h5     opener
}

// shapeKey is what has one shape: networks may share names of layers.
type shapeKey struct{ collection, layer string }

// Open opens the features in one or several folders of one layout, or in a .mat file. Several are joined, as bdpy's
// Features does with training and test; a sample in two of them is an error. The first file of each layer is looked
// into, of the others the names are taken. HDF5 files are read in this process: OpenGuarded is for files of others.
func Open(paths ...string) (*Store, error) { return open(paths, hdf5.Open) }

// OpenGuarded is Open with HDF5 files read in a child process: what a damaged file does to the library is an error of
// the call. After the context ends HDF5 files are no longer read. The program must have called guard.Main.
func OpenGuarded(ctx context.Context, paths ...string) (*Store, error) {
	return open(paths, hdf5.NewReader(ctx).Open)
}

func open(paths []string, h5 opener) (*Store, error) {
	s, err := join(paths, h5)
	if err != nil {
		return nil, fmt.Errorf("open features: %w", err)
	}
	return s, nil
}

func join(paths []string, h5 opener) (*Store, error) {
	if len(paths) == 0 {
		return nil, fmt.Errorf("no folder is given: %w", ErrFormat)
	}
	s := &Store{from: strings.Join(paths, ", "), shapes: map[shapeKey][]int{}, h5: h5}
	for _, path := range paths {
		layout, leaves, shapes, err := openOne(path, h5)
		if err != nil {
			return nil, err
		}
		if s.layout != "" && s.layout != layout {
			return nil, fmt.Errorf("%s is in the layout of %s, but %s in that of %s; convert one of them: %w", paths[0], s.layout, path, layout, ErrFormat)
		}
		s.layout = layout
		s.leaves = append(s.leaves, leaves...)
		for _, l := range leaves {
			key := shapeKey{l.set.Collection, l.layer}
			shape := shapes[l.layer]
			if s.shapes[key] != nil && shape == nil {
				continue
			}
			if shape == nil {
				if shape, err = l.shape(l.labels[0], h5); err != nil {
					return nil, err
				}
			}
			if was := s.shapes[key]; was != nil && !slices.Equal(was, shape) {
				return nil, fmt.Errorf("%s: layer %s has shape %v, and %v in what was opened before it: %w", path, l.layer, shape, was, ErrFormat)
			}
			s.shapes[key] = shape
		}
	}
	if err := s.unique(); err != nil {
		return nil, err
	}
	s.collect()
	return s, nil
}

// openOne opens one folder or file. Shapes are given where they are known.
func openOne(path string, h5 opener) (Layout, []*leaf, map[string][]int, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", nil, nil, err
	}
	if !info.IsDir() {
		return openFile(path, h5)
	}
	layers, err := layersIn(path)
	if err != nil {
		return "", nil, nil, err
	}
	if len(layers) > 0 {
		leaves, shapes, err := openChunked(path, layers, h5)
		return Chunked, leaves, shapes, err
	}
	found, err := scan(path)
	if err != nil {
		return "", nil, nil, err
	}
	if len(found) == 0 {
		return "", nil, nil, fmt.Errorf("%s has no <layer>.h5 file and no .mat or .npy files in folders of layers: %w", path, ErrFormat)
	}
	layout, leaves, err := recognise(path, found)
	return layout, leaves, nil, err
}

// unique refuses two files or rows of one sample.
func (s *Store) unique() error {
	type place struct {
		layer string
		set   Set
	}
	seen := map[place][]*leaf{}
	for _, l := range s.leaves {
		p := place{l.layer, l.set}
		for _, other := range seen[p] {
			for _, label := range l.labels {
				if other.has(label) {
					return fmt.Errorf("layer %s of %q stands in %s and in %s; open one of them: %w", l.layer, label, other.path, l.path, ErrFormat)
				}
			}
		}
		seen[p] = append(seen[p], l)
	}
	return nil
}

// collect lists layers, sorted, and labels: in the order of rows of a chunked store, else sorted.
func (s *Store) collect() {
	layers, labels := map[string]bool{}, map[string]bool{}
	for _, l := range s.leaves {
		if !layers[l.layer] {
			layers[l.layer] = true
			s.layers = append(s.layers, l.layer)
		}
		for _, label := range l.labels {
			if !labels[label] {
				labels[label] = true
				s.labels = append(s.labels, label)
			}
		}
	}
	slices.Sort(s.layers)
	if s.layout != Chunked {
		slices.Sort(s.labels)
	}
}

// Layout is the layout that was recognised.
func (s *Store) Layout() Layout { return s.layout }

// Layers are the layer names, sorted.
func (s *Store) Layers() []string { return slices.Clone(s.layers) }

// Labels are the labels: in the order of the rows of a chunked store, else sorted. bdpy gives decoded features in the
// order of the directory; pair by label. A layer or set may lack some of them: see Gaps.
func (s *Store) Labels() []string { return slices.Clone(s.labels) }

// Sets are the sets in the store, in the order of their names.
func (s *Store) Sets() []Set {
	var out []Set
	seen := map[Set]bool{}
	for _, l := range s.leaves {
		if !seen[l.set] {
			seen[l.set] = true
			out = append(out, l.set)
		}
	}
	slices.SortFunc(out, func(a, b Set) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// Subjects are the subjects, sorted; none where the layout has none. The same holds for the next three.
func (s *Store) Subjects() []string { return s.values(func(x Set) string { return x.Subject }) }

// ROIs are the regions of interest.
func (s *Store) ROIs() []string { return s.values(func(x Set) string { return x.ROI }) }

// Folds are the folds of cross-validation.
func (s *Store) Folds() []string { return s.values(func(x Set) string { return x.Fold }) }

// Collections are the folders above the layers.
func (s *Store) Collections() []string { return s.values(func(x Set) string { return x.Collection }) }

func (s *Store) values(of func(Set) string) []string {
	var out []string
	for _, l := range s.leaves {
		if v := of(l.set); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

// Shape is the shape of one sample of a layer; nil for a layer that is not there.
func (s *Store) Shape(layer string) []int {
	for _, l := range s.leaves {
		if l.layer == layer {
			return slices.Clone(s.shapes[shapeKey{l.set.Collection, layer}])
		}
	}
	return nil
}

// Select is the part of the store in the sets that match; empty fields match any. That nothing matches is an error.
func (s *Store) Select(want Set) (*Store, error) {
	out := &Store{from: s.from, layout: s.layout, shapes: s.shapes, h5: s.h5}
	for _, l := range s.leaves {
		if l.set.matches(want) {
			out.leaves = append(out.leaves, l)
		}
	}
	if out.leaves == nil {
		return nil, fmt.Errorf("select features: %s has none of %s; it has %s", s.from, want, describe(s.Sets()))
	}
	out.collect()
	return out, nil
}

// describe names sets, the first few of many.
func describe(sets []Set) string {
	const most = 8
	var names []string
	for _, x := range sets[:min(len(sets), most)] {
		names = append(names, x.String())
	}
	out := strings.Join(names, ", ")
	if len(sets) > most {
		out += fmt.Sprintf(" and %d more", len(sets)-most)
	}
	return out
}

func (l *leaf) has(label string) bool {
	if l.rows != nil {
		_, ok := l.rows[label]
		return ok
	}
	return l.files[label] != ""
}

// file is where a sample stands.
func (l *leaf) file(label string) string {
	if l.rows != nil || l.variable != "" {
		return l.path
	}
	return filepath.Join(l.path, l.files[label])
}
