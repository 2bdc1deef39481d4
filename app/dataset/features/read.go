package features

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"reverie/compute/format/hdf5"
)

// ErrFormat is wrapped when a folder or file is no valid feature store.
var ErrFormat = errors.New("not a valid feature store")

// Store is a feature folder open for reading. Its methods may be called concurrently.
type Store struct {
	dir    string
	layers []string
	labels []string
	row    map[string]int
	shape  map[string][]int // of one sample
}

// layersIn are the names of the .h5 files, sorted; writes under way have names with a leading dot.
func layersIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open features: %w", err)
	}
	var out []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".h5"); ok && !e.IsDir() && !strings.HasPrefix(name, ".") {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out, nil
}

// Open checks every layer of a folder.
func Open(dir string) (*Store, error) {
	layers, err := layersIn(dir)
	if err != nil {
		return nil, err
	}
	if len(layers) == 0 {
		return nil, fmt.Errorf("open features: %s has no <layer>.h5 file: %w", dir, ErrFormat)
	}
	if old, _ := filepath.Glob(filepath.Join(escape(dir), "*", "*.mat")); len(old) > 0 {
		return nil, fmt.Errorf("open features: %s holds <layer>.h5 files and, as %s, the layout of .mat files; keep one of the two: %w", dir, old[0], ErrFormat)
	}
	s := &Store{dir: dir, layers: layers, shape: map[string][]int{}, row: map[string]int{}}
	for _, layer := range layers {
		labels, err := s.check(layer)
		if err != nil {
			return nil, fmt.Errorf("open features: %w", err)
		}
		if s.labels == nil {
			s.labels = labels
		} else if err := same(s.labels, labels); err != nil {
			return nil, fmt.Errorf("open features: %s: layers %s and %s differ: %w: %w", dir, layers[0], layer, err, ErrFormat)
		}
	}
	for i, l := range s.labels {
		s.row[l] = i
	}
	return s, nil
}

// escape keeps brackets in the path of a folder from being read as a pattern.
func escape(dir string) string {
	return strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace(dir)
}

func (s *Store) path(layer string) string { return filepath.Join(s.dir, layer+".h5") }

// check validates one file and gives its labels.
func (s *Store) check(layer string) ([]string, error) {
	path := s.path(layer)
	h, err := hdf5.Open(path)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	bad := func(format string, args ...any) ([]string, error) {
		return nil, fmt.Errorf("%s: %s: %w", path, fmt.Sprintf(format, args...), ErrFormat)
	}
	if v, err := h.Attr("/", formatKey); err != nil || v != formatName {
		return bad("the mark %s is %v, not %q", formatKey, v, formatName)
	}
	v, err := h.Attr("/", versionKey)
	n, whole := v.(int64)
	if err != nil || !whole {
		return bad("%s is %v, not a whole number", versionKey, v)
	}
	if n < 1 || n > version {
		return bad("its format version is %d, known are 1 to %d; a newer program may read it", n, version)
	}
	if !h.Has("features") || !h.Has("labels") {
		return bad("it lacks /features or /labels")
	}
	info, err := h.Stat("features")
	if err != nil {
		return nil, err
	}
	if len(info.Shape) < 2 || (info.Class != hdf5.Float && info.Class != hdf5.Integer) {
		return bad("/features is %s of shape %v, samples and at least one axis of units are needed", info.Class, info.Shape)
	}
	of, err := h.Stat("labels")
	if err != nil {
		return nil, err
	}
	labels, err := h.Strings("labels")
	if err != nil {
		return nil, err
	}
	if len(of.Shape) != 1 || len(labels) != info.Shape[0] {
		return bad("%d rows of features but labels of shape %v", info.Shape[0], of.Shape)
	}
	if l, twice := duplicate(labels); twice {
		return bad("label %q stands twice", l)
	}
	s.shape[layer] = info.Shape[1:]
	return labels, nil
}

// Layers are the layer names, sorted.
func (s *Store) Layers() []string { return slices.Clone(s.layers) }

// Labels are the labels in the order of the rows.
func (s *Store) Labels() []string { return slices.Clone(s.labels) }

// Shape is the shape of one sample of a layer; nil for a layer that is not there.
func (s *Store) Shape(layer string) []int { return slices.Clone(s.shape[layer]) }

// Read reads one sample of a layer, flattened row-major.
func (s *Store) Read(layer, label string) ([]float32, error) {
	if s.shape[layer] == nil {
		return nil, fmt.Errorf("read features: %s has no layer %q; it has %s", s.dir, layer, strings.Join(s.layers, ", "))
	}
	i, ok := s.row[label]
	if !ok {
		return nil, fmt.Errorf("read features: %s has no label %q among its %d", s.dir, label, len(s.labels))
	}
	h, err := hdf5.Open(s.path(layer))
	if err != nil {
		return nil, fmt.Errorf("read features: %w", err)
	}
	defer h.Close()
	v, err := hdf5.ReadRows[float32](h, "features", i, i+1)
	if err != nil {
		return nil, fmt.Errorf("read features: %w", err)
	}
	return v, nil
}
