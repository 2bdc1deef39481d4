package features

import (
	"errors"
	"fmt"
	"path/filepath"
	"reverie/compute/format/mat"
	"slices"
	"strings"
)

// openFile opens a .mat file: one sample of the layer whose folder it lies in when it has the variable feat, else one
// with a variable for each layer, as icnn's sample, its only label the name of the file.
func openFile(path string, h5 opener) (Layout, []*leaf, map[string][]int, error) {
	if filepath.Ext(path) != ".mat" {
		return "", nil, nil, fmt.Errorf("%s is no folder and no .mat file: %w", path, ErrFormat)
	}
	vars, err := variablesOf(path, h5)
	if err != nil {
		return "", nil, nil, err
	}
	if slices.Contains(vars, variable) {
		dir, name := filepath.Split(path)
		dir = filepath.Clean(dir)
		layout, leaves, err := recognise(dir, []folder{{dir: dir, files: []string{name}}})
		return layout, leaves, nil, err
	}
	label := strings.TrimSuffix(filepath.Base(path), ".mat")
	var out []*leaf
	for _, v := range vars {
		if IsLayer(v) {
			out = append(out, &leaf{layer: v, path: path, variable: v, labels: []string{label}, files: map[string]string{label: filepath.Base(path)}})
		}
	}
	if out == nil {
		return "", nil, nil, fmt.Errorf("%s has no variable %s and none named like a layer; it has %s: %w", path, variable, strings.Join(vars, ", "), ErrFormat)
	}
	return Single, out, nil, nil
}

// variablesOf are the names of a .mat file's variables.
func variablesOf(path string, h5 opener) ([]string, error) {
	f, err := mat.Open(path)
	if errors.Is(err, mat.ErrHDF5) {
		h, err := h5(path)
		if err != nil {
			return nil, err
		}
		defer h.Close()
		all, err := h.List("/")
		var out []string
		for _, v := range all {
			if !strings.HasPrefix(v.Name, "#") { // MATLAB's #refs# and #subsystem#
				out = append(out, v.Name)
			}
		}
		return out, err
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []string
	for _, v := range f.Variables() {
		out = append(out, v.Name)
	}
	return out, nil
}

// open opens a sample.
func (l *leaf) open(label string, h5 opener) (*array, error) {
	if l.rows != nil {
		return openRow(l.path, l.rows[label], h5)
	}
	name := l.variable
	if name == "" {
		name = variable
	}
	a, err := openArray(l.file(label), name, h5)
	if err != nil {
		return nil, err
	}
	a.shape = unitShape(a.shape)
	return a, nil
}

func (l *leaf) shape(label string, h5 opener) ([]int, error) {
	a, err := l.open(label, h5)
	if err != nil {
		return nil, err
	}
	return a.shape, a.close()
}

// find is where a sample stands.
func (s *Store) find(layer, label string) (*leaf, error) {
	var out *leaf
	var several []Set
	for _, l := range s.leaves {
		if l.layer == layer && l.has(label) {
			out = l
			several = append(several, l.set)
		}
	}
	switch {
	case len(several) > 1:
		return nil, fmt.Errorf("%s has layer %q of %q in %d sets: %s; select one", s.from, layer, label, len(several), describe(several))
	case out != nil:
		return out, nil
	case !slices.Contains(s.layers, layer):
		return nil, fmt.Errorf("%s has no layer %q; it has %s", s.from, layer, strings.Join(s.layers, ", "))
	case !slices.Contains(s.labels, label):
		return nil, fmt.Errorf("%s has no label %q among its %d", s.from, label, len(s.labels))
	}
	return nil, fmt.Errorf("%s has no layer %q of %q, though of other labels", s.from, layer, label)
}

// Read reads one sample of a layer, flattened row-major. It must stand in one of the store's sets only: the test
// samples of a cross-validation do, others need Select.
func (s *Store) Read(layer, label string) ([]float32, error) { return s.read(layer, label, 0, -1) }

// ReadRange reads units [from, to) of one sample, counted in the flattened order. No other file is read, of .npy
// nothing else and of HDF5 no more than the block around the range; a variable of version 5 is read whole.
func (s *Store) ReadRange(layer, label string, from, to int) ([]float32, error) {
	if from < 0 || to < from {
		return nil, fmt.Errorf("read features: units %d to %d of layer %q are no range", from, to, layer)
	}
	return s.read(layer, label, from, to)
}

// read reads all units when to is -1.
func (s *Store) read(layer, label string, from, to int) ([]float32, error) {
	v, err := s.units(layer, label, from, to)
	if err != nil {
		return nil, fmt.Errorf("read features: %w", err)
	}
	return v, nil
}

func (s *Store) units(layer, label string, from, to int) ([]float32, error) {
	l, err := s.find(layer, label)
	if err != nil {
		return nil, err
	}
	a, err := l.open(label, s.h5)
	if err != nil {
		return nil, err
	}
	defer a.close()
	if want := s.shapes[shapeKey{l.set.Collection, layer}]; !slices.Equal(a.shape, want) {
		return nil, fmt.Errorf("%s has shape %v, others of layer %s have %v: %w", l.file(label), a.shape, layer, want, ErrFormat)
	}
	n, _ := count(a.shape)
	if to < 0 {
		to = n
	}
	if to > n {
		return nil, fmt.Errorf("units %d to %d of layer %q asked, it has %d", from, to, layer, n)
	}
	if from == to {
		return nil, nil
	}
	return a.read(from, to)
}

// Gaps are the samples that are missing: labels that another layer of the same set has, and, with no label, layers
// that another set has. At most most are given. bdpy refuses true features with gaps and takes decoded ones.
func (s *Store) Gaps(most int) []Key {
	have := map[Set]map[string]map[string]bool{} // set, layer, label
	union := map[Set]map[string]bool{}
	for _, l := range s.leaves {
		if have[l.set] == nil {
			have[l.set], union[l.set] = map[string]map[string]bool{}, map[string]bool{}
		}
		if have[l.set][l.layer] == nil {
			have[l.set][l.layer] = map[string]bool{}
		}
		for _, label := range l.labels {
			have[l.set][l.layer][label], union[l.set][label] = true, true
		}
	}
	var out []Key
	for _, set := range s.Sets() {
		for _, layer := range s.layers {
			of := have[set][layer]
			if of == nil {
				out = append(out, Key{set, layer, ""})
			}
			for _, label := range s.labels {
				if len(out) >= most {
					return out[:most]
				}
				if of != nil && union[set][label] && !of[label] {
					out = append(out, Key{set, layer, label})
				}
			}
		}
	}
	return out[:min(len(out), most)]
}
